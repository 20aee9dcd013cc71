"""A server that is cut off, dies, comes back, or lets nobody in: nothing is half."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, get_args

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import make_dsn

from staging_assets.errors import StagingError
from staging_assets.model import StagingProject
from staging_assets.postgres import Server
from staging_assets_tests.support.builds import ask, build, build_all, is_good
from staging_assets_tests.support.figures import IS_FULL, Turns, choose
from staging_assets_tests.support.one_of_each import (
    HUNG,
    find_left,
    load_turns,
    read_outside,
    read_tables,
)
from staging_assets_tests.support.servers import own_server
from staging_assets_tests.support.wire import Message, Moment, wired
from staging_assets_tests.trust.reaper import check_whole, wait_until_gone

Figure = Callable[[str], None]
ENCODINGS = ("SQL_ASCII", "LATIN1", "EUC_JP")


class Fault:
    """Does something at one message."""

    def __init__(self, number: int, moment: Moment, act: Callable[[], bool]) -> None:
        self._number, self._moment, self._act = number, moment, act
        self.done = False

    def __call__(self, message: Message) -> bool:
        if self.done or (message.number, message.moment) != (self._number, self._moment):
            return True
        self.done = True
        return self._act()


class Seen:
    """A database with both versions built, and what each of them is."""

    def __init__(self, server: Server, witness: Connection, folder: Path) -> None:
        self.server, self.projects = server, load_turns(folder)
        self.states: dict[int, Any] = {}
        self.outside: dict[int, Any] = {}
        self.messages = 0
        build_all(server, self.projects[1])
        ask(witness, HUNG)

        def count(message: Message) -> bool:
            self.messages = message.number
            return True

        for turn in (2, 1, 2, 1):
            with wired(server, count) as seen:
                build_all(seen, self.projects[turn])
            self.states[turn] = read_tables(witness)
            self.outside[turn] = read_outside(witness)

    def check(self, witness: Connection, turn: int) -> None:
        """After a run of this version: nothing is half, and another run makes it right."""
        check_whole(witness, self.states[3 - turn], self.states[turn])
        build_all(self.server, self.projects[turn], wait_for_lock=10)
        assert read_tables(witness) == self.states[turn]
        assert read_outside(witness) == self.outside[turn]
        assert find_left(witness) == []


def try_build(server: Server, project: StagingProject) -> tuple[str, float]:
    """Build; what came of it (`built`, or the first sentence that says why not), and seconds."""
    began = time.monotonic()
    try:
        results = build(server, project)
    except StagingError as error:
        told = str(error)
    else:
        told = next((str(r.message) for r in results.values() if not is_good(r)), "built")
    assert told
    assert "Traceback" not in told
    return told, time.monotonic() - began


@pytest.mark.timeout(600)
def test_connections_that_are_cut(
    database: Server, witness: Connection, tmp_path: Path, figure: Figure
) -> None:
    seen = Seen(database, witness, tmp_path)
    chance, outcomes = random.Random(9), Counter[str]()
    longest, turn = 0.0, 1
    rounds = Turns(3, 40, minutes=1.5)
    for _ in rounds:
        turn = 3 - turn
        fault = Fault(
            chance.randint(1, seen.messages), chance.choice(get_args(Moment)), lambda: False
        )
        with wired(database, fault) as server:
            told, seconds = try_build(replace(server, patience=5.0), seen.projects[turn])
        longest = max(longest, seconds)
        outcomes["built all the same" if told == "built" else "told"] += 1
        wait_until_gone(witness)
        seen.check(witness, turn)
    told = ", ".join(f"{n} {what}" for what, n in sorted(outcomes.items()))
    figure(f"{rounds.done} connections cut: {told}; no table half, {longest:.1f} s at most")
    assert longest < 30


@pytest.mark.server
@pytest.mark.timeout(600)
def test_a_server_that_dies_and_comes_back(
    run_folder: Path, tmp_path: Path, figure: Figure
) -> None:
    chance, outcomes = random.Random(90), Counter[str]()
    longest, turn = 0.0, 1
    with own_server(run_folder) as embedded:
        database = embedded.start()

        def look() -> Connection:
            return embedded.start().connect("witness", autocommit=True)

        with closing(look()) as witness:
            seen = Seen(database, witness, tmp_path)
        rounds = Turns(1, 15, minutes=2)
        for number in rounds:
            turn = 3 - turn
            how = (signal.SIGKILL, signal.SIGQUIT, signal.SIGINT)[number % 3]

            def die(how: int = how) -> bool:
                os.kill(embedded.status().pid or 0, how)
                threading.Thread(target=come_back, daemon=True).start()
                return True

            def come_back() -> None:
                time.sleep(0.3)
                embedded.start()

            message = chance.randint(1, seen.messages)
            fault = Fault(message, chance.choice(get_args(Moment)), die)
            with wired(database, fault) as server:
                told, seconds = try_build(replace(server, patience=20.0), seen.projects[turn])
            longest = max(longest, seconds)
            outcomes["built all the same" if told == "built" else "told"] += 1
            with closing(look()) as witness:
                seen.check(witness, turn)
    told = ", ".join(f"{n} {what}" for what, n in sorted(outcomes.items()))
    figure(
        f"{rounds.done} times killed or stopped, and started again: {told};"
        f" no table half, {longest:.1f} s at most"
    )
    assert longest < 60


SILENT = """
import sys, threading, time
from pathlib import Path
from staging_assets.builder import BuildOptions
from staging_assets.postgres import Server
from staging_assets.project import load_project
from staging_assets.scheduler import run_build

