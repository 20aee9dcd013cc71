"""Several machines: redis, a code server and a worker a department, the daemon, the web server.

All of it runs on this machine, from the files of `deploy/celery` as they are.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from psycopg2.extensions import parse_dsn
from sqlalchemy import URL

from staging_assets.postgres import Server
from staging_assets_tests.conftest import missing
from staging_assets_tests.end_to_end.test_departments import rows
from staging_assets_tests.support.commands import ROOT, find_environment
from staging_assets_tests.support.databases import fresh_database
from staging_assets_tests.support.departments import SCRIPTS
from staging_assets_tests.support.folders import make_project
from staging_assets_tests.support.forked import run_forked
from staging_assets_tests.support.webserver import (
    answers,
    ask,
    find_free_port,
    launch,
    read_run,
    running,
    wait_for_run,
    wait_until,
)

BIN = Path(sys.prefix) / "bin"
REDIS = shutil.which("redis-server")
FILES = ROOT / "deploy" / "celery"

GATE = 4711
# Filling `slow` waits while a test holds the gate, and goes on when it lets go.
SLOW = {
    "create_tables/CREATE-staging-slow.sql": "create table staging.slow (n int);",
    **{
        f"populate_tables/{name}/POPULATE-staging-slow.sql": (
            f"insert into staging.slow select 1 from pg_advisory_xact_lock({GATE});"
        )
        for name in ("north", "south")
    },
}


@dataclass
class Machines:
    """What runs, and how to reach it."""

    address: str
    databases: dict[str, Server]
    start_worker: Callable[[str], subprocess.Popen[bytes]]
    workers: dict[str, subprocess.Popen[bytes]]
    folder: Path


def is_open(port: int) -> bool:
    with closing(socket.create_connection(("127.0.0.1", port), timeout=1)):
        return True


def find_history_url(server: Server) -> str:
    told = parse_dsn(server.dsn)
    url = URL.create(
        "postgresql+psycopg2",
        told["user"],
        database=told["dbname"],
        query={"host": told["host"], "port": told["port"]},
    )
    return url.render_as_string(hide_password=False)


@pytest.fixture(scope="module")
def machines(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    if REDIS is None:
        missing("no redis-server on this machine")
    folder = tmp_path_factory.mktemp("machines")
    make_project(folder / "sql", {**SCRIPTS, **SLOW})
    make_project(folder / "csv", {"cats.csv": "name\nTom\n"})
    home = folder / "dagster"
    home.mkdir()
    settings = (FILES / "dagster.yaml").read_text()
    quicker = settings.replace("poll_interval_seconds: 15", "poll_interval_seconds: 1")
    quicker = quicker.replace("gone_after_seconds: 60", "gone_after_seconds: 15")
    assert len(quicker) == len(settings) - 1
    (home / "dagster.yaml").write_text(quicker)
    redis = find_free_port()
    with ExitStack() as stack:
        north, south, history = (stack.enter_context(fresh_database(server)) for _ in range(3))
        everywhere = find_environment(
            DAGSTER_HOME=str(home),
            DAGSTER_POSTGRES_URL=find_history_url(history),
            STAGING_BROKER_URL=f"redis://127.0.0.1:{redis}/0",
        )
        everywhere["PATH"] = f"{BIN}:{everywhere['PATH']}"

        def start(name: str, *command: str, **environment: str) -> subprocess.Popen[bytes]:
            log = folder / f"{name}.log"
            return stack.enter_context(running(command, {**everywhere, **environment}, folder, log))

        def department(name: str, server: Server, prefix: str = "") -> dict[str, str]:
            return {
                "STAGING_DEPARTMENT": name,
                "STAGING_DATABASE_URL": server.dsn,
                "STAGING_QUEUE": name,
                # The gate of these tests is a lock.
                "STAGING_LOCK_TIMEOUT": "5min",
                "STAGING_KEY_PREFIX": prefix or name,
                "STAGING_SQL_DIR": str(folder / "sql"),
                "STAGING_ETL_CSV_DIR": str(folder / "csv"),
                "STAGING_HOME": str(folder / f"home-{name}"),
            }

        # Processes that all make Dagster's tables at the same moment get in each other's way.
        migrated = run_forked("dagster instance migrate", everywhere, folder=folder)
        assert migrated.returncode == 0, migrated.stderr

        start("redis", REDIS, "--port", str(redis), "--bind", "127.0.0.1", "--save", "")
        wait_until(lambda: is_open(redis), "redis", log=folder / "redis.log")
        locations = {
            "north": department("north", north),
            "south": department("south", south),
            # South under the keys of north: what north's worker takes for its own.
            "south_as_north": department("south", south, "north"),
        }
        ports = {name: find_free_port() for name in locations}
        module = "staging_assets.definitions"
        for name, variables in locations.items():
            command = ("dagster", "api", "grpc", "-m", module, "-h", "127.0.0.1", "-p")
            start(f"code-{name}", *command, str(ports[name]), **variables)
        worker = ("dagster-celery", "worker", "start", "-A", "dagster_celery.app")
        config = ("-y", str(FILES / "worker.yaml"))

        def start_worker(name: str) -> subprocess.Popen[bytes]:
            return start(f"worker-{name}", *worker, *config, "-q", name, **locations[name])

        workers = {name: start_worker(name) for name in ("north", "south")}
        lines = [
            f"  - grpc_server: {{host: 127.0.0.1, port: {port}, location_name: {name}}}"
            for name, port in ports.items()
        ]
        (folder / "workspace.yaml").write_text("load_from:\n" + "\n".join(lines) + "\n")
        for name, port in ports.items():
            wait_until(lambda port=port: is_open(port), name, log=folder / f"code-{name}.log")
        port = find_free_port()
        page = ("dagster-webserver", "-h", "127.0.0.1", "-p", str(port), "-w", "workspace.yaml")
        start("webserver", *page)
        start("daemon", "dagster-daemon", "run", "-w", "workspace.yaml")
        address = f"http://127.0.0.1:{port}"
        wait_until(lambda: answers(address), "the web server", log=folder / "webserver.log")
        databases = {"north": north, "south": south}
        yield Machines(address, databases, start_worker, workers, folder)


TOLD = """
query ($id: ID!) { logsForRun(runId: $id, limit: 1000) { ... on EventConnection { events {
  __typename ... on MessageEvent { message }
  ... on ExecutionStepFailureEvent { error { message } } } } } }
