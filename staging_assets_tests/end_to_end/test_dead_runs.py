"""Runs that were killed, and what the history of runs says of them afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from staging_assets.postgres import Presence, Server, find_present
from staging_assets_tests.end_to_end.test_celery import BIN, find_history_url
from staging_assets_tests.support.commands import ROOT, find_environment
from staging_assets_tests.support.databases import fresh_database
from staging_assets_tests.support.departments import SCRIPTS
from staging_assets_tests.support.folders import make_project
from staging_assets_tests.support.forked import run_forked
from staging_assets_tests.support.webhook import listening
from staging_assets_tests.support.webserver import running, wait_until

GATE = 4712
# Filling `slow` waits while a test holds the gate.
SLOW = {
    "create_tables/CREATE-staging-slow.sql": "create table staging.slow (n int);",
    **{
        f"populate_tables/{name}/POPULATE-staging-slow.sql": (
            f"insert into staging.slow select 1 from pg_advisory_xact_lock({GATE});"
        )
        for name in ("north", "south")
    },
}
JOB = "populate_all_staging_tables"


def ask(server: Server, query: str, *values: object) -> list[tuple[Any, ...]]:
    connection = server.connect("tests", autocommit=True)
    with closing(connection), connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())


@dataclass
class Night:
    """Two departments of one Dagster instance, whose history is in Postgres."""

    folder: Path
    history: Server
    databases: dict[str, Server]
    environments: dict[str, dict[str, str]]
    stack: ExitStack

    def start(self, name: str, *command: str, department: str = "north") -> subprocess.Popen[bytes]:
        environment = self.environments[department]
        log = self.folder / f"{name}.log"
        return self.stack.enter_context(running(command, environment, self.folder, log))

    def execute(self, name: str, department: str = "north") -> subprocess.Popen[bytes]:
        job = JOB if department == "north" else f"{JOB}_{department}"
        return self.start(name, "dagster", "job", "execute", "-j", job, department=department)

    def ask(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return ask(self.history, query, *values)

    def runs(self) -> list[str]:
        """The states of all runs, in the order of their making."""
        return [status for (status,) in self.ask("select status from runs order by id")]

    def told(self) -> str:
        """What the last event of each failed run says."""
        found = self.ask("select event from event_logs where dagster_event_type = %s", _FAILED)
        return "\n".join(event for (event,) in found)

    @contextmanager
    def gate(self, department: str = "north") -> Iterator[None]:
        """Keep builds of the slow table waiting."""
        connection = self.databases[department].connect("tests", autocommit=True)
        with closing(connection), connection.cursor() as cursor:
            cursor.execute("select pg_advisory_lock(%s)", (GATE,))
            yield

    def wait_at_gate(self, name: str, department: str = "north") -> None:
        query = (
            "select from pg_locks where locktype = 'advisory' and not granted and database ="
            " (select oid from pg_database where datname = current_database())"
        )

        database = self.databases[department]
        log = self.folder / f"{name}.log"
        wait_until(lambda: ask(database, query), "a build at the gate", log=log)


_FAILED = "PIPELINE_FAILURE"


@pytest.fixture
def night(server: Server, tmp_path: Path) -> Iterator[Night]:
    make_project(tmp_path / "sql", {**SCRIPTS, **SLOW})
    home = tmp_path / "dagster"
    home.mkdir()
    settings = (ROOT / "deploy" / "dagster.yaml").read_text()
    (home / "dagster.yaml").write_text(settings)
    with ExitStack() as stack:
        north, south, history = (stack.enter_context(fresh_database(server)) for _ in range(3))
        everywhere = find_environment(
            DAGSTER_HOME=str(home),
            DAGSTER_POSTGRES_URL=find_history_url(history),
            STAGING_SQL_DIR=str(tmp_path / "sql"),
            STAGING_LOCK_TIMEOUT="5min",
        )
        everywhere["PATH"] = f"{BIN}:{everywhere['PATH']}"
        environments = {
            name: {
                **everywhere,
                "STAGING_DEPARTMENT": name,
                "STAGING_DATABASE_URL": database.dsn,
                "STAGING_HOME": str(tmp_path / f"home-{name}"),
                **({} if name == "north" else {"STAGING_KEY_PREFIX": name}),
            }
            for name, database in (("north", north), ("south", south))
        }
        migrated = run_forked("dagster instance migrate", everywhere, folder=tmp_path)
        assert migrated.returncode == 0, migrated.stderr
        yield Night(tmp_path, history, {"north": north, "south": south}, environments, stack)


def kill(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_the_daemon_marks_a_killed_run_of_cron_and_the_one_that_is_queued_behind_it_runs(
    night: Night,
) -> None:
    with night.gate():
        first = night.execute("first")
        night.wait_at_gate("first")
        night.start("daemon", "dagster-daemon", "run", "-m", "staging_assets.definitions")
        launch = ("dagster", "job", "launch", "-j", JOB, "-m", "staging_assets.definitions")
        night.start("launch", *launch).wait(60)
        # The pool has one slot, and the first run is at work: the second one is queued.
        wait_until(lambda: night.runs() == ["STARTED", "QUEUED"], f"a queued run: {night.runs()}")
        looked = "select from job_ticks where status = 'SKIPPED'"
        wait_until(lambda: night.ask(looked), "a look", log=night.folder / "daemon.log")
        assert night.runs() == ["STARTED", "QUEUED"]
        kill(first)
        wait_until(lambda: night.runs()[0] == "FAILURE", "the end", log=night.folder / "daemon.log")
    ended = lambda: night.runs() == ["FAILURE", "SUCCESS"]  # noqa: E731
    wait_until(ended, "the second run", log=night.folder / "daemon.log")
    assert "The process of this run is gone" in night.told()
    assert "step staging_build was at work" in night.told()


def test_the_next_run_marks_killed_ones_and_leaves_those_alone_that_live_or_are_elsewhere(
    night: Night,
) -> None:
    with night.gate("south"):
        south = night.execute("south", "south")
        night.wait_at_gate("south", "south")
        # Another one of cron's ends at once, and names it.
        assert night.execute("busy", "south").wait(120) == 1
        assert "holds it. Wait until it has ended" in (night.folder / "busy.log").read_text()
        with night.gate():
            first = night.execute("first")
            night.wait_at_gate("first")
            kill(first)
        assert night.runs() == ["STARTED", "FAILURE", "STARTED"]
        settled = "select where now() > pg_postmaster_start_time() + interval '61 s'"
        wait_until(lambda: night.ask(settled), "a server that is a minute old")
        assert night.execute("second").wait(120) == 0
        assert night.runs() == ["STARTED", "FAILURE", "FAILURE", "SUCCESS"]
        # One that is gone, in a database that north's runs do not look into.
        kill(south)
        assert night.execute("third").wait(120) == 0
        assert night.runs() == ["STARTED", "FAILURE", "FAILURE", "SUCCESS", "SUCCESS"]
    with listening() as hook:
        night.environments["south"]["STAGING_WEBHOOK_URL"] = hook.url
        assert night.start("look", "staging-assets", "watch", department="south").wait(60) == 2
    [body] = hook.bodies
    assert (body["kind"], body["department"]) == ("run_killed", "south")
    assert f"({JOB}_south) was marked as failed" in body["text"]
    assert night.runs() == [*["FAILURE"] * 3, "SUCCESS", "SUCCESS"]
    said = (night.folder / "look.log").read_text()
    assert f"({JOB}_south) was marked as failed" in said


def test_a_database_tells_who_is_there_and_says_so_of_all_just_after_its_start(
    database: Server,
) -> None:
    with closing(database.connect("tests", autocommit=True)) as connection:
        with connection.cursor() as cursor:
            cursor.execute("select extract(epoch from now() - pg_postmaster_start_time())")
            row = cursor.fetchone()
        assert row is not None
        fresh = float(row[0]) < 60
        presence = Presence(database, "one")
        there = find_present(connection, ["one", "two"])
        assert there == ({"one", "two"} if fresh else {"one"})
        presence.close()
