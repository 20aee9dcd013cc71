"""Foreign keys that come back NOT VALID, and a process that is killed before it validates them.

An event trigger holds the statement that validates, so that the process can be killed there.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from psycopg2 import extensions

from staging_assets.checks.run import run_checks
from staging_assets.errors import BuildError
from staging_assets.model import Relation, StagingProject
from staging_assets.postgres import Server, owed_keys_table, read_owed_keys
from staging_assets.publisher import drop_retired, run_promote, run_rollback, run_validate
from staging_assets.publisher.owed_keys import make_steps, read_presence, run_hand_over
from staging_assets.sources import run_csv_load
from staging_assets_tests.support.builds import Log, ask, build, build_all, load, tables
from staging_assets_tests.support.commands import find_environment
from staging_assets_tests.support.forked import run_forked
from staging_assets_tests.support.publishing import OTHER, Press

HOLD = """
create schema test_hold;
create function test_hold.hold() returns event_trigger language plpgsql as $$
begin
    if current_query() ~ 'validate constraint' and current_query() ~ 'outside' then
        {what};
    end if;
end $$;
create event trigger hold on ddl_command_start when tag in ('ALTER TABLE')
execute function test_hold.hold();
"""
RELEASE = "drop event trigger hold; drop schema test_hold cascade"
BEGINNING = """
import sys, threading
from pathlib import Path
from staging_assets.errors import BuildError
from staging_assets.model import Relation
from staging_assets.postgres import Server
from staging_assets.project import load_project
from staging_assets.publisher import run_promote, run_rollback
from staging_assets.scheduler import run_build
from staging_assets.builder import BuildOptions
from staging_assets.sources import run_csv_load
server, folder = Server(sys.argv[1]), Path(sys.argv[2])
"""
PROJECT = "project = load_project(folder / 'sql', 'demo')\n"
BUILD = PROJECT + (
    "options = BuildOptions(schema='staging', run_id='killed', workers=1)\n"
    "list(run_build(server, project, project.nodes, options, {}, print, threading.Event()))"
)
PROMOTE = PROJECT + "run_promote(server, project, 'staging')"
ROLLBACK = PROJECT + "run_rollback(server, project, 'staging')"
LOAD = "run_csv_load(server, folder / 't.csv', Relation('etl', 't'))"

T = tables(
    t=(
        "create table staging.t (id int primary key, note text)",
        "insert into staging.t select n, 'x' from generate_series(1, 3) n",
    )
)
IN_PLACE = {
    "create_stored_procedures/fill.sql": (
        "create or replace procedure staging.fill() language plpgsql as $$ begin"
        " insert into staging.t select n, 'x' from generate_series(1, 3) n; end $$;"
    ),
    **tables(t=("create table staging.t (id int primary key, note text)", "call staging.fill()")),
}
OUTSIDE = (
    'create schema "Reports"; create table "Reports"."Seen" (t int constraint "outside % key"'
    ' references {to}); insert into "Reports"."Seen" values (1), (2), (null)'
)
VALIDATED = "select convalidated from pg_constraint where conname = 'outside % key'"


@contextmanager
def held(connection: extensions.connection, what: str) -> Iterator[None]:
    """While it lasts, whoever validates the key from outside is kept from it."""
    ask(connection, HOLD.format(what=what))
    try:
        yield
    finally:
        ask(connection, RELEASE)


def kill_while_validating(
    server: Server, witness: extensions.connection, folder: Path, code: str
) -> None:
    """Run the code in a process of its own, and kill it between publication and validation."""
    asleep = "select count(*) from pg_stat_activity where wait_event = 'PgSleep' and pid in ({})"
    ours = "select pid from pg_stat_activity where datname = current_database()"
    with held(witness, "perform pg_sleep(300)"):
        process = subprocess.Popen(
            [sys.executable, "-c", BEGINNING + code, server.dsn, str(folder)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            wait_until(lambda: ask(witness, asleep.format(ours)) == 1, process)
        finally:
            process.kill()
            process.communicate()
        assert process.returncode == -9
        wait_until(lambda: ask(witness, asleep.format(ours)) == 0)


def wait_until(happened: Callable[[], bool], process: subprocess.Popen[str] | None = None) -> None:
    began = time.monotonic()
    while not happened():
        if process is not None and process.poll() is not None:
            raise AssertionError(f"it has ended by itself: {process.communicate()[1]}")
        assert time.monotonic() - began < 90
        time.sleep(0.05)


def owed(connection: extensions.connection, schema: str = "staging") -> list[str]:
    return [str(key) for key in read_owed_keys(connection, schema)]


def find_failing(server: Server, project: StagingProject) -> str:
    """What `foreign_keys_valid` says when it fails; empty when all is well."""
    (result,) = run_checks(server, project, "staging", ["*:foreign_keys_valid"])
    return "" if result.passed else str(result.summary)


KEY = 'outside % key of "Reports"."Seen"'


@pytest.mark.parametrize("files", [T, IN_PLACE], ids=["exchanged", "in place"])
def test_killed_build_owes_the_key_and_the_next_one_validates_it(
    database: Server, witness: extensions.connection, tmp_path: Path, files: dict[str, str]
) -> None:
    project = load(tmp_path, files)
    build_all(database, project)
    ask(witness, OUTSIDE.format(to="staging.t"))
    kill_while_validating(database, witness, tmp_path, BUILD)
    assert ask(witness, VALIDATED) is False
    assert owed(witness) == [KEY]
    environment = {
        "STAGING_DATABASE_URL": database.dsn,
        "STAGING_SQL_DIR": str(tmp_path / "sql"),
        "STAGING_HOME": str(tmp_path / "home"),
    }
    said = run_forked("staging-assets check", find_environment(**environment))
    assert said.returncode == 2
    assert KEY in said.stdout
    log = Log()
    build_all(database, project, log=log)
    assert f"warning: staging: an earlier run has left foreign keys NOT VALID: {KEY}" in log.text
    assert ask(witness, VALIDATED) is True
    assert owed(witness) == []
    assert not find_failing(database, project)
    assert ask(witness, "select count(*) from staging__build.__owed_keys") == 0


def test_next_run_may_build_nothing_that_has_to_do_with_it(
    database: Server, witness: extensions.connection, tmp_path: Path
) -> None:
    project = load(tmp_path, {**T, **tables(u="create table staging.u (id int)")})
    build_all(database, project)
    ask(witness, OUTSIDE.format(to="staging.t"))
    kill_while_validating(database, witness, tmp_path, BUILD)
    assert owed(witness) == [KEY]
    build_all(database, project, ["u"])
    assert ask(witness, VALIDATED) is True
    assert owed(witness) == []


def test_rows_that_lose_their_target_fail_the_table_after_a_killed_run_too(
    database: Server, witness: extensions.connection, tmp_path: Path
) -> None:
    build_all(database, load(tmp_path, T))
    ask(witness, OUTSIDE.format(to="staging.t"))
    kill_while_validating(database, witness, tmp_path, BUILD)
    fewer = tables(
        t=(
            "create table staging.t (id int primary key, note text)",
            "insert into staging.t values (1, 'x')",
        )
    )
    result = build(database, load(tmp_path / "fewer", fewer))["t"]
    assert result.status == "failed"
    assert "1 rows of" in str(result.message)
    assert ask(witness, "select count(*) from staging.t") == 3
    assert ask(witness, VALIDATED) is True


def test_key_with_rows_that_break_it_is_owed_until_they_are_mended(
    database: Server, witness: extensions.connection, tmp_path: Path
) -> None:
    project = load(tmp_path, T)
    build_all(database, project)
    ask(witness, OUTSIDE.format(to="staging.t"))
    kill_while_validating(database, witness, tmp_path, BUILD)
    ask(
        witness,
        'set session_replication_role = replica; insert into "Reports"."Seen" values (99);'
        "reset session_replication_role",
    )
    for _ in range(2):
        log = Log()
        build_all(database, project, log=log)
        assert f'error: "Reports"."Seen": rows have no row in t, so foreign key {KEY}' in log.text
        assert ask(witness, VALIDATED) is False
        assert owed(witness) == [KEY]
        assert KEY in find_failing(database, project)
    ask(witness, 'delete from "Reports"."Seen" where t = 99')
    build_all(database, project)
    assert ask(witness, VALIDATED) is True
    assert owed(witness) == []


@pytest.mark.parametrize(
    "change",
    [
        'alter table "Reports"."Seen" drop constraint "outside % key"',
        'alter table "Reports"."Seen" validate constraint "outside % key"',
        'drop schema "Reports" cascade',
    ],
)
def test_what_is_owed_no_more_is_forgotten(press: Press, change: str) -> None:
    press.run(OUTSIDE.format(to="staging.t"))
    with held(press.connection, "raise exception 'not now'"):
        press.publish(OTHER)
    assert owed(press.connection) == [KEY]
    press.run(change)
    assert owed(press.connection) == []
    assert run_validate(press.connection, "staging") == []
    assert press.one("select count(*) from staging__build.__owed_keys") == 0


def test_renamed_table_is_found_again(press: Press) -> None:
    press.run(OUTSIDE.format(to="staging.t"))
    with held(press.connection, "raise exception 'not now'"):
        press.publish(OTHER)
        told = [text for level, text in press.said if level == "warning"]
        assert len(told) == 1
        assert f"foreign key {KEY} stays NOT VALID" in told[0]
        press.run('alter schema "Reports" rename to news; alter table news."Seen" rename to s')
        assert owed(press.connection) == ["outside % key of news.s"]
        assert len(run_validate(press.connection, "staging")) == 1
    assert run_validate(press.connection, "staging") == []
    assert press.one(VALIDATED)


def test_key_that_is_owed_is_owed_still_when_the_table_is_published_again(press: Press) -> None:
    press.run(OUTSIDE.format(to="staging.t"))
    with held(press.connection, "raise exception 'not now'"):
        press.publish(OTHER)
        press.publish(OTHER)
    assert owed(press.connection) == [KEY]
    assert run_validate(press.connection, "staging") == []
    assert press.one(VALIDATED)


def test_key_of_a_table_that_was_not_rebuilt_after_all_is_owed(press: Press) -> None:
    press.run(
        "create table staging.child (c int constraint outside_child references staging.t);"
        "insert into staging.child values (2)"
    )
    press.publish(OTHER, later=("child",))
    with held(press.connection, "raise exception 'not now'"):
        assert drop_retired(press.connection, "staging") == []
        assert len(run_validate(press.connection, "staging")) == 1
    assert owed(press.connection) == ["outside_child of staging.child"]
    assert run_validate(press.connection, "staging") == []
    assert press.one("select convalidated from pg_constraint where conname = 'outside_child'")


def test_keys_that_a_cancelled_run_has_no_time_for_are_owed(
    press: Press, server_of_each_kind: Server
) -> None:
    press.run(
        "create table public.one (t int constraint outside_one references staging.t);"
        "create table public.two (t int constraint outside_two references staging.t)"
    )
    with held(press.connection, "perform pg_sleep(1)"):
        publish = threading.Thread(target=press.publish, args=(OTHER,))
        publish.start()
        other = server_of_each_kind.connect("other", autocommit=True)
        # It is published by then, and the first of the keys is being validated.
        asleep = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'"
        wait_until(lambda: ask(other, f"{asleep} and datname = current_database()") == 1)
        press.cancelled.set()
        publish.join()
        other.close()
    assert press.run("select note from staging.t where id = 1") == [("new",)]
    assert owed(press.connection) == ["outside_two of public.two"]
    assert run_validate(press.connection, "staging") == []
    assert press.one("select bool_and(convalidated) from pg_constraint where contype = 'f'")


def test_validation_that_is_cancelled_on_the_server_is_owed(
    press: Press, server_of_each_kind: Server
) -> None:
    press.run(OUTSIDE.format(to="staging.t"))
    with held(press.connection, "perform pg_sleep(60)"):
        publish = threading.Thread(target=press.publish, args=(OTHER,))
        publish.start()
        other = server_of_each_kind.connect("other", autocommit=True)
        asleep = "select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'PgSleep'"
        ours = f"{asleep} and datname = current_database()"
        wait_until(lambda: ask(other, ours) is True)
        publish.join()
        other.close()
    assert [level for level, text in press.said if KEY in text] == ["warning"]
    assert owed(press.connection) == [KEY]
    assert run_validate(press.connection, "staging") == []
    assert press.one(VALIDATED)


def test_nothing_is_noted_of_a_publication_that_is_rolled_back(press: Press) -> None:
    press.run(OUTSIDE.format(to="staging.t"))
    press.run("create schema reports; create view reports.noted as select note from staging.t")
    with pytest.raises(BuildError, match=r"view reports\.noted"):
        press.publish(
            "create table build.t (id int primary key); insert into build.t values (1), (2)"
        )
    assert press.one("select to_regclass('staging__build.__owed_keys')") is None
    assert press.one(VALIDATED)


PERIODS = (
    "create extension if not exists btree_gist;"
    "create table public.outside (id int, d daterange,"
    " foreign key (id, period d) references staging.t (id, period d));"
    "insert into public.outside values (1, '[2024-02-01,2024-09-01)'), (1, null),"
    " (2, '[2024-01-01,2024-01-02)')"
)
TEMPORAL = (
    "create table build.t (id int, d daterange, primary key (id, d without overlaps));"
    "insert into build.t values (2, '[2024-01-01,2024-02-01)')"
)
HALVES = ", (1, '[2024-01-01,2024-05-01)'), (1, '[2024-05-01,2025-01-01)')"


def test_key_with_a_period_is_checked_first_and_validated_too(database: Server) -> None:
    press = Press(database)
    if press.connection.server_version < 180000:
        pytest.skip("foreign keys with PERIOD need PostgreSQL 18")
    press.run("create extension if not exists btree_gist")
    press.publish(TEMPORAL + ", (1, '[2024-01-01,2025-01-01)')")
    press.run(PERIODS)
    press.publish(TEMPORAL + HALVES)
    assert press.one("select convalidated from pg_constraint where contype = 'f'")
    assert owed(press.connection) == []
    for gap in ("", ", (1, '[2024-01-01,2024-05-01)')", HALVES.replace("05-01,2025", "06-01,2025")):
        with pytest.raises(BuildError, match=r"1 rows of public\.outside \(id, d\)"):
            press.publish(TEMPORAL + gap)
        press.run("drop table staging__build.t")
    assert press.one("select count(*) from staging.t") == 3
    assert press.one("select convalidated from pg_constraint where contype = 'f'")
    press.close()


def test_who_may_not_read_what_is_owed_is_told_nothing(
    press: Press, roles: tuple[str, str]
) -> None:
    press.run(OUTSIDE.format(to="staging.t"))
    with held(press.connection, "raise exception 'not now'"):
        press.publish(OTHER)
    assert owed(press.connection) == [KEY]
    press.run(f"set role {roles[0]}")
    assert owed(press.connection) == []
    press.run("reset role")


@pytest.fixture
def candidate(database: Server, witness: extensions.connection, tmp_path: Path) -> StagingProject:
    """A live schema with a key from outside, a finished candidate, and what they were built of."""
    project = load(tmp_path, T)
    build_all(database, project)
    build_all(database, project, schema="staging_next")
    ask(witness, OUTSIDE.format(to="staging.t"))
    return project


def check_paid(
    server: Server, witness: extensions.connection, project: StagingProject, pay: Callable[[], Any]
) -> None:
    """The key is NOT VALID, reported, and owed by the live schema; `pay` makes it good."""
    assert ask(witness, VALIDATED) is False
    assert owed(witness) == [KEY]
    assert owed(witness, "staging__previous") == []
    assert KEY in find_failing(server, project)
    pay()
    assert ask(witness, VALIDATED) is True
    assert owed(witness) == owed(witness, "staging__previous") == []
    assert not find_failing(server, project)
    target = "select confrelid::regclass::text from pg_constraint where conname = 'outside % key'"
    assert ask(witness, target) == "staging.t"


def test_killed_promotion_owes_the_key_and_the_next_build_validates_it(
    database: Server, witness: extensions.connection, tmp_path: Path, candidate: StagingProject
) -> None:
    kill_while_validating(database, witness, tmp_path, PROMOTE)
    check_paid(database, witness, candidate, lambda: build_all(database, candidate))


def test_rollback_after_a_killed_promotion_validates_the_key(
    database: Server, witness: extensions.connection, tmp_path: Path, candidate: StagingProject
) -> None:
    kill_while_validating(database, witness, tmp_path, PROMOTE)
    check_paid(database, witness, candidate, lambda: run_rollback(database, candidate, "staging"))


def test_killed_rollback_owes_the_key_and_the_next_promotion_validates_it(
    database: Server, witness: extensions.connection, tmp_path: Path, candidate: StagingProject
) -> None:
    run_promote(database, candidate, "staging")
    kill_while_validating(database, witness, tmp_path, ROLLBACK)

    def promote() -> None:
        build_all(database, candidate, schema="staging_next")
        run_promote(database, candidate, "staging")

    check_paid(database, witness, candidate, promote)


def test_what_cannot_be_validated_goes_with_the_live_schema(
    database: Server, witness: extensions.connection, tmp_path: Path, candidate: StagingProject
) -> None:
    kill_while_validating(database, witness, tmp_path, BUILD)
    with held(witness, "raise exception 'not now'"):
        for exchange in (run_promote, run_rollback, run_rollback):
            log = Log()
            exchange(database, candidate, "staging", log=log)
            assert f"foreign key {KEY} stays NOT VALID" in log.text
            assert owed(witness) == [KEY]
            assert owed(witness, "staging__previous") == []
    check_paid(database, witness, candidate, lambda: build_all(database, candidate))


def test_what_is_owed_is_handed_over_whatever_the_schemas_are_called(database: Server) -> None:
    with closing(database.connect("tests")) as connection, connection.cursor() as cursor:
        cursor.execute(
            'create schema "100%s"; create schema "100%s__build"; create schema "%(x)s";'
            'create schema "%(x)s__build"; create table "%(x)s".t (id int primary key);'
            "create table public.outside (t int);"
            'alter table public.outside add constraint k foreign key (t) references "%(x)s".t'
            " not valid"
        )
        for step in make_steps("100%s", present=read_presence(cursor, "100%s")):
            cursor.execute(step.statement)
        cursor.execute(
            f"insert into {owed_keys_table('100%s')} (on_table, name) values"
            " ('public.outside', 'k')"
        )
        run_hand_over(cursor, "100%s", "%(x)s")
        assert read_owed_keys(connection, "100%s") == []
        assert [key.name for key in read_owed_keys(connection, "%(x)s")] == ["k"]


def test_killed_load_of_a_file_owes_the_key_and_the_next_one_validates_it(
    database: Server, witness: extensions.connection, tmp_path: Path
) -> None:
    file, table = tmp_path / "t.csv", Relation("etl", "t")
    file.write_text("id\n1\n2\n")
    run_csv_load(database, file, table)
    ask(
        witness,
        "create unique index t_id on etl.t (id);"
        'create schema "Reports"; create table "Reports"."Seen" (t text constraint "outside % key"'
        ' references etl.t (id)); insert into "Reports"."Seen" values (\'1\')',
    )
    kill_while_validating(database, witness, tmp_path, LOAD)
    assert ask(witness, VALIDATED) is False
    assert owed(witness, "etl") == [KEY]
    run_csv_load(database, file, table)
    assert ask(witness, VALIDATED) is True
    assert owed(witness, "etl") == []


def test_first_notes_at_the_same_moment_make_their_table_once(
    database: Server, witness: extensions.connection, tmp_path: Path
) -> None:
    names = ("a", "b", "c", "d")
    for name in names:
        file = tmp_path / f"{name}.csv"
        file.write_text("id\n1\n2\n")
        run_csv_load(database, file, Relation("etl", name))
        ask(
            witness,
            f"create unique index {name}_id on etl.{name} (id);"
            f"create table public.of_{name} (t text constraint outside_{name}"
            f" references etl.{name} (id)); insert into public.of_{name} values ('1')",
        )
    with held(witness, "raise exception 'not now'"), ThreadPoolExecutor(len(names)) as pool:
        loads = [
            pool.submit(run_csv_load, database, tmp_path / f"{name}.csv", Relation("etl", name))
            for name in names
        ]
        assert [load.result().rows for load in loads] == [2, 2, 2, 2]
    assert owed(witness, "etl") == [f"outside_{name} of public.of_{name}" for name in names]
    run_csv_load(database, tmp_path / "a.csv", Relation("etl", "a"))
    assert owed(witness, "etl") == []
