"""Kept up by Dagster's daemon: what changed is built by one run, and nothing else by any."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.checks import KINDS
from staging_assets.postgres import Server
from staging_assets.project import load_project
from staging_assets_tests.end_to_end.test_celery import BIN, find_history_url, is_open
from staging_assets_tests.support.builds import ask as fetch
from staging_assets_tests.support.changes import BELOW_HUB, POPULATE_HUB, SOURCES, Place
from staging_assets_tests.support.commands import ROOT, find_environment
from staging_assets_tests.support.databases import fresh_database
from staging_assets_tests.support.forked import run_forked
from staging_assets_tests.support.webserver import find_free_port, running, wait_until

COUNTS = "populate_tables/demo/POPULATE-staging-counts.sql"
GATE = 4713
WAITING = (
    "select max(pid) from pg_locks where locktype = 'advisory' and not granted and database"
    " = (select oid from pg_database where datname = current_database())"
)
MODULE = "staging_assets.definitions"


@dataclass
class Upkeep:
    """A schema, and a daemon that may keep it up."""

    place: Place
    history: Server
    environment: dict[str, str]
    log: Path
    stack: ExitStack
    made: int = 0
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def workspace(self) -> Path:
        return self.log.parent / "workspace.yaml"

    def start_code_server(self) -> None:
        """Start the code server, which reads the scripts once."""
        port, log = find_free_port(), self.log.parent / "code.log"
        server = f"{{host: 127.0.0.1, port: {port}, location_name: {MODULE}}}"
        self.workspace.write_text(f"load_from: [{{grpc_server: {server}}}]\n")
        command = f"dagster api grpc -m {MODULE} -h 127.0.0.1 -p {port}"
        self.processes = [self.stack.enter_context(self.run(command, log))]
        wait_until(lambda: is_open(port), "the code server", log=log)

    def start_daemon(self) -> None:
        command = f"dagster-daemon run -w {self.workspace}"
        self.processes.append(self.stack.enter_context(self.run(command, self.log)))

    def run(self, command: str, log: Path) -> AbstractContextManager[subprocess.Popen[bytes]]:
        return running(command.split(), self.environment, log.parent, log)

    @cached_property
    def asking(self) -> Connection:
        """A session for all questions about the history."""
        connection = self.history.connect("tests", autocommit=True)
        return self.stack.enter_context(closing(connection))

    def ask(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self.asking.cursor() as cursor:
            cursor.execute(query, values)
            return list(cursor.fetchall())

    def switch(self, name: str, to: str = "start", kind: str = "sensor") -> None:
        command = f"dagster {kind} {to} {name} -w {self.workspace}"
        told = run_forked(command, self.environment, folder=self.place.folder)
        assert told.returncode == 0, told.stdout + told.stderr

    @contextmanager
    def on(self, name: str = "staging_automation", kind: str = "sensor") -> Iterator[None]:
        """A sensor is on for as long as the block lasts."""
        self.made = len(self.runs())
        self.switch(name, "start", kind)
        yield
        self.switch(name, "stop", kind)

    def runs(self) -> list[tuple[str, str]]:
        """Id and state of all runs, in the order of their making."""
        return [(i, s) for i, s in self.ask("select run_id, status from runs order by id")]

    def wait_for_run(self, status: str = "SUCCESS") -> str:
        """Wait until one more run has been made and has ended; return its id."""
        self.made += 1

        def ended() -> bool:
            runs = self.runs()
            return len(runs) >= self.made and runs[-1][1] in ("SUCCESS", "FAILURE")

        wait_until(ended, f"run {self.made}", log=self.log)
        runs = self.runs()
        assert len(runs) == self.made
        assert runs[-1][1] == status, self.log.read_text()
        return runs[-1][0]

    def wait_for_looks(self, name: str = "staging_automation", count: int = 2) -> None:
        """Wait until a sensor has looked so many times from now on; nothing was asked for."""
        query = (
            "select count(*) from job_ticks where tick_body like %s and id > %s"
            " and status = 'SKIPPED'"
        )
        last = self.ask("select coalesce(max(id), 0) from job_ticks")[0][0]
        named = f'%"{name}"%'
        wait_until(
            lambda: self.ask(query, named, last)[0][0] >= count, f"looks of {name}", log=self.log
        )
        assert len(self.runs()) == self.made

    def events(self, run_id: str, kind: str) -> list[str]:
        """The nodes that a run has events of, sorted."""
        query = "select asset_key from event_logs where run_id = %s and dagster_event_type = %s"
        found = ["/".join(json.loads(key)) for (key,) in self.ask(query, run_id, kind)]
        return sorted(key.removeprefix("staging/") for key in found)

    def check_run(self, run_id: str, nodes: set[str]) -> None:
        """Compare what a run was asked for, and what it has built, with what was said before."""
        assert self.events(run_id, "ASSET_MATERIALIZATION_PLANNED") == sorted(nodes)
        assert self.events(run_id, "ASSET_MATERIALIZATION") == sorted(nodes)

    def put(self, path: str, text: str) -> set[str]:
        """Write a script; return what is said to be stale then."""
        self.place.files[path] = text
        folder = self.place.folder / "sql"
        (folder / path).write_text(text)
        return set(self.place.plan(load_project(folder, "demo", KINDS)).build)


@pytest.fixture(scope="module")
def upkeep(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upkeep]:
    folder = tmp_path_factory.mktemp("upkeep")
    home = folder / "dagster"
    home.mkdir()
    (home / "dagster.yaml").write_text((ROOT / "deploy" / "dagster.yaml").read_text())
    with ExitStack() as stack:
        database, history = (stack.enter_context(fresh_database(server)) for _ in range(2))
        place = Place(database, folder / "scripts")
        place.ask(SOURCES)
        place.build()
        environment = find_environment(
            DAGSTER_HOME=str(home),
            DAGSTER_POSTGRES_URL=find_history_url(history),
            STAGING_SQL_DIR=str(place.folder / "sql"),
            STAGING_DEPARTMENT="demo",
            STAGING_DATABASE_URL=database.dsn,
            STAGING_HOME=str(folder / "home"),
            STAGING_LOOK_EVERY="1s",
            STAGING_SCHEDULE="* * * * *",
        )
        environment["PATH"] = f"{BIN}:{environment['PATH']}"
        migrated = run_forked("dagster instance migrate", environment)
        assert migrated.returncode == 0, migrated.stderr
        log = folder / "daemon.log"
        upkeep = Upkeep(place, history, environment, log, stack)
        upkeep.start_code_server()
        upkeep.switch("staging_schedule", "stop", "schedule")
        upkeep.start_daemon()
        yield upkeep


def test_a_change_leads_to_one_run_of_what_is_stale_once_it_is_switched_on(
    upkeep: Upkeep,
) -> None:
    place = upkeep.place
    place.ask("insert into etl.people values (1000, 'more', 1)")
    stale = set(place.plan().build)
    assert stale == BELOW_HUB
    # It is off: the daemon is at work, and asks for nothing.
    upkeep.made = len(upkeep.runs())
    upkeep.wait_for_looks("staging_dead_runs", 1)
    with upkeep.on():
        upkeep.check_run(upkeep.wait_for_run(), stale)
        # Nothing changes: no run.
        upkeep.wait_for_looks()
        # A script, of which the daemon's code server has an older version.
        changed = place.files[POPULATE_HUB].replace("order by id", "order by id desc")
        stale = upkeep.put(POPULATE_HUB, changed)
        assert stale == BELOW_HUB
        upkeep.check_run(upkeep.wait_for_run(), stale)
        upkeep.wait_for_looks()
        assert place.build() == set()
    place.check_same_as_all()


def test_a_run_that_fails_is_tried_again_when_something_changes(upkeep: Upkeep) -> None:
    place = upkeep.place
    with upkeep.on():
        right = place.files[COUNTS]
        assert upkeep.put(COUNTS, right.replace("count(*)", "count(*) / 0")) == {"counts"}
        upkeep.wait_for_run("FAILURE")
        upkeep.wait_for_looks(count=3)
        # It reads one table more, which the code server has not heard of.
        more = right.replace("count(*)", "count(*) + (select max(a) from etl.other)::int")
        assert upkeep.put(COUNTS, more) == {"counts"}
        upkeep.check_run(upkeep.wait_for_run(), {"counts"})
        place.ask("insert into etl.other values (5)")
        assert set(place.plan().build) == {"apart", "apart_cleanup", "counts"}
        upkeep.check_run(upkeep.wait_for_run(), {"apart", "apart_cleanup", "counts"})
        upkeep.wait_for_looks()
        assert place.build() == set()


def test_sources_are_observed_when_they_have_changed(upkeep: Upkeep) -> None:
    query = (
        "select asset_key from event_logs where dagster_event_type = 'ASSET_OBSERVATION'"
        " and position('etl' in asset_key) > 0"
    )
    with upkeep.on("staging_sources"):
        every = ['["etl", "events"]', '["etl", "other"]', '["etl", "people"]']
        wait_until(lambda: len(upkeep.ask(query)) == 3, "three observations", log=upkeep.log)
        assert sorted(key for (key,) in upkeep.ask(query)) == every
        upkeep.wait_for_looks("staging_sources")
        upkeep.place.ask("delete from etl.events where id = 7")
        wait_until(lambda: len(upkeep.ask(query)) == 4, "one more", log=upkeep.log)
        upkeep.wait_for_looks("staging_sources")
        seen = sorted(key for (key,) in upkeep.ask(query))
        assert seen == sorted([*every, '["etl", "events"]'])
    upkeep.place.build()


def test_the_schedule_of_the_settings_builds_what_changed(upkeep: Upkeep) -> None:
    upkeep.place.ask("delete from etl.events where id = 8")
    stale = set(upkeep.place.plan().build)
    assert stale == {"events", "counts"}
    with upkeep.on("staging_schedule", "schedule"):
        run_id = upkeep.wait_for_run()
        assert upkeep.events(run_id, "ASSET_MATERIALIZATION") == sorted(stale)


def test_a_run_that_was_killed_is_gone_on_with_and_one_that_is_killed_again_waits(
    upkeep: Upkeep,
) -> None:
    place, right = upkeep.place, upkeep.place.files[COUNTS]

    def wait_at_gate(other_than: int = 0) -> int:
        at_gate = lambda: place.ask(WAITING) not in (None, other_than)  # noqa: E731
        wait_until(at_gate, "a build at the gate", log=upkeep.log)
        return int(place.ask(WAITING))

    def kill() -> None:
        """The machine is lost, and starts again."""
        for process in upkeep.processes:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        upkeep.start_code_server()
        upkeep.start_daemon()

    with upkeep.on():
        with closing(place.server.connect("gate", autocommit=True)) as connection:
            fetch(connection, f"select pg_advisory_lock({GATE})")
            held = f"select pg_advisory_xact_lock({GATE});\n"
            assert upkeep.put(COUNTS, held + right) == {"counts"}
            first = wait_at_gate()
            kill()
            wait_at_gate(other_than=first)
            kill()
            ended = lambda: [s for _, s in upkeep.runs()[upkeep.made :]] == ["FAILURE"] * 2  # noqa: E731
            wait_until(ended, "the end of both", log=upkeep.log)
            upkeep.made += 2
            upkeep.wait_for_looks()
        assert upkeep.put(COUNTS, right.replace("count(*)", "count(*) + 0")) == {"counts"}
        upkeep.check_run(upkeep.wait_for_run(), {"counts"})
        assert place.build() == set()