"""


def read_log(machines: Machines, run_id: str) -> str:
    events: list[dict[str, Any]] = ask(machines.address, TOLD, id=run_id)["logsForRun"]["events"]
    errors = [event["error"]["message"] for event in events if event.get("error")]
    return "\n".join([*(event.get("message", "") for event in events), *errors])


@contextmanager
def held(server: Server) -> Iterator[None]:
    """Keep builds of the slow table waiting."""
    connection = server.connect("tests", autocommit=True)
    with closing(connection), connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s)", (GATE,))
        yield


def wait_at_gate(server: Server) -> None:
    query = (
        "select pid from pg_locks where locktype = 'advisory' and not granted and database = "
        "(select oid from pg_database where datname = current_database())"
    )
    wait_until(lambda: rows(server, query), f"a build at the gate of {server.database}")


def find_dogs(machines: Machines, name: str) -> list[tuple[Any, ...]]:
    """Which table it is, and what is in it."""
    query = "select tableoid::bigint, id, name from staging.dogs order by id"
    return rows(machines.databases[name], query)


def test_two_departments_build_at_once_and_a_lost_worker_fails_its_own_run_alone(
    machines: Machines,
) -> None:
    north_server, south_server = machines.databases["north"], machines.databases["south"]
    with held(north_server), held(south_server):
        # A job has its queue in its tags; what the button "Materialize" launches has no tags.
        north = launch(machines.address, "north", "populate_all_staging_tables_north")
        everything = [f"south/staging/{name}" for name in ("schema", "dogs", "walks", "slow")]
        south = launch(machines.address, "south", "__ASSET_JOB", assets=everything)
        wait_at_gate(north_server)
        wait_at_gate(south_server)
        for run in (north, south):
            assert read_run(machines.address, run)["status"] == "STARTED"

        # A second run waits for the first one, and then reads the scripts as they are by then.
        script = machines.folder / "sql/populate_tables/north/POPULATE-staging-dogs.sql"
        script.write_text("insert into staging.dogs values (3, 'Ace');")
        later = launch(machines.address, "north", "populate_all_staging_tables_north")

        os.killpg(machines.workers["south"].pid, signal.SIGKILL)
        ended = wait_for_run(machines.address, south)
        assert ended["status"] == "FAILURE"
        assert {"key": "dagster-celery/queue", "value": "south"} in ended["tags"]
        assert "Its worker has given no sign of it" in read_log(machines, south)
        assert read_run(machines.address, north)["status"] == "STARTED"
        assert read_run(machines.address, later)["status"] == "QUEUED"
    assert wait_for_run(machines.address, north)["status"] == "SUCCESS", read_log(machines, north)
    assert wait_for_run(machines.address, later)["status"] == "SUCCESS", read_log(machines, later)
    assert [row[1:] for row in find_dogs(machines, "north")] == [(3, "Ace")]
    assert rows(south_server, "select to_regclass('staging.slow') is null") == [(True,)]

    machines.workers["south"] = machines.start_worker("south")
    again = launch(machines.address, "south", "populate_all_staging_tables_south")
    assert wait_for_run(machines.address, again)["status"] == "SUCCESS", read_log(machines, again)
    assert [row[1:] for row in find_dogs(machines, "south")] == [(7, "Ida")]


def test_a_worker_refuses_the_runs_of_another_department(machines: Machines) -> None:
    built = launch(machines.address, "north", "populate_all_staging_tables_north")
    assert wait_for_run(machines.address, built)["status"] == "SUCCESS", read_log(machines, built)
    before = find_dogs(machines, "north")
    jobs = ("populate_all_staging_tables_north", "rollback_staging_north")
    tags = {"dagster-celery/queue": "north"}
    runs = [launch(machines.address, "south_as_north", job, tags=tags) for job in jobs]
    source = ["north/etl/cats"]
    runs.append(launch(machines.address, "south_as_north", "__ASSET_JOB", assets=source, tags=tags))
    for run in runs:
        assert wait_for_run(machines.address, run)["status"] == "FAILURE"
        told = read_log(machines, run)
        assert 'this run is for department "south"' in told
        assert 'here it would be department "north"' in told
    assert find_dogs(machines, "north") == before
    assert rows(machines.databases["north"], "select to_regclass('etl.cats') is null") == [(True,)]
