"""Ctrl-C and SIGTERM at any point of the real command, its imports and its exit included."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import get_args

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.postgres import Server
from staging_assets_tests.support.builds import ask, build_all
from staging_assets_tests.support.commands import find_environment, start_typed
from staging_assets_tests.support.figures import Turns
from staging_assets_tests.support.one_of_each import HUNG, find_left, load_turns, read_tables
from staging_assets_tests.support.wire import Message, Moment, wired
from staging_assets_tests.trust.reaper import check_whole, wait_until_gone

COMMAND = "dagster asset materialize --select 'staging/*'"
EXIT_CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
_PATIENCE = 5.0
"""Seconds: the aim is two; the rest is for a machine that is busy with other tests."""


class Sender:
    """Sends a signal when so many messages have passed, some time after the last of them.

    Args:
        number: of the signal.
        message, moment: when; 0 means when the command is started.
        pause: seconds to wait there.
    """

    def __init__(self, number: int, message: int, moment: Moment, pause: float) -> None:
        self._number, self._message, self._moment, self._pause = number, message, moment, pause
        self._pid = 0
        self._begun = threading.Event()
        self.sent_at = 0.0

    def begin(self, pid: int) -> None:
        self._pid = pid
        self._begun.set()
        if not self._message:
            self._send()

    def __call__(self, message: Message) -> bool:
        self._begun.wait()
        if (message.number, message.moment) == (self._message, self._moment):
            if self._pause:  # the command goes on meanwhile
                threading.Thread(target=self._send, daemon=True).start()
            else:
                self._send()
        return True

    def _send(self) -> None:
        time.sleep(self._pause)
        self.sent_at = time.monotonic()
        try:
            os.kill(self._pid, self._number)
        except ProcessLookupError:
            self.sent_at = 0.0


def check_screen(screen: str) -> bool:
    """One line says that it was stopped, unless all was done; whether it was."""
    lines = [line for line in screen.splitlines() if line.startswith("cancelled: ")]
    others = [line for line in screen.splitlines() if line.startswith(("Error", "FAILED"))]
    done = "built, 0 failed, 0 skipped; " in screen
    assert "Traceback" not in screen, screen
    assert others == [], screen
    assert len(lines) == (0 if done else 1), screen
    return done


def read_open_runs(home: Path) -> list[str]:
    """Runs that Dagster's history believes to be running."""
    with closing(sqlite3.connect(home / "dagster" / "history" / "runs.db")) as history:
        query = "select status from runs where status not in ('SUCCESS', 'FAILURE', 'CANCELED')"
        return [status for (status,) in history.execute(query)]


@pytest.mark.timeout(900)
def test_signals_at_any_point(
    database: Server,
    witness: Connection,
    tmp_path: Path,
    staging_home: Path,
    figure: Callable[[str], None],
) -> None:
    projects = load_turns(tmp_path)
    build_all(database, projects[1])
    ask(witness, HUNG)
    states = {}
    for turn in (2, 1):
        build_all(database, projects[turn])
        states[turn] = read_tables(witness)
    environment = {
        turn: find_environment(
            STAGING_SQL_DIR=str(projects[turn].sql_dir), STAGING_HOME=str(staging_home)
        )
        for turn in projects
    }
    marks = {"first": 0.0, "last": 0.0, "count": 0.0}

    def mark(message: Message) -> bool:
        now = time.monotonic()
        marks["first"] = marks["first"] or now
        marks["last"], marks["count"] = now, message.number
        return True

    began = time.monotonic()
    with wired(database, mark) as server:
        command = start_typed(COMMAND, {**environment[2], "STAGING_DATABASE_URL": server.dsn})
        command.communicate(timeout=60)
        ended = time.monotonic()
    assert command.returncode == 0
    importing, leaving = marks["first"] - began, ended - marks["last"]

    chance = random.Random(130)
    codes: Counter[int] = Counter()
    slowest, sent, turn = 0.0, 0, 2
    rounds = Turns(3, 40, minutes=4)
    for number in rounds:
        kind = (signal.SIGINT, signal.SIGTERM)[number % 2]
        turn = 3 - turn
        where = number % 4
        message, pause = chance.randint(1, int(marks["count"])), 0.0
        if where == 1:
            message, pause = 0, chance.uniform(0.15, importing)
        elif where == 3:
            message, pause = int(marks["count"]), chance.uniform(0.001, leaving)
        sender = Sender(kind, message, chance.choice(get_args(Moment)), pause)
        with wired(database, sender) as server:
            command = start_typed(
                COMMAND, {**environment[turn], "STAGING_DATABASE_URL": server.dsn}
            )
            try:
                sender.begin(command.pid)
                screen, _ = command.communicate(timeout=60)
            finally:
                command.kill()
            ended = time.monotonic()
        point = (kind.name, message, pause, screen)
        if sender.sent_at:
            sent += 1
            slowest = max(slowest, ended - sender.sent_at)
            codes[command.returncode] += 1
            # In the last moments of Python the kernel ends it, or nobody looks any more.
            usual = {EXIT_CODES[kind], -kind}
            assert command.returncode in (usual | {0} if check_screen(screen) else usual), point
        wait_until_gone(witness)
        assert read_open_runs(staging_home) == [], point
        check_whole(witness, states[3 - turn], states[turn])
        build_all(database, projects[turn], wait_for_lock=5)
        assert read_tables(witness) == states[turn], point
        assert find_left(witness) == [], point
    told = ", ".join(f"{n} times {code}" for code, n in sorted(codes.items()))
    figure(f"{sent} signals: exit codes {told}; ended {slowest:.1f} s after the signal at most")
    assert slowest < _PATIENCE
    assert 2 * sent > rounds.done - 1
