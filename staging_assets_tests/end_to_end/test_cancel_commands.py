"""A build that is stopped from outside: by Ctrl-C or by a signal to the command."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets_tests.end_to_end.test_commands import LITERAL, count, typed  # noqa: F401 - a fixture
from staging_assets_tests.support.commands import run_typed, start_typed

SLEEPERS = """
select count(*) from pg_stat_activity where query ~ 'pg_sleep' and state = 'active'
and pid <> pg_backend_pid() and datname = current_database()
"""

PUBLISHED = "select count(*) from pg_tables where schemaname = 'staging'"


def wait_for(witness: Connection, sleepers: int, seconds: float) -> float:
    """Wait until that many queries sleep; return how long it took, in seconds."""
    started = time.monotonic()
    while count(witness, SLEEPERS) != sleepers:
        assert time.monotonic() - started < seconds, f"not {sleepers} after {seconds} s"
        time.sleep(0.02)
    return time.monotonic() - started


def start(typed: dict[str, str]) -> subprocess.Popen[str]:  # noqa: F811
    """Begin to build everything."""
    return start_typed(LITERAL, typed)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_build_leaves_no_query_and_the_old_table(
    typed: dict[str, str],  # noqa: F811
    witness: Connection,
    number: signal.Signals,
) -> None:
    script = Path(typed["STAGING_SQL_DIR"], "populate_tables/demo/POPULATE-staging-officers.sql")
    with witness.cursor() as cursor:
        cursor.execute(
            "create schema staging;"
            "create table staging.officers (officer_id int primary key);"
            "insert into staging.officers values (7)"
        )
    script.write_text("insert into staging.officers (badge) select 'x' from pg_sleep(120);")
    command = start(typed)
    try:
        wait_for(witness, 1, 90)
        command.send_signal(number)
        assert wait_for(witness, 0, 15) < 5
        screen, _ = command.communicate(timeout=60)
    finally:
        if command.poll() is None:
            os.killpg(command.pid, signal.SIGKILL)
    assert command.returncode == 128 + number
    assert screen.count("cancelled: ") == 1
    assert "Traceback" not in screen
    assert "ERROR" not in screen
    with witness.cursor() as cursor:
        cursor.execute("select * from staging.officers")
        assert cursor.fetchall() == [(7,)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_stopped_run_is_gone_on_with_by_the_command_that_it_prints(
    typed: dict[str, str],  # noqa: F811
    witness: Connection,
    number: signal.Signals,
) -> None:
    script = Path(typed["STAGING_SQL_DIR"], "populate_tables/demo/staging-officers-cleanup.py")
    with witness.cursor() as cursor:
        cursor.execute("create table public.pause as select 120 as seconds")
    slow = "    pgw.execute('select pg_sleep(seconds) from public.pause')\n"
    script.write_text(script.read_text() + slow)
    command = start(typed)
    try:
        wait_for(witness, 1, 90)
        os.killpg(command.pid, number)
        screen, _ = command.communicate(timeout=60)
    finally:
        if command.poll() is None:
            os.killpg(command.pid, signal.SIGKILL)
    with witness.cursor() as cursor:
        cursor.execute("update public.pause set seconds = 0")
    assert count(witness, "select count(to_regclass('staging.officers'))") == 0
    told = [line for line in screen.splitlines() if line.startswith("go on with: ")]
    again = f"""{LITERAL.replace("staging/*", "'staging/*'")} --config-json \
        '{{"ops": {{"staging_build": {{"config": {{"rebuild": "changed"}}}}}}}}'"""
    if number is signal.SIGINT:
        assert told == ["go on with: " + " ".join(again.replace("\\\n", "").split())]
    wait_for(witness, 0, 15)
    ran = run_typed(again, typed)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert count(witness, "select count(*) from staging.officers where age = 40") == 2
    assert count(witness, "select count(*) from staging.arrests") == 3
    ran = run_typed(again, typed)
    assert "0 built, 7 unchanged" in ran.stdout, ran.stdout


# What swallows its cancelling can only be ended with its session.
STUBBORN = """
do $$
begin
    perform pg_sleep(60);
exception when query_canceled then
    perform pg_sleep(60);
end $$;
"""


@pytest.mark.parametrize(
    "pauses", [[0.1], [0.15], [0.3], [1.2], [0.1] * 12], ids=["0.1", "0.15", "0.3", "1.2", "often"]
)
def test_further_signals_break_nothing_off(
    typed: dict[str, str],  # noqa: F811
    witness: Connection,
    pauses: list[float],
) -> None:
    script = Path(typed["STAGING_SQL_DIR"], "populate_tables/demo/POPULATE-staging-officers.sql")
    script.write_text(STUBBORN + "insert into staging.officers (badge) values ('x');")
    command = start(typed)
    try:
        wait_for(witness, 1, 90)
        while not count(witness, PUBLISHED):
            time.sleep(0.02)
        began = time.monotonic()
        command.send_signal(signal.SIGINT)
        for pause in pauses:
            time.sleep(pause)
            command.send_signal(signal.SIGINT if len(pauses) > 1 else signal.SIGTERM)
        screen, _ = command.communicate(timeout=60)
        assert wait_for(witness, 0, 15) < 1
        assert time.monotonic() - began < 10
    finally:
        if command.poll() is None:
            os.killpg(command.pid, signal.SIGKILL)
    assert command.returncode == 128 + signal.SIGINT
    assert screen.count("cancelled: ") == 1, screen
    # What had been built is remembered, and nothing is half.
    remembered = count(witness, "select count(*) from staging__build.__builds")
    assert remembered >= count(witness, PUBLISHED) > 0
    assert count(witness, "select count(to_regclass('staging.officers'))") == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_the_command_starts_ends_it_in_a_line(
    typed: dict[str, str],  # noqa: F811
    witness: Connection,
    number: signal.Signals,
) -> None:
    command = start(typed)
    wait_for_import(command.pid)
    command.send_signal(number)
    screen, _ = command.communicate(timeout=60)
    assert command.returncode == 128 + number
    assert screen == "cancelled: nothing had begun\n"
    assert count(witness, "select count(to_regclass('staging.officers'))") == 0


def wait_for_import(pid: int) -> None:
    """Wait until the process has begun to import Dagster, which takes a second more."""
    end = time.monotonic() + 60
    while "pydantic_core" not in Path(f"/proc/{pid}/maps").read_text():
        assert time.monotonic() < end
        time.sleep(0.005)
