"""What a run costs that has nothing to build: no writing, and no more questions for more tables."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path

import pytest

from staging_assets.postgres.client.server import Server
from staging_assets_tests.support.builds import Rebuild, ask, build_all, load, statuses, tables

FEW, MANY = 5, 60
_COUNTS = (
    "select xact_commit + xact_rollback, tup_inserted + tup_updated + tup_deleted"
    " from pg_stat_database where datname = current_database()"
)


def count(server: Server) -> tuple[int, int]:
    """Transactions so far, which are as many as messages, and rows written, catalogs included."""
    with closing(server.connect("count", autocommit=True)) as connection:
        time.sleep(0.2)  # sessions that have ended are counted in a moment
        rows = ask(connection, _COUNTS)
    return rows[0]


def run_unchanged(server: Server, folder: Path, tables_count: int) -> list[tuple[int, int]]:
    """Build so many tables, then run three times with nothing changed; what each run took."""
    files = {}
    for n in range(tables_count):
        files |= tables(
            **{
                f"t{n}": (
                    f"create table staging.t{n} (a int primary key);",
                    f"insert into staging.t{n} select a from etl.s{n % 7};",
                )
            }
        )
    project = load(folder, files)
    with closing(server.connect("make", autocommit=True)) as connection:
        made = "; ".join(f"create table etl.s{n} as select 1 as a" for n in range(7))
        ask(connection, f"drop schema if exists etl cascade; create schema etl; {made}")
    build_all(server, project, rebuild=Rebuild.CHANGED)
    found = []
    for _ in range(3):
        before = count(server)
        results = build_all(server, project, rebuild=Rebuild.CHANGED)
        after = count(server)
        assert set(statuses(results).values()) == {"unchanged"}
        found.append((after[0] - before[0], after[1] - before[1]))
    return found


def test_nothing_is_written_and_as_much_is_asked_for_few_tables_as_for_many(
    database: Server, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    few = run_unchanged(database, tmp_path / "few", FEW)
    many = run_unchanged(database, tmp_path / "many", MANY)
    # The server's own housekeeping may come in between, so the quietest of three runs counts.
    assert min(written for _, written in few) == 0
    assert min(written for _, written in many) == 0
    least_few, least_many = (min(asked for asked, _ in found) for found in (few, many))
    assert least_many - least_few <= 3
    assert least_many < MANY
