"""Whatever changes, in whatever order: in the end everything is as a fresh build makes it."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from staging_assets.postgres.client.server import Server
from staging_assets_tests.support.builds import Rebuild, build
from staging_assets_tests.support.changes import CREATE_HUB, FILES, POPULATE_HUB, SOURCES, Place

SEQUENCES = int(os.environ.get("STAGING_TEST_SEQUENCES", "6"))
"""200 of them take some minutes."""

FUNCTION = "create_stored_procedures/trimmed.sql"
YAML = "populate_tables/lookup/lookup_tables.yaml"
CLEANUP = "populate_tables/demo/staging-apart-cleanup.py"
EVENTS = "populate_tables/demo/POPULATE-staging-events.sql"
COUNTS = "populate_tables/demo/POPULATE-staging-counts.sql"

Action = Callable[[Place, random.Random], None]


def put(path: str, old: str, new: str) -> Action:
    """An action that writes a file anew, with a number in it."""

    def do(place: Place, chance: random.Random) -> None:
        place.files[path] = FILES[path].replace(old, new.format(chance.randrange(4)))

    return do


def send(statement: str) -> Action:
    """An action that sends a statement with a number in it, if it can be run now."""

    def do(place: Place, chance: random.Random) -> None:
        place.ask(statement.format(chance.randrange(1000, 10**9), few=chance.randrange(1, 20)))

    return do


def build_some(*nodes: str) -> Action:
    """An action that builds a few nodes on whatever is above them."""

    def do(place: Place, chance: random.Random) -> None:
        rebuild = chance.choice([Rebuild.ALL, Rebuild.CHANGED])
        build(place.server, place.project, nodes, rebuild=rebuild)

    return do


def fail_once(path: str) -> Action:
    """An action that builds everything while a script is broken."""

    def do(place: Place, chance: random.Random) -> None:
        kept = place.files[path]
        place.files[path] = kept + "select 1 / 0;\n"
        build(place.server, place.project, rebuild=chance.choice(list(Rebuild)))
        place.files[path] = kept

    return do


ACTIONS: list[Action] = [
    put(POPULATE_HUB, "order by id", "where id % 5 <> {0} order by id"),
    put(EVENTS, "e.what from", "e.what || {0} from"),
    put(COUNTS, "count(*)", "count(*) + {0}"),
    put(FUNCTION, "btrim(a)", "btrim(a) || {0}"),
    put(YAML, "blue", "blue{0}"),
    put(CLEANUP, "+ 10", "+ {0}"),
    put(CREATE_HUB, "name text", "name text, x int default {0}"),
    put(CREATE_HUB, "(id", "( -- {0}\nid"),
    send("insert into etl.people values ({0}, 'more', 1) on conflict do nothing"),
    send("insert into etl.events values ({0}, {few}, 'more')"),
    send("insert into etl.other values ({0})"),
    send("update etl.people set name = 'x{0}' where id = {few}"),
    send("delete from etl.events where id % 20 = {few}"),
    send("update etl.other set a = a + 1"),
    send(
        "begin; create temporary table t as table etl.events; truncate etl.events;"
        " insert into etl.events table t; commit"
    ),
    send("truncate etl.other"),
    send("alter table etl.other add column if not exists c{few} int"),
    send("drop index if exists staging.hub_name_idx"),
    send("drop table if exists staging.counts"),
    send("drop table if exists staging.hub cascade"),
    send("drop table if exists staging.lookup_colours cascade"),
    send("alter table if exists staging.events alter what type varchar"),
    send("drop function if exists staging.neat(text)"),
    send("select pg_stat_reset()"),
    build_some("hub"),
    build_some("events"),
    build_some("counts", "lookup_colours"),
    build_some("stored_procedures/trimmed"),
    build_some("apart", "apart_cleanup"),
    fail_once(POPULATE_HUB),
    fail_once(COUNTS),
]


@pytest.mark.parametrize("seed", range(SEQUENCES))
def test_sequences_of_changes_end_as_a_fresh_build(
    database: Server, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    place = Place(database, tmp_path / "folder")
    place.ask(SOURCES)
    place.build()
    for _ in range(3):
        for action in chance.choices(ACTIONS, k=chance.randrange(1, 4)):
            action(place, chance)
        # Who looks again and again finds what the run does.
        assert place.stale().keys() == place.plan().build.keys()
        place.build()
        assert place.stale() == {}
    assert place.build() == set()
    changed = place.hashes()
    place.schema = "fresh"
    place.build(Rebuild.ALL)
    assert place.hashes() == changed
