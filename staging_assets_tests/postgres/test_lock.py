"""One run at a time on a schema."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from contextlib import closing

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.errors import BusyError
from staging_assets.postgres.client.schema_lock import SchemaLock
from staging_assets.postgres.client.server import Server
from staging_assets_tests.support.servers import fresh_role


def ignore(level: str, text: str) -> None:
    pass


def take(server: Server, run_id: str, wait: float = 0.0, schema: str = "staging") -> SchemaLock:
    return SchemaLock(server, schema, run_id, wait=wait, log=ignore, cancelled=threading.Event())


def test_the_second_run_stops_at_once_and_names_the_first(
    database: Server, witness: Connection
) -> None:
    with take(database, "first-run") as first:
        began = time.monotonic()
        with pytest.raises(BusyError) as caught:
            take(database, "second-run")
        assert time.monotonic() - began < 3
        text = str(caught.value)
        assert "run first-run" in text
        assert f"server process {first.connection.info.backend_pid}" in text
        with witness.cursor() as cursor:
            cursor.execute("select to_char(now(), 'YYYY-MM-DD')")
            row = cursor.fetchone()
        assert row is not None
        assert f"since {row[0]}" in text


def test_the_lock_is_free_when_the_run_has_ended(database: Server) -> None:
    for number in range(20):
        with take(database, f"run-{number}"):
            pass


def test_other_schemas_are_not_held(database: Server) -> None:
    with take(database, "a"), take(database, "b", schema="staging_dev"):
        pass


def test_a_run_can_wait_for_the_other_to_end(database: Server) -> None:
    said: list[str] = []
    first = take(database, "first-run")
    timer = threading.Timer(0.7, first.connection.close)
    timer.start()
    began = time.monotonic()
    waiting = SchemaLock(
        database,
        "staging",
        "second",
        wait=20.0,
        log=lambda _, text: said.append(text),
        cancelled=threading.Event(),
    )
    with waiting:
        assert 0.5 < time.monotonic() - began < 5
    assert len(said) == 1
    assert "first-run" in said[0]


def test_waiting_ends_when_its_time_is_over(database: Server) -> None:
    with take(database, "first-run"):
        began = time.monotonic()
        with pytest.raises(BusyError):
            take(database, "second", wait=1.0)
        assert 0.9 < time.monotonic() - began < 3


def test_waiting_ends_when_the_run_is_cancelled(database: Server) -> None:
    cancelled = threading.Event()
    threading.Timer(0.3, cancelled.set).start()
    with take(database, "first-run"):
        began = time.monotonic()
        with pytest.raises(BusyError):
            SchemaLock(database, "staging", "b", wait=60, log=ignore, cancelled=cancelled)
        assert time.monotonic() - began < 2


def test_a_killed_run_holds_nothing(database: Server) -> None:
    code = (
        "import sys, threading, time\n"
        "from staging_assets.postgres.client.schema_lock import SchemaLock\n"
        "from staging_assets.postgres.client.server import Server\n"
        "lock = SchemaLock(Server(sys.argv[1]), 'staging', 'killed', wait=0, log=print,"
        " cancelled=threading.Event())\n"
        "print('held', flush=True)\n"
        "time.sleep(60)\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, database.dsn], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    with child:
        assert child.stdout.readline() == "held\n"
        with pytest.raises(BusyError):
            take(database, "second")
        child.kill()
        child.wait()
        with take(database, "third"):
            pass


def test_a_lost_session_is_noticed_and_the_lock_taken_again(
    database: Server, witness: Connection
) -> None:
    said: list[str] = []
    with SchemaLock(
        database,
        "staging",
        "run",
        wait=0,
        log=lambda _, text: said.append(text),
        cancelled=threading.Event(),
    ) as lock:
        with witness.cursor() as cursor:
            cursor.execute("select pg_terminate_backend(%s)", (lock.connection.info.backend_pid,))
        time.sleep(0.2)
        lock.check()
        assert any("lost" in text for text in said)
        with pytest.raises(BusyError):
            take(database, "second")


def test_a_run_whose_lock_another_has_taken_stops(database: Server, witness: Connection) -> None:
    with take(database, "run") as lock:
        with witness.cursor() as cursor:
            cursor.execute("select pg_terminate_backend(%s)", (lock.connection.info.backend_pid,))
        time.sleep(0.2)
        with closing(take(database, "thief").connection), pytest.raises(BusyError, match="thief"):
            lock.check()


def test_what_the_server_hides_of_the_first_run_is_left_out(database: Server) -> None:
    with fresh_role(database) as poor, take(database, "first-run") as first:
        with pytest.raises(BusyError) as caught:
            take(poor, "second-run")
        process = first.connection.info.backend_pid
        assert f"run first-run (server process {process}) holds it." in str(caught.value)


def test_a_session_without_a_name_is_no_run_none(database: Server, witness: Connection) -> None:
    with take(database, "first-run") as first:
        with first.connection.cursor() as cursor:
            cursor.execute("set application_name to ''")
        with pytest.raises(BusyError, match=r"a session \(server process \d+, since "):
            take(database, "second-run")