project = load_project(Path(sys.argv[2]), "demo")
options = BuildOptions(schema="staging", run_id="child", workers=2)
for result in run_build(Server(sys.argv[1]), project, project.nodes, options):
    print(result.node, flush=True)
"""


def fall_silent(silent: threading.Event) -> bool:
    silent.set()
    return False


@pytest.mark.timeout(600)
def test_a_server_that_falls_silent(
    database: Server, witness: Connection, tmp_path: Path, figure: Figure
) -> None:
    seen = Seen(database, witness, tmp_path)
    chance = random.Random(99)
    longest, turn = 0.0, 1
    rounds = Turns(1, 8, minutes=2)
    for _ in rounds:
        turn = 3 - turn
        silent, speak = threading.Event(), threading.Event()
        fault = Fault(chance.randint(1, seen.messages), "after", partial(fall_silent, silent))

        def look(
            message: Message,
            fault: Fault = fault,
            silent: threading.Event = silent,
            speak: threading.Event = speak,
        ) -> bool:
            fault(message)
            if silent.is_set():
                speak.wait()
                return False
            return True

        with (
            wired(database, look, silent=silent) as server,
            subprocess.Popen(
                [sys.executable, "-c", SILENT, server.dsn, str(seen.projects[turn].sql_dir)],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                # A test run in the background ignores Ctrl-C, and so would its children.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
            ) as run,
        ):
            try:
                assert silent.wait(60)
                time.sleep(chance.uniform(0, choose(1, 8)))
                began = time.monotonic()
                run.send_signal(signal.SIGINT)
                run.wait(60)
                longest = max(longest, time.monotonic() - began)
            finally:
                run.kill()
                speak.set()
        wait_until_gone(witness)
        seen.check(witness, turn)
    figure(
        f"{rounds.done} times silent in the middle of a run, which is then stopped:"
        f" it ends after {longest:.1f} s at most; no table half"
    )
    assert longest < 30


@pytest.mark.timeout(600)
def test_a_server_that_does_not_let_in(database: Server, tmp_path: Path, figure: Figure) -> None:
    projects = load_turns(tmp_path)
    told: dict[str, tuple[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="silent-") as folder:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(f"{folder}/.s.PGSQL.5432")
        listener.listen(8)
        # Nobody ever accepts: the kernel does, as it does for a server that hangs.
        dsn = make_dsn(database.dsn, host=folder, port="5432", connect_timeout="2")
        told["silent"] = try_build(Server(dsn, patience=2), projects[1])
        listener.close()
        told["refuses"] = try_build(Server(dsn, patience=2), projects[1])
        missing = make_dsn(database.dsn, host=f"{folder}/nowhere")
        told["nobody there"] = try_build(Server(missing, patience=2), projects[1])
    told["no such database"] = try_build(
        Server(make_dsn(database.dsn, dbname="nothing_of_this_name")), projects[1]
    )
    told["no such role"] = try_build(
        Server(make_dsn(database.dsn, user="nobody_of_this_name")), projects[1]
    )
    for what, (text, seconds) in told.items():
        assert any(f". {verb} " in text for verb in ("Check", "Create", "Name")), (what, text)
        assert len(text.splitlines()) <= 2, (what, text)
        assert seconds < 10, (what, text)
    longest = max(seconds for _, seconds in told.values())
    figure(f"{len(told)} ways not to be let in, each told in a line, after {longest:.1f} s at most")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("encoding", ENCODINGS if IS_FULL else ENCODINGS[:1])
def test_a_database_of_another_encoding(
    server: Server, tmp_path: Path, figure: Figure, encoding: str
) -> None:
    name = f"encoded_{encoding.lower()}"
    with closing(server.connect("tests", autocommit=True)) as maker:
        how = f"encoding '{encoding}' locale 'C' template template0"
        ask(maker, f"create database {name} {how}")
        try:
            database = Server(make_dsn(server.dsn, dbname=name))
            with closing(database.connect("witness", autocommit=True)) as witness:
                seen = Seen(database, witness, tmp_path)
                seen.check(witness, 1)
                turns = ask(witness, "select distinct turn from staging.events")
        finally:
            ask(maker, f"drop database {name} with (force)")
    figure(f"{encoding}: four builds and a repair as in UTF8, version {turns} at the end")
