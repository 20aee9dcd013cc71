"""Kills a program at one message of a kind, and looks whether anything of it is left."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess
from typing import Any

from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.postgres import read_owed_keys
from staging_assets_tests.support.builds import ask
from staging_assets_tests.support.one_of_each import (
    CLEANED_LATER,
    LEFT,
    read_outside,
    read_tables,
)
from staging_assets_tests.support.wire import Message, Moment
from staging_assets_tests.trust.programs import kill

FindPhase = Callable[[Message], str]


class Reaper:
    """Kills a process at one message of a phase, at one of its three moments.

    Args:
        find_phase: what a message is about.
        phase, number, moment: when to kill: at the message of that number in that phase.
        pause: seconds to wait there.
    """

    def __init__(
        self, find_phase: FindPhase, phase: str, number: int, moment: Moment, pause: float
    ) -> None:
        self._find_phase, self._pause = find_phase, pause
        self._phase, self._number, self._moment = phase, number, moment
        self._pid = 0
        self._begun = threading.Event()
        self._seen: Counter[str] = Counter()
        self._lock = threading.Lock()
        self.killed = False

    def begin(self, process: ForkServerProcess) -> None:
        """Say whom to kill: until then, no message goes through."""
        self._pid = process.pid or 0
        self._begun.set()

    def __call__(self, message: Message) -> bool:
        """Let a message through, unless the process was killed."""
        self._begun.wait()
        with self._lock:
            phase = self._find_phase(message)
            if message.moment == self._moment:
                self._seen[phase] += 1
                if phase == self._phase and self._seen[phase] == self._number:
                    time.sleep(self._pause)
                    kill(self._pid)
                    self.killed = True
            return not self.killed


def count_messages(find_phase: FindPhase, counts: Counter[str]) -> Callable[[Message], bool]:
    """Lets all messages through, and counts those of each phase."""

    def look(message: Message) -> bool:
        phase = find_phase(message)
        counts[phase] += message.moment == "before"
        return True

    return look


def wait_until_gone(connection: Connection) -> float:
    """Wait until no session of ours is left; seconds that it took."""
    began = time.monotonic()
    while ask(connection, LEFT):
        assert time.monotonic() - began < 5, "a session of the killed run is left after 5 s"
        time.sleep(0.01)
    return time.monotonic() - began


def check_whole(connection: Connection, old: Any, new: Any) -> tuple[int, bool]:
    """Every table is the old one or the new one; how many are new, and whether a key is owed.

    A key that is NOT VALID, and on the list of those that the next run validates, is as it should.
    """
    now = read_tables(connection)
    owed = [str(key).split(" ", 1)[0] for key in read_owed_keys(connection, "staging")]
    assert set(now) <= set(old) | set(new)
    for name, parts in now.items():
        parts["keys"] = [
            [key, kind, True, text.removesuffix(" NOT VALID")]
            if key in owed
            else [key, kind, good, text]
            for key, kind, good, text in parts["keys"] or []
        ] or None
        if name == CLEANED_LATER:  # published, and the cleanup was still to come
            late = {**new[name], "rows": parts["rows"]}
            if parts == late and ask(connection, "select done is null from staging.dept"):
                continue
        assert parts in (old[name], new[name]), (name, parts, old[name], new[name])
    for key, _, good in read_outside(connection)["keys"]:
        assert good or key in owed, key
    return sum(now[name] == new[name] for name in new if name in now), bool(owed)
