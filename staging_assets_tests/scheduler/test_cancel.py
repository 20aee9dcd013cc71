"""Ending a run early: the server is free within two seconds, and nothing is published half."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.postgres.client.server import Server
from staging_assets.scheduler.run import NodeResult
from staging_assets_tests.support.builds import ask, build_all, leftovers, load, start, tables

SLOW = (
    "create table staging.slow (id int primary key);",
    "insert into staging.slow values (1); select pg_sleep(60);",
)
QUICK = ("create table staging.quick (id int);", "insert into staging.quick values (1);")
AFTER = (
    "create table staging.after (id int);",
    "insert into staging.after select id from staging.slow;",
)
FILES = tables(slow=SLOW, quick=QUICK, after=AFTER)
BUSY = (
    "select count(*) from pg_stat_activity where application_name like 'staging_assets%%'"
    " and state <> 'idle' and datname = current_database()"
)


def wait_until(connection: Connection, condition: str, seconds: float = 20.0) -> float:
    """Wait until a query gives true; return how long that took."""
    began = time.monotonic()
    while not ask(connection, condition):
        assert time.monotonic() - began < seconds, condition
        time.sleep(0.02)
    return time.monotonic() - began


def take_until_sleeping(results: Iterator[NodeResult], witness: Connection) -> list[str]:
    """Take the results that come before the slow table, and wait until that sleeps."""
    taken = [next(results).node, next(results).node]
    wait_until(witness, BUSY.replace("count(*)", "count(*) > 0") + " and query like '%%pg_sleep%%'")
    return taken


def check_nothing_is_left(witness: Connection) -> None:
    assert wait_until(witness, BUSY.replace("count(*)", "count(*) = 0")) < 2
    assert ask(witness, "select to_regclass('staging.slow')") is None
    assert ask(witness, "select count(*) from staging.quick") == 1


@pytest.mark.parametrize("how", ["close", "throw"])
def test_closing_the_generator_ends_queries_within_two_seconds(
    database: Server, witness: Connection, tmp_path: Path, how: str
) -> None:
    results = start(database, load(tmp_path, FILES))
    assert take_until_sleeping(results, witness) == ["schema", "quick"]
    began = time.monotonic()
    if how == "close":
        results.close()  # type: ignore[attr-defined]
    else:
        with pytest.raises(KeyboardInterrupt):
            results.throw(KeyboardInterrupt())  # type: ignore[attr-defined]
    assert time.monotonic() - began < 2
    check_nothing_is_left(witness)
    assert leftovers(witness) == []


def test_setting_the_event_skips_what_is_not_built_and_says_so(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    cancelled = threading.Event()
    results = start(database, load(tmp_path, FILES), cancelled=cancelled)
    take_until_sleeping(results, witness)
    began = time.monotonic()
    cancelled.set()
    rest = {r.node: r for r in results}
    assert time.monotonic() - began < 2
    assert {r.status for r in rest.values()} == {"skipped"}
    assert set(rest) == {"slow", "after"}
    assert "cancelled" in (rest["slow"].message or "")
    check_nothing_is_left(witness)
    assert leftovers(witness) == []


def test_a_query_that_swallows_its_cancelling_is_ended_all_the_same(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    stubborn = (
        "do $$ begin loop begin perform pg_sleep(60);"
        " exception when query_canceled then null; end; end loop; end $$;"
    )
    results = start(database, load(tmp_path, tables(slow=(SLOW[0], stubborn), quick=QUICK)))
    take_until_sleeping(results, witness)
    began = time.monotonic()
    results.close()  # type: ignore[attr-defined]
    assert time.monotonic() - began < 3
    check_nothing_is_left(witness)


def test_the_old_table_stays_when_its_rebuild_is_cancelled(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    old = (SLOW[0], "insert into staging.slow values (77);")
    build_all(database, load(tmp_path / "old", tables(slow=old)))
    before = ask(witness, "select 'staging.slow'::regclass::oid")
    results = start(database, load(tmp_path / "new", FILES))
    take_until_sleeping(results, witness)
    results.close()  # type: ignore[attr-defined]
    assert ask(witness, "select 'staging.slow'::regclass::oid") == before
    assert ask(witness, "select id from staging.slow") == 77


def test_the_next_run_begins_at_once(database: Server, witness: Connection, tmp_path: Path) -> None:
    results = start(database, load(tmp_path, FILES))
    take_until_sleeping(results, witness)
    results.close()  # type: ignore[attr-defined]
    files = {**FILES, **tables(slow=(SLOW[0], "insert into staging.slow values (1);"))}
    build_all(database, load(tmp_path, files))
    assert ask(witness, "select count(*) from staging.after") == 1


CHILD = """
import sys, threading
from pathlib import Path
from staging_assets.scheduler.run import BuildOptions, run_build
from staging_assets.postgres.client.server import Server
from staging_assets.project.load import load_project

