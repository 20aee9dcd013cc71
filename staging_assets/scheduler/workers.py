"""The workers of a run: threads with a session each, fed by priority, stopped within two seconds.

psycopg2 blocks in C while a query runs, so the main thread never runs one that may take long:
it waits for events, and cancels the workers' queries on the server when the run ends early.
"""

from __future__ import annotations

import itertools
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import psycopg2

from staging_assets.builder import (
    PREPARE,
    Attempt,
    NodeResult,
    RunContext,
    Task,
    clear_build_schema,
    run_task,
)
from staging_assets.errors import CancelledError, StagingError
from staging_assets.postgres import Connection, Server, Session
from staging_assets.scheduler.admission import Admission
from staging_assets.scheduler.failures import (
    MISSING,
    find_failures,
    find_lacking,
    find_likely,
    note_when,
)
from staging_assets.scheduler.ready_queue import Rank
from staging_assets.scheduler.retries import MOST_TRIES, find_mendable, find_pause
from staging_assets.scheduler.watch import Building

T = TypeVar("T")

_CANCEL_EVERY = 0.1
_PATIENCE = 1.5
"""Seconds after which a session whose query ignores its cancelling is terminated."""

_LAST = Rank(2**31, 0.0, 0, 2**31)


@dataclass(frozen=True)
class LogLine:
    """A line for the log, from a worker."""

    level: str
    text: str


Event = LogLine | NodeResult | BaseException
"""What a worker tells; an exception is one of its own, and not of what it builds."""


