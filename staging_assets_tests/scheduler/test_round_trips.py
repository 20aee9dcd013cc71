"""How often a run waits for the server: what a server far away makes slow.

Nothing is timed. A proxy counts what is asked, and each session that begins.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from staging_assets.builder import Rebuild
from staging_assets.checks import find_checks, is_late, run_given_checks
from staging_assets.model import StagingProject
from staging_assets.postgres.client.presence import Presence
from staging_assets.postgres.client.server import Server
from staging_assets_tests.support.builds import build_all, load, tables
from staging_assets_tests.support.wire import Message, wired

pytestmark = pytest.mark.skipif(
    bool(os.environ.get("STAGING_TEST_ONE_STATEMENT")),
    reason="where a message holds one statement, there are as many messages as statements",
)

FEW, MANY = 10, 30
SOURCE = (
    "create schema etl; create table etl.rows as select g as id from generate_series(1, 3) as g"
)
A_TABLE, UNCHANGED = 6, 20


def tiny(tmp_path: Path, count: int) -> StagingProject:
    """Tables with a key, an index and a reference to the one before them, filled from a source."""
    scripts: dict[str, tuple[str, str | None] | str] = {}
    for number in range(count):
        name, before = f"t{number:02}", f"t{number - 1:02}"
        parent = f"parent int references staging.{before} (id)," if number else "parent int,"
        scripts[name] = (
            f"create table staging.{name} (id int primary key, {parent} note text);\n"
            f"create index on staging.{name} (note);",
            f"insert into staging.{name} (id, parent) select id, 1 from etl.rows",
        )
    return load(tmp_path / f"of_{count}", tables(**scripts))


def count_trips(server: Server, run: Callable[[Server], object]) -> int:
    asked: list[int] = []

    def look(message: Message) -> bool:
        if message.moment == "before":
            asked.append(message.line)
        return True

    with wired(server, look) as far:
        run(far)
    return len(asked) + len(set(asked))


def run_unchanged(server: Server, project: StagingProject) -> None:
    """What the command does: its sign, the run, and the checks that the run left."""
    checks = find_checks(project)
    with closing(Presence(server, "run")) as presence:
        found = build_all(
            server, project, checks=checks, rebuild=Rebuild.CHANGED, workers=2, run_id="run"
        )
        assert {result.status for result in found.values()} == {"unchanged"}
        waiting = [check for of_node in checks.values() for check in of_node]
        assert any(is_late(check) for check in waiting)
        told = run_given_checks(
            server, project, "staging", waiting, built=(), connection=presence.connection
        )
        assert all(result.passed for result in told)


@pytest.mark.parametrize("what", ["a first build", "all again"])
def test_a_tiny_table_costs_few_round_trips(database: Server, tmp_path: Path, what: str) -> None:
    def run(server: Server, project: StagingProject) -> None:
        found = build_all(server, project, checks=find_checks(project), workers=1)
        assert {result.status for result in found.values()} <= {"built", "unchanged"}

    trips = []
    with closing(database.connect("test", autocommit=True)) as connection:
        connection.cursor().execute(SOURCE)
    for count in (FEW, MANY):
        project = tiny(tmp_path, count)
        if what == "all again":
            build_all(database, project)
        trips.append(count_trips(database, lambda server, project=project: run(server, project)))
        with closing(database.connect("test", autocommit=True)) as connection:
            connection.cursor().execute("drop schema staging, staging__build cascade")
    few, many = trips
    assert many - few <= A_TABLE * (MANY - FEW)
    assert few - A_TABLE * FEW <= 70  # what does not grow: sessions, the plan, the end


def test_a_run_that_finds_nothing_changed_costs_the_same_for_few_tables_and_many(
    database: Server, tmp_path: Path
) -> None:
    trips = []
    with closing(database.connect("test", autocommit=True)) as connection:
        connection.cursor().execute(SOURCE)
    for count in (FEW, MANY):
        project = tiny(tmp_path, count)
        build_all(database, project)
        trips.append(count_trips(database, lambda server, p=project: run_unchanged(server, p)))
    assert trips[0] == trips[1]
    assert trips[0] <= UNCHANGED