project = load_project(Path(sys.argv[2]), "demo")
options = BuildOptions("staging", "child", workers=2)
for result in run_build(
    Server(sys.argv[1]), project, project.nodes, options, {}, print, threading.Event()
):
    print(result.node, result.status, flush=True)
"""


def spawn(database: Server, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, database.dsn, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A test run in the background ignores Ctrl-C, and so would its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )


def test_ctrl_c_frees_the_server_within_two_seconds(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    project = load(tmp_path, FILES)
    with spawn(database, project.sql_dir) as child:
        wait_until(witness, "select to_regclass('staging.quick') is not null")
        wait_until(witness, BUSY.replace("count(*)", "count(*) > 0"))
        child.send_signal(signal.SIGINT)
        began = time.monotonic()
        wait_until(witness, BUSY.replace("count(*)", "count(*) = 0"))
        assert time.monotonic() - began < 2
        child.wait(10)
        assert child.returncode != 0
    check_nothing_is_left(witness)


@pytest.mark.parametrize("moment", ["load", "index", "between"])
def test_after_kill_9_the_next_run_needs_no_repair(
    database: Server, witness: Connection, tmp_path: Path, moment: str
) -> None:
    old = (SLOW[0], "insert into staging.slow values (77);")
    build_all(database, load(tmp_path / "old", tables(slow=old)))
    fills = {
        "load": "insert into staging.slow select g from generate_series(1, 1000) g;"
        "select pg_sleep(60);",
        "index": "insert into staging.slow select g from generate_series(1, 1500000) g;",
        "between": "insert into staging.slow values (1);",
    }
    files = {**FILES, **tables(slow=(SLOW[0], fills[moment]))}
    project = load(tmp_path / "new", files)
    with spawn(database, project.sql_dir) as child:
        if moment == "between":
            time.sleep(0.6)
        else:
            like = "pg_sleep" if moment == "load" else "PRIMARY KEY"
            wait_until(
                witness, BUSY.replace("count(*)", "count(*) > 0") + f" and query like '%%{like}%%'"
            )
        child.kill()
        child.wait()
    assert ask(witness, "select count(*) > 0 from staging.slow")
    if moment == "load":
        assert ask(witness, "select array_agg(id) from staging.slow") == [77]
        # The server notices by itself that nobody listens any more.
        assert wait_until(witness, BUSY.replace("count(*)", "count(*) = 0")) < 5
    again = {**FILES, **tables(slow=(SLOW[0], "insert into staging.slow values (5);"))}
    build_all(database, load(tmp_path / "again", again), wait_for_lock=10.0)
    assert ask(witness, "select array_agg(id) from staging.slow") == [5]
    assert ask(witness, "select array_agg(id) from staging.after") == [5]
    assert leftovers(witness) == []


def test_a_killed_run_goes_on_for_nobody(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    # Its server process would notice by itself after two seconds; the next run does not wait.
    project = load(tmp_path, FILES)
    with spawn(database, project.sql_dir) as child:
        wait_until(
            witness, BUSY.replace("count(*)", "count(*) > 0") + " and query like '%%sleep%%'"
        )
        child.kill()
        child.wait()
    files = {**FILES, **tables(slow=(SLOW[0], "insert into staging.slow values (5);"))}
    began = time.monotonic()
    build_all(database, load(tmp_path / "again", files))
    assert time.monotonic() - began < 1.9
    assert ask(witness, "select array_agg(id) from staging.after") == [5]


def test_killed_in_the_exchange_of_tables_that_reference_each_other_all_are_old(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    dept = "create table staging.dept (id int primary key, boss int references staging.emp);"
    emp = "create table staging.emp (id int primary key, dept int references staging.dept);"
    old, new = "insert into staging.{} values (1, 1);", "insert into staging.{} values (2, 2);"

    def files(fill: str) -> dict[str, str]:
        return tables(dept=(dept, fill.format("dept")), emp=(emp, fill.format("emp")))

    build_all(database, load(tmp_path / "old", files(old)))
    # The exchange has moved one of the two, and waits.
    ask(
        witness,
        "create function public.hold() returns event_trigger language plpgsql as $$ begin"
        " if exists (select from pg_event_trigger_ddl_commands()"
        " where object_identity = 'staging.emp') then perform pg_sleep(60); end if; end $$;"
        "create event trigger hold on ddl_command_end when tag in ('ALTER TABLE')"
        " execute function public.hold()",
    )
    project = load(tmp_path / "new", files(new))
    with spawn(database, project.sql_dir) as child:
        wait_until(
            witness, BUSY.replace("count(*)", "count(*) > 0") + " and wait_event = 'PgSleep'"
        )
        child.kill()
        child.wait()
    wait_until(witness, BUSY.replace("count(*)", "count(*) = 0"))
    ask(witness, "drop event trigger hold")
    both = "select d.id, e.id from staging.dept d join staging.emp e on boss = e.id and dept = d.id"
    assert ask(witness, both) == [(1, 1)]
    build_all(database, project, wait_for_lock=10.0)
    assert ask(witness, both) == [(2, 2)]
    assert leftovers(witness) == []
