"""A run on a server that lets in fewer than the run would like, or has gone."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import make_dsn, parse_dsn

from staging_assets.errors import CrowdedError, DatabaseError
from staging_assets.model import StagingProject
from staging_assets.postgres.client.server import Server
from staging_assets.postgres.embedded.server import EmbeddedServer
from staging_assets_tests.support.builds import Log, ask, build_all, load, start, tables
from staging_assets_tests.support.servers import Pooler, fresh_role, own_server, wait_for

EIGHT = tables(
    **{
        f"t{n}": (
            f"create table staging.t{n} (id int, began timestamptz, ended timestamptz);",
            f"insert into staging.t{n} values (1, clock_timestamp()); select pg_sleep(0.2);"
            f"update staging.t{n} set ended = clock_timestamp();",
        )
        for n in range(8)
    }
)
SPANS = " union all ".join(f"select began, ended from staging.t{n}" for n in range(8))
MOST_AT_ONCE = (
    f"with spans as ({SPANS}) select max((select count(*) from spans as other"
    " where other.began <= spans.began and spans.began < other.ended)) from spans"
)


@pytest.fixture
def eight(tmp_path: Path) -> StagingProject:
    return load(tmp_path, EIGHT)


def warnings(log: Log) -> list[str]:
    return [text for level, text in log.lines if level == "warning"]


@pytest.mark.parametrize("free", [1, 2, 3])
def test_a_run_goes_on_with_the_workers_that_are_let_in(
    database: Server, witness: Connection, eight: StagingProject, free: int
) -> None:
    log = Log()
    # One more holds the lock of the run.
    with fresh_role(database, f"connection limit {free + 1}") as limited:
        results = build_all(limited, eight, workers=6, log=log)
        assert len(results) == 9
        assert 1 <= ask(witness, MOST_AT_ONCE) <= free
        assert len(warnings(log)) == 1
        assert "too many connections for role" in log.text
        assert "Lower STAGING_WORKERS" in log.text
        assert "The run goes on with the workers that are connected." in log.text


def test_so_it_does_when_the_database_is_full(
    database: Server, witness: Connection, eight: StagingProject
) -> None:
    log = Log()
    name = parse_dsn(database.dsn)["dbname"]
    with fresh_role(database) as limited:
        ask(witness, f"alter database {name} connection limit 4")
        build_all(limited, eight, workers=6, log=log)
        # The witness and the lock take two of the four.
        assert 1 <= ask(witness, MOST_AT_ONCE) <= 2
        assert "too many connections for database" in log.text


def test_so_it_does_when_a_pooler_is_full(
    database: Server, witness: Connection, pooler: Pooler, eight: StagingProject
) -> None:
    log = Log()
    name = parse_dsn(database.dsn)["dbname"]
    # To see that it is a pooler in session mode takes a second connection for a moment.
    full = Server(make_dsn(pooler("session", max_client_conn="4").dsn, dbname=name))
    build_all(full, eight, workers=6, log=log)
    assert 1 <= ask(witness, MOST_AT_ONCE) <= 3
    assert "no more connections allowed" in log.text


def test_a_run_that_no_worker_is_let_into_ends_and_says_why(
    database: Server, witness: Connection, eight: StagingProject
) -> None:
    with fresh_role(database, "connection limit 1") as limited:
        began = time.monotonic()
        log = Log()
        with pytest.raises(CrowdedError, match=r"too many connections for role .*\. Lower STAGING"):
            list(start(replace(limited, patience=1.0), eight, workers=4, log=log))
        assert time.monotonic() - began < 10
        assert "It is tried for 1 s" in log.text
        assert ask(witness, "select to_regclass('staging.t0')") is None


def test_a_worker_is_let_in_later_when_there_is_room_again(
    database: Server, witness: Connection, eight: StagingProject
) -> None:
    with fresh_role(database, "connection limit 2") as limited:
        log = Log()
        with closing(limited.connect("in the way")) as other:
            timer = threading.Timer(1.0, other.close)
            timer.start()
            results = build_all(limited, eight, workers=4, log=log)
            timer.join()
        assert len(results) == 9
        assert "It is tried for 30 s" in log.text


@pytest.fixture
def embedded(run_folder: Path) -> Iterator[EmbeddedServer]:
    with own_server(run_folder) as server:
        yield server


@pytest.mark.server
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGQUIT])
def test_an_embedded_server_that_is_killed_ends_the_run_in_seconds_with_the_command(
    embedded: EmbeddedServer, tmp_path: Path, how: signal.Signals
) -> None:
    files = {
        **tables(
            a=("create table staging.a (id int);", "insert into staging.a values (1);"),
            b=(
                "create table staging.b (id int);",
                "insert into staging.b select id from staging.a; select pg_sleep(60);",
            ),
        ),
        **EIGHT,
    }
    server = embedded.start()
    run = start(server, load(tmp_path, files), workers=3, log=(log := Log()))
    built = [next(run) for _ in range(10)]
    assert {result.status for result in built} == {"built"}
    pid = embedded.status().pid
    assert pid is not None
    os.kill(pid, how)
    began = time.monotonic()
    with pytest.raises(DatabaseError, match=r"Start it with: staging-assets db start"):
        list(run)
    assert time.monotonic() - began < 15
    assert "None" not in log.text

    wait_for(lambda: embedded.status().state != "running", 10)
    with closing(embedded.start().connect("witness")) as witness:
        assert ask(witness, "select count(*) from staging.a") == 1
        assert ask(witness, "select to_regclass('staging.b')") is None