class WorkerPool:
    """Workers that build what they are given.

    Args:
        server: where to connect.
        work: what they share.
        count: how many at most; each connects when it first has something to do, and takes work
            once it is connected. Where the server lets fewer in, the run goes on with those.
        take: takes what a worker has built, in the worker's thread, and gives what is to be told.
        check_kept: called with each connection that is new; raises a StagingError when the server
            has lost what the run had built before.
    """

    def __init__(
        self,
        server: Server,
        work: RunContext,
        count: int,
        take: Callable[[Sequence[NodeResult]], Sequence[NodeResult]],
        check_kept: Callable[[Connection], None],
    ) -> None:
        self._server = server
        self._work = work
        self._take = take
        self._check_kept = check_kept
        self._jobs: queue.PriorityQueue[tuple[Rank, int, Task | None]] = queue.PriorityQueue()
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._turns = itertools.count()
        functions = [p.script for p in work.project.procedures.values()]
        self._sessions = [
            Session(
                server,
                work.options.run_id,
                work.sessions,
                self._stop,
                self._say,
                schema=work.schema,
                schemas=work.project.schemas,
                number=number,
                functions=functions,
                prepared=[PREPARE],
            )
            for number in range(1, count + 1)
        ]
        self._threads = [
            threading.Thread(target=self._run, args=(session,), daemon=True, name=f"build-{n}")
            for n, session in enumerate(self._sessions, 1)
        ]
        self._busy: dict[int, Building] = {}
        self._started = 0
        self._admission = Admission(self._sessions, server.patience, self._stop, self._say)

    def give(self, rank: Rank, task: Task) -> None:
        """Hand a node to whoever is free first."""
        self._jobs.put((rank, next(self._turns), task))
        if self._started < len(self._threads):
            self._threads[self._started].start()
            self._started += 1

    def finish(self) -> None:
        """Let the workers end: all is done. Their sessions stay open."""
        self._admission.close()
        for _ in range(self._started):
            self._jobs.put((_LAST, next(self._turns), None))
        while alive := self._alive():
            alive[0][0].join(_CANCEL_EVERY)

    def cancel(self) -> None:
        """End what runs now, on the server too, and wait until it has ended."""
        self._stop.set()
        for _ in range(self._started):
            self._jobs.put((Rank(-(2**31), 0.0, 0, 0), next(self._turns), None))
        began = time.monotonic()
        terminated = False
        alive = self._alive()
        while alive and time.monotonic() - began < 2 * _PATIENCE:
            for _, session in alive:
                session.cancel()
            if not terminated and time.monotonic() - began > _PATIENCE:
                terminated = True
                self._terminate([session for _, session in alive])
            alive[0][0].join(_CANCEL_EVERY)
            alive = self._alive()
        self.close()

    def call(self, function: Callable[[Session], T], cancelled: threading.Event) -> T:
        """Run something of the run's own in a thread, so that it can be cancelled from this one.

        Raises what the function raises; CancelledError when `cancelled` is set meanwhile.
        """
        session = next((s for s in self._sessions if not s.connection_lost), self._sessions[0])
        answers: queue.SimpleQueue[T | BaseException] = queue.SimpleQueue()

        def run() -> None:
            try:
                answers.put(function(session))
            except BaseException as error:  # noqa: BLE001 - it is raised in the other thread
                answers.put(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        try:
            while thread.is_alive():
                thread.join(_CANCEL_EVERY)
                if cancelled.is_set():
                    raise CancelledError("the run was cancelled")
        except BaseException:
            self._stop.set()
            session.cancel()
            thread.join(_PATIENCE)
            raise
        answer = answers.get()
        if isinstance(answer, BaseException):
            raise answer
        return answer

    @property
    def building(self) -> list[Building]:
        """What the workers are at."""
        return list(self._busy.values())

    def _alive(self) -> list[tuple[threading.Thread, Session]]:
        """The workers that have not ended, but for those that have no connection to end."""
        pairs = zip(self._threads[: self._started], self._sessions, strict=False)
        return [
            (thread, session)
            for thread, session in pairs
            if thread.is_alive() and session not in self._admission.waiting
        ]

    def _terminate(self, sessions: Sequence[Session]) -> None:
        """A query can swallow its cancelling (an exception block does); not its session's end."""
        backends = [session.backend for session in sessions if session.backend]
        try:
            connection = self._server.connect_own(f"{self._work.options.run_id} end")
        except StagingError:
            return
        try:
            with connection.cursor() as cursor:
                cursor.execute("select pg_terminate_backend(pid) from unnest(%s) pid", (backends,))
        except psycopg2.Error:
            return
        finally:
            connection.close()

    def close(self) -> None:
        """Close the sessions of workers that have ended."""
        alive = {session for _, session in self._alive()} | self._admission.waiting
        for session in self._sessions:
            if session not in alive:
                session.close()

    def _say(self, level: str, text: str) -> None:
        self.events.put(LogLine(level, text))

    def _run(self, session: Session) -> None:
        while not self._stop.is_set() and (not session.connection_lost or self._connect(session)):
            rank, _, task = self._jobs.get()
            if task is None:
                return
            self._busy[session.number] = Building(task.node, time.monotonic(), session.backend)
            began = time.time()
            try:
                built = self._build(session, task)
                del self._busy[session.number]
                if built is None:
                    self._jobs.put((rank, next(self._turns), task))
                    return
                told = self._take(note_when(built, session.number, began))
            except BaseException as error:  # noqa: BLE001 - it is raised in the other thread
                self.events.put(error)
                return
            for result in told:
                self.events.put(result)

    def _connect(self, session: Session) -> bool:
        """Connect before there is work to do; False when this worker is to end."""
        try:
            connected = self._admission.connect(session)
            if connected:
                self._check_kept(session.connection)
        except BaseException as error:  # noqa: BLE001 - it is raised in the other thread
            self.events.put(error)
            return False
        return connected

    def _build(self, session: Session, task: Task) -> list[NodeResult] | None:
        """Build a task's nodes in as many tries as it needs; whatever goes wrong becomes results.

        Returns None when the connection was lost: another try is for whoever is connected.
        """
        began = time.monotonic()
        for tries in range(1, MOST_TRIES + 1):
            attempt = Attempt(task.node)
            try:
                built = run_task(session, self._work, task, attempt)
            except BaseException as error:  # noqa: BLE001 - a worker must answer for each task
                failure = error
            else:
                seconds = time.monotonic() - began
                return [replace(each, seconds=each.seconds or seconds) for each in built]
            session.rollback()
            lost = session.connection_lost
            what = find_mendable(failure, connection_lost=lost)
            if what is None or self._stop.is_set() or tries == MOST_TRIES:
                break
            pause = find_pause(tries)
            self._say(
                "warning",
                f"{task.node}: {what} (try {tries} of {MOST_TRIES}); again in {pause:.1f} s",
            )
            self._stop.wait(pause)
            if session.connection_lost and not self._connect(session):
                return None
            self._clear(session, task)
        results = find_failures(task, failure, time.monotonic() - began, attempt)
        return [self._add_meant(session, result) for result in results]

    def _add_meant(self, session: Session, result: NodeResult) -> NodeResult:
        """Say of a name that was not found what it waits for, or may mean."""
        if result.sqlstate not in MISSING:
            return result
        more = find_lacking(session, self._work, result.node)
        if not more and result.message and result.sqlstate:
            more = find_likely(session, self._work, result.message, result.sqlstate)
        return replace(result, message=f"{result.message}{more}")

    def _clear(self, session: Session, task: Task) -> None:
        """Drop what the last try has left of the shadow."""
        tables = self._work.project.tables
        own = [tables[node].own | {node} for node in task.nodes if node in tables]
        if not own:
            return
        try:
            clear_build_schema(session.connection, self._work.build_schema, frozenset().union(*own))
        except (StagingError, psycopg2.Error):
            return
