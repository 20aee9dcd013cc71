"""Only what changed is built again: one change at a time, with exact sets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from staging_assets.postgres.client.server import Server
from staging_assets_tests.support.builds import build_all, tables
from staging_assets_tests.support.changes import (
    ALL,
    BELOW_HUB,
    CREATE_HUB,
    NOTHING,
    POPULATE_HUB,
    SOURCES,
    Place,
)


@pytest.fixture
def place(database: Server, tmp_path: Path) -> Place:
    place = Place(database, tmp_path / "folder")
    place.ask(SOURCES)
    assert place.build() == ALL
    return place


def test_nothing_is_built_when_nothing_changed(place: Place) -> None:
    assert place.plan().build == {}
    assert place.build() == NOTHING
    assert place.build() == NOTHING


CHANGES: dict[str, tuple[Callable[[Place], Any], set[str]]] = {
    "a comment": (lambda p: p.change(CREATE_HUB, "(id", "( -- the key\nid"), NOTHING),
    "blanks": (lambda p: p.change(POPULATE_HUB, "select id", "select\n    id"), NOTHING),
    "a CREATE script": (lambda p: p.change(CREATE_HUB, "name text", "name varchar"), BELOW_HUB),
    "a POPULATE script": (
        lambda p: p.change(POPULATE_HUB, "order by id", "where id > 0 order by id desc"),
        BELOW_HUB,
    ),
    "a function two calls away": (
        lambda p: p.change("create_stored_procedures/trimmed.sql", "btrim(a)", "ltrim(a)"),
        BELOW_HUB | {"stored_procedures/trimmed", "stored_procedures/neat"},
    ),
    "a lookup row": (
        lambda p: p.change("populate_tables/lookup/lookup_tables.yaml", "blue", "green"),
        BELOW_HUB | {"lookup_colours"},
    ),
    "a source row": (
        lambda p: p.ask("insert into etl.events values (1000, 1, 'more')"),
        {"events", "counts"},
    ),
    "a source row of the hub": (
        lambda p: p.ask("insert into etl.people values (1000, 'more', 1)"),
        BELOW_HUB,
    ),
    "a source row updated": (
        lambda p: p.ask("update etl.events set what = 'x' where id = 7"),
        {"events", "counts"},
    ),
    "a source row deleted": (
        lambda p: p.ask("delete from etl.events where id = 7"),
        {"events", "counts"},
    ),
    "a source truncated and loaded alike": (
        lambda p: p.ask(
            "begin; create temporary table t as table etl.events; truncate etl.events;"
            " insert into etl.events table t; commit"
        ),
        {"events", "counts"},
    ),
    "a source column added": (
        lambda p: p.ask("alter table etl.other add column b int"),
        {"apart", "apart_cleanup"},
    ),
    "a column added in both": (
        lambda p: (
            p.ask("alter table etl.other add column b int"),
            p.change("create_tables/CREATE-staging-apart.sql", "key)", "key, b int)"),
            p.change("populate_tables/demo/POPULATE-staging-apart.sql", "select a", "select a, b"),
        ),
        {"apart", "apart_cleanup"},
    ),
    "a cleanup": (
        lambda p: p.change("populate_tables/demo/staging-apart-cleanup.py", "+ 10", "+ 20"),
        {"apart", "apart_cleanup"},
    ),
    "a cleanup removed": (
        lambda p: p.files.pop("populate_tables/demo/staging-apart-cleanup.py"),
        {"apart"},
    ),
    "a priority": (lambda p: p.change("staging.yaml", "hub: 1", "apart: 5"), NOTHING),
    "a description": (
        lambda p: p.change("staging.yaml", "priorities", "descriptions: {hub: x}\npriorities"),
        NOTHING,
    ),
    "an index dropped by hand": (lambda p: p.ask("drop index staging.hub_name_idx"), BELOW_HUB),
    "a key dropped by hand": (
        lambda p: p.ask("alter table staging.counts drop constraint counts_pkey"),
        {"counts"},
    ),
    "a column added by hand": (lambda p: p.ask("alter table staging.counts add x int"), {"counts"}),
    "an index made by hand": (
        lambda p: p.ask("create index i on staging.counts (events)"),
        NOTHING,
    ),
    "a column altered by hand": (
        lambda p: p.ask("alter table staging.counts alter events type bigint"),
        {"counts"},
    ),
    "a table dropped": (lambda p: p.ask("drop table staging.counts"), {"counts"}),
    "a table dropped with its keys": (lambda p: p.ask("drop table staging.hub cascade"), BELOW_HUB),
    "a lookup table dropped": (
        lambda p: p.ask("drop table staging.lookup_colours cascade"),
        BELOW_HUB | {"lookup_colours"},
    ),
    "a table made again by hand": (
        lambda p: p.ask(
            "drop table staging.counts;"
            "create table staging.counts (hub_id int primary key, events int)"
        ),
        {"counts"},
    ),
    "a function dropped": (
        lambda p: p.ask("drop function staging.neat(text)"),
        {"stored_procedures/neat"},
    ),
    "a function altered": (
        lambda p: p.ask(
            "create or replace function staging.trimmed(a text) returns text"
            " language sql as 'select a'"
        ),
        {"stored_procedures/trimmed"},
    ),
    "a trigger of somebody's": (
        lambda p: p.ask(
            "create function public.t() returns trigger language plpgsql"
            " as 'begin return new; end';"
            "create trigger t before insert on staging.counts"
            " for each row execute function public.t()"
        ),
        NOTHING,
    ),
    "a script removed": (
        lambda p: (
            p.files.pop("create_tables/CREATE-staging-counts.sql"),
            p.files.pop("populate_tables/demo/POPULATE-staging-counts.sql"),
        ),
        NOTHING,
    ),
    "counters reset": (
        lambda p: p.ask("select pg_stat_reset()"),
        BELOW_HUB | {"apart", "apart_cleanup"},
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_one_change_builds_what_it_reaches(place: Place, change: str) -> None:
    do, expected = CHANGES[change]
    do(place)
    assert place.build() == expected
    assert place.build() == NOTHING
    place.check_same_as_all()


def test_tables_that_reference_each_other_are_built_together_or_not_at_all(
    database: Server, tmp_path: Path
) -> None:
    place = Place(database, tmp_path / "folder")
    place.ask("create schema etl; create table etl.a as select 1 as n")
    place.files = tables(
        a=(
            "create table staging.a (id int primary key, b int references staging.b (id));",
            "insert into staging.a select n, n from etl.a;",
        ),
        b=(
            "create table staging.b (id int primary key, a int references staging.a (id));",
            "insert into staging.b select 1, 1;",
        ),
        below=("create table staging.below (n int);", "insert into staging.below table staging.b;"),
    )
    place.files["populate_tables/demo/POPULATE-staging-below.sql"] = (
        "insert into staging.below select id from staging.b;"
    )
    assert place.build() == {"a", "b", "below"}
    assert place.build() == NOTHING
    place.change("populate_tables/demo/POPULATE-staging-b.sql", "select 1, 1", "select 1, 0 + 1")
    assert place.build() == {"a", "b", "below"}
    place.ask("update etl.a set n = 1")
    assert place.build() == {"a", "b", "below"}
    assert place.build() == NOTHING
    build_all(database, place.project, ["b"])
    assert place.build() == {"a", "b", "below"}
    assert place.build() == NOTHING
