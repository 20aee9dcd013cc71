"""Checks beside a build that runs, and after one that was killed, fail for nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.checks import CheckResult, run_checks
from staging_assets.checks.core.facts import find_replaced, read_facts
from staging_assets.checks.core.snapshot import reading
from staging_assets.model import Relation, StagingProject
from staging_assets.postgres import Server
from staging_assets_tests.support.builds import ask, build_all, is_good, load, start, tables


@pytest.fixture
def witness(database: Server) -> Iterator[Connection]:
    with closing(database.connect("witness", autocommit=True)) as connection:
        yield connection


def failures(server: Server, project: StagingProject) -> list[str]:
    results: list[CheckResult] = run_checks(server, project, "staging")
    assert results
    return [f"{each.table} {each.name}: {each.summary}" for each in results if not each.passed]


def make_files(rows: int = 2000, slow: str = "") -> dict[str, str]:
    """A hub, tables that reference it and each other, serial columns, indexes, checks."""
    files = tables(
        hub=(
            "create table staging.hub (id int primary key, v text default 'x');",
            f"insert into staging.hub select i, 'v' from generate_series(1, {rows}) as i;",
        ),
        leaf=(
            "create table staging.leaf (id int references staging.child0 (id));",
            "insert into staging.leaf select 1 from staging.hub limit 10;",
        ),
        **{
            f"child{n}": (
                f"create table staging.child{n} (id serial primary key,"
                " hub_id int references staging.hub (id), more int);"
                f" create index on staging.child{n} (more) where more > 1;",
                f"insert into staging.child{n} (hub_id, more)"
                f" select i, i from generate_series(1, {rows}) as i; {slow}",
            )
            for n in range(4)
        },
    )
    files["staging.yaml"] = """
checks:
  child0:
    - unique: hub_id
    - relationship: hub_id -> hub.id
    - sql: select 1 where (select count(*) from staging.child1) = 0
      name: child1_has_rows
  "*": {min_rows: 1}
"""
    return files


def test_a_key_that_still_points_to_the_old_table_is_in_order(
    database: Server, tmp_path: Path, witness: Connection
) -> None:
    build_all(database, load(tmp_path / "quick", make_files()))
    project = load(tmp_path / "slow", make_files(slow="select pg_sleep(2);"))
    results = start(database, project, workers=1)
    for result in results:
        if result.node == "hub":
            break
    assert points_to_old(witness)
    assert failures(database, project) == []
    assert all(is_good(result) for result in results)
    assert not points_to_old(witness)
    assert failures(database, project) == []


def points_to_old(witness: Connection) -> bool:
    """Whether a live table has a key on a table that waits."""
    return bool(
        ask(
            witness,
            "select count(*) > 0 from pg_constraint as k join pg_class as c on c.oid = k.conrelid"
            " join pg_class as r on r.oid = k.confrelid where k.contype = 'f'"
            " and c.relnamespace = 'staging'::regnamespace"
            " and r.relnamespace <> c.relnamespace",
        )
    )


KILLED = """
import sys, threading
from pathlib import Path
from staging_assets_tests.support.builds import load, start
from staging_assets.api import load_project
from staging_assets.postgres import Server

project = load_project(Path(sys.argv[2]), "demo")
for result in start(Server(sys.argv[1]), project, workers=1):
    print(result.node, flush=True)
"""


def test_after_a_killed_build_the_old_tables_are_the_same_tables(
    database: Server, tmp_path: Path, witness: Connection
) -> None:
    quick = load(tmp_path / "quick", make_files())
    build_all(database, quick)
    slow = load(tmp_path / "slow", make_files(slow="select pg_sleep(60);"))
    arguments = [sys.executable, "-c", KILLED, database.dsn, str(slow.sql_dir)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == "hub":
                break
        os.kill(process.pid, signal.SIGKILL)
    assert points_to_old(witness)
    assert failures(database, quick) == []
    build_all(database, quick, wait_for_lock=20)
    assert not points_to_old(witness)
    assert failures(database, quick) == []


def test_what_fails_while_a_build_runs_says_that_it_runs(
    database: Server, tmp_path: Path, witness: Connection
) -> None:
    files = make_files(slow="select pg_sleep(2);")
    project = load(tmp_path, files)
    results = start(database, project, run_id="nightly", workers=1)
    for result in results:
        if result.node == "hub":
            break
    found = failures(database, project)
    assert any(each.startswith("child0 unique: ") or "child0 " in each for each in found)
    assert all("(run nightly (server process " in each for each in found)
    assert all(each.endswith("builds the schema: check again when it has ended)") for each in found)
    assert all(is_good(result) for result in results)
    assert failures(database, project) == []


def test_real_drift_is_found_beside_a_build_too(
    database: Server, tmp_path: Path, witness: Connection
) -> None:
    build_all(database, load(tmp_path / "quick", make_files()))
    ask(witness, "alter table staging.leaf add column by_hand int")
    project = load(tmp_path / "slow", make_files(slow="select pg_sleep(1);"))
    results = start(database, project, workers=1)
    next(results)
    (found,) = failures(database, project)
    assert found.startswith(
        "schema schema_matches_scripts: leaf.by_hand: the column is not in the script (run test-run"
    )
    assert all(is_good(result) for result in results)
    assert failures(database, project) == []


@pytest.mark.parametrize(
    ("change", "replaced"),
    [
        ("alter table staging.hub alter id type bigint", True),  # rows are written anew
        ("truncate staging.hub", True),
        ("drop table staging.hub; create table staging.hub (id int)", True),
        ("drop table staging.hub", True),
        ("alter table staging.hub add more int; update staging.hub set more = 1", False),
        ("drop view staging.seen; create view staging.seen as select 1 as id", False),
    ],
)
def test_a_table_that_looks_empty_to_an_older_snapshot_is_known(
    database: Server, witness: Connection, change: str, replaced: bool
) -> None:
    ask(witness, "create schema staging; create table staging.hub as select 1 as id")
    ask(witness, "create view staging.seen as select 1 as id; create table staging.other ()")
    hub = Relation("staging", "hub")
    with closing(database.connect("checks")) as connection, reading(connection):
        facts = read_facts(connection, [hub, Relation("staging", "seen")])
        assert find_replaced(connection, facts) == frozenset()
        ask(witness, change)
        ask(connection, "table staging.other")  # as checks look at tables: then news arrive
        found = find_replaced(connection, facts)
    assert (hub in found) is replaced
