"""What a run is at: told while it lasts, to the log and to whoever watches."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2

from staging_assets.postgres import Connection, Log, is_silent

_NAME_AFTER = 2.0
"""Seconds after which the log says that a node is being built: most are done by then."""

_EVERY = 30.0
"""Seconds between two lines about a node that takes long."""

_TELL_EVERY = 0.1
"""Seconds between two times that who watches is told: finding out takes time with many nodes."""

_SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Building:
    """A node that a worker is at.

    Args:
        node: its name.
        began: by `time.monotonic`.
        backend: process of the server that works on it, or None.
    """

    node: str
    began: float
    backend: int | None


@dataclass(frozen=True)
class Progress:
    """What a run is at.

    Args:
        building: node to the seconds since it began, the longest first.
        left: seconds that the rest may still take, by the last builds; None when that is not known.
    """

    building: Mapping[str, float]
    left: float | None


Watcher = Callable[[Progress], None]


@dataclass
class Watch:
    """Looks at a run every now and then, in the thread that takes its results.

    Args:
        log: level and a line.
        seconds: node to how long it took the last time.
        workers: how many build at the same time.
        tell: called with what the run is at, ten times a second at most; None: nobody watches.
    """

    log: Log
    seconds: Mapping[str, float]
    workers: int
    tell: Watcher | None = None
    _told: float = 0.0
    _named: set[str] = field(default_factory=set)
    _due: dict[str, float] = field(default_factory=dict)

    def look(
        self,
        building: Collection[Building],
        find_waiting: Callable[[], Collection[str]],
        connection: Connection,
    ) -> None:
        """Say what is new.

        Args:
            building: what workers are at.
            find_waiting: gives what has not ended, those among it; asked when somebody watches.
            connection: in autocommit mode; asked what the server does for what takes long.
        """
        now = time.monotonic()
        self._name({b.node: now - b.began for b in building})
        late = [b for b in building if now >= self._due.get(b.node, b.began + _EVERY)]
        if late:
            self._report(late, now, connection)
        if self.tell is not None and now - self._told >= _TELL_EVERY:
            self._told = now
            ages = {b.node: now - b.began for b in sorted(building, key=lambda b: b.began)}
            self.tell(Progress(ages, self._find_left(ages, find_waiting())))

    def _name(self, ages: Mapping[str, float]) -> None:
        new = [n for n, age in ages.items() if age >= _NAME_AFTER and n not in self._named]
        if new:
            self._named.update(new)
            self.log("info", f"building: {', '.join(new)}")

    def _report(self, late: Collection[Building], now: float, connection: Connection) -> None:
        backends = [building.backend for building in late if building.backend]
        said: dict[int, str] = {}
        if connection.closed or is_silent(connection):
            return
        with contextlib.suppress(psycopg2.Error), connection.cursor() as cursor:
            cursor.execute(_SQL, {"backends": backends})
            said = dict(cursor.fetchall())
        for building in late:
            self._due[building.node] = now + _EVERY
            doing = said.get(building.backend or 0, "")
            line = f"{building.node}: for {now - building.began:.0f} s"
            self.log("info", f"{line}; {doing}" if doing else line)

    def _find_left(self, ages: Mapping[str, float], waiting: Collection[str]) -> float | None:
        known = [node for node in waiting if node in self.seconds]
        if not known:
            return None
        rests = [max(0.0, self.seconds[node] - ages.get(node, 0.0)) for node in known]
        # Those without a history take as long as the others do on average.
        whole = sum(rests) * len(waiting) / len(known)
        return max(whole / self.workers, *rests)
