"""The course of one run, in the thread that takes its results."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Collection, Iterator, Sequence

import psycopg2

from staging_assets.builder import (
    NodeResult,
    RunContext,
    clear_build_schema,
    find_lost_builds,
)
from staging_assets.errors import CancelledError, DatabaseError
from staging_assets.model import list_some
from staging_assets.postgres import (
    Connection,
    Log,
    SchemaLock,
    Server,
    Session,
    find_safe_text,
    is_silent,
    read_owed_keys,
)
from staging_assets.publisher import drop_retired, run_validate
from staging_assets.scheduler.failures import add_skipped
from staging_assets.scheduler.ledger import Ledger
from staging_assets.scheduler.ready_queue import ReadyQueue, build_graph
from staging_assets.scheduler.watch import Watch, Watcher
from staging_assets.scheduler.workers import LogLine, WorkerPool

_POLL = 0.1
_CHECK_LOCK_EVERY = 5.0
_REMEMBER_EVERY = 2.0


class Scheduler:
    """The state of one run. Workers move it on under a lock; the generator's thread tells of it."""

    def __init__(
        self,
        server: Server,
        work: RunContext,
        nodes: Collection[str],
        *,
        lock: SchemaLock,
        log: Log,
        tell: Watcher | None = None,
    ) -> None:
        project = work.project
        self._work = work
        self._lock = lock
        self._log = log
        self._graph: ReadyQueue = build_graph(
            project.dependencies,
            nodes,
            priorities=project.config.priorities,
            seconds=work.seconds,
            together=[circle.tables for circle in project.circles],
        )
        count = len(self._graph.waiting)
        workers = max(1, min(work.options.workers, count))
        before = {node: build.seconds for node, build in work.history.items()}
        self._watch = Watch(log, before, workers, tell)
        self._left = len(self._graph.find_left())
        self._moving = threading.Lock()
        self._crew = WorkerPool(server, work, workers, self._take, self._check_kept)
        self._tables = {node for node in nodes if node in project.tables}
        self._ledger = Ledger(work, self._moving)
        self._remembered = self._checked = time.monotonic()
        self._open = True
        # Whether something may be left to be dropped or validated when all has been built.
        self._unsettled = False

    def pay(self, cancelled: threading.Event) -> None:
        """Validate the foreign keys that an earlier run could not, before tables change again."""
        schema = self._work.schema
        owed = read_owed_keys(self._lock.connection, schema)
        if not owed:
            return
        self._unsettled = True
        named = ", ".join(str(key) for key in owed)
        self._log("warning", f"{schema}: an earlier run has left foreign keys NOT VALID: {named}")
        # What cannot be done now is tried again at the end.
        with contextlib.suppress(CancelledError, DatabaseError, psycopg2.Error):
            for sentence in self._crew.call(self._run_pay, cancelled):
                self._log("warning", sentence)

    def _run_pay(self, session: Session) -> list[str]:
        session.begin("owed")
        try:
            return run_validate(session.connection, self._work.schema, session.stop.is_set)
        finally:
            session.end()

    def results(self, cancelled: threading.Event) -> Iterator[NodeResult]:
        """Yield a result for every node."""
        with self._moving:
            for node in self._graph.find_ready():
                self._give(node)
        while self._left:
            if cancelled.is_set():
                yield from self._skip_all("the run was cancelled")
                return
            try:
                event = self._crew.events.get(timeout=_POLL)
            except queue.Empty:
                event = None
            self._keep_lock()
            self._watch.look(self._crew.building, self._graph.find_left, self._lock.connection)
            if event is None:
                continue
            if isinstance(event, BaseException):
                raise event
            if isinstance(event, LogLine):
                self._log(event.level, event.text)
            else:
                self._left -= 1
                yield event
            if time.monotonic() - self._remembered > _REMEMBER_EVERY:
                # When the lock's session is lost, it is noticed soon; what is built is kept.
                with contextlib.suppress(psycopg2.Error):
                    self._remember()

    def _take(self, results: Sequence[NodeResult]) -> list[NodeResult]:
        """Note what was built, a node or several together, and hand out what waited for it.

        Returns what there is to tell. The worker that built it calls this, so that nothing waits
        until results are taken: Dagster stores each of them for a tenth of a second.
        """
        with self._moving:
            node = next((r.node for r in results if r.node in self._graph.waiting), None)
            if node is None:
                return []
            failed = [r for r in results if r.status not in ("built", "unchanged")]
            if not failed:
                return self._finish(node, results)
            for result in failed:
                if result.status == "failed" or result.cleanup is not None:
                    self._ledger.note_failure(result.node)
            lost = self._graph.fail(node)
            self._tables.difference_update(lost, self._graph.members(node))
        return add_skipped(results, failed[0].node, lost)

    def _finish(self, node: str, results: Sequence[NodeResult]) -> list[NodeResult]:
        """Note nodes that ended well, and the cleanup of one if that was run with it."""
        self._tables.difference_update(result.node for result in results)
        told = list(results)
        for result in results:
            if result.status == "built":
                self._ledger.note(result.node)
        cleanups = {r.cleanup.node: r.cleanup for r in results if r.cleanup is not None}
        for child in self._graph.finish(node):
            if child in cleanups:
                told += self._finish(child, [cleanups[child]])
            else:
                self._give(child)
        return told

    def _give(self, node: str) -> None:
        """Hand out a node, or where it is left alone, what waited for it."""
        todo = [node]
        while todo:
            node = todo.pop()
            members = self._graph.members(node)
            if node not in self._work.left:
                self._unsettled = True
                task = self._ledger.make_task(members, self._tables, self._graph.waiting)
                self._crew.give(self._graph.ranks[node], task)
                continue
            self._tables.difference_update(members)
            for each in members:
                self._crew.events.put(NodeResult(each, "unchanged"))
            todo += self._graph.finish(node)

    def _skip_all(self, why: str) -> Iterator[NodeResult]:
        self._crew.cancel()
        self._open = False
        yield from self._drain()
        with self._moving:
            left = self._graph.find_left()
            self._graph.waiting.clear()
        for node in left:
            yield NodeResult(node, "skipped", message=why)

    def _drain(self) -> Iterator[NodeResult]:
        """What the workers have told and nobody has taken yet."""
        while True:
            try:
                event = self._crew.events.get_nowait()
            except queue.Empty:
                return
            if isinstance(event, LogLine):
                self._log(event.level, event.text)
            elif isinstance(event, NodeResult):
                yield event

    def _keep_lock(self) -> None:
        if time.monotonic() - self._checked > _CHECK_LOCK_EVERY:
            self._checked = time.monotonic()
            self._lock.check()

    def _check_kept(self, connection: Connection) -> None:
        """Make sure that what was built is still there when the server has been away.

        Workers' commits are not waited for, so a crash may take the last ones back. What would be
        built on them now would be built on what was there before.

        Raises DatabaseError that names what is lost.
        """
        built = self._ledger.find_recorded()
        if not built:
            return
        schema = self._work.schema
        try:
            lost = find_lost_builds(connection, schema, self._work.options.run_id, built)
        except psycopg2.Error as error:
            if connection.closed:
                return  # gone again: whoever comes back next looks
            raise DatabaseError(f"schema {schema}: {find_safe_text(error)}. Run again.") from None
        if lost:
            raise DatabaseError(
                f"schema {schema}: the server crashed while this run went on, and has lost what was"
                f" published last: {list_some(lost, 20)}. These are as they were before. Run again;"
                " with rebuild: changed only what is not up to date is built."
            )

    def _remember(self, *, all_again: bool = False) -> None:
        self._remembered = time.monotonic()
        self._ledger.write(self._lock.connection, all_again=all_again)

    def end(self, cancelled: threading.Event) -> None:
        """Everything has been answered for: validate what was left, remember, clear."""
        if self._open:
            self._crew.finish()
        for _ in self._drain():
            pass  # all were taken; this only logs
        try:
            if self._open and self._unsettled:
                for level, text in self._crew.call(self._settle, cancelled):
                    self._log(level, text)
            self._crew.close()
            if not self._unsettled:
                self._open = False  # nothing was begun, so nothing is to be kept or cleared
                return
            self._lock.check()
            if self._lock.was_lost:
                self._check_kept(self._lock.connection)
            # This commit waits for the disk, and with it all commits before it.
            self._remember(all_again=True)
            clear_build_schema(self._lock.connection, self._work.build_schema)
            self._open = False
        except psycopg2.Error as error:
            raise DatabaseError(
                f"schema {self._work.schema}: {find_safe_text(error)}. "
                "The tables are published; the next run may build them again."
            ) from None

    def _settle(self, session: Session) -> list[tuple[str, str]]:
        """Drop old tables that had to wait; validate the foreign keys that are owed."""
        try:
            return self._settle_once(session)
        except psycopg2.Error:
            # A session that sat idle through a restart of the server finds out only now.
            if not session.connection_lost:
                raise
        return self._settle_once(session)

    def _settle_once(self, session: Session) -> list[tuple[str, str]]:
        session.begin("end")
        schema = self._work.schema
        drop_retired(session.connection, schema)
        broken = run_validate(session.connection, schema, session.stop.is_set)
        return [("error", sentence) for sentence in broken]

    def close(self) -> None:
        """End early, if it has not ended: nothing of ours runs on after this."""
        if not self._open:
            return
        self._open = False
        self._crew.cancel()
        if is_silent(self._lock.connection):
            self._lock.connection.close()
        try:
            for _ in self._drain():
                pass  # what was built has been noted; this only logs
            self._remember()
            clear_build_schema(self._lock.connection, self._work.build_schema, tries=3)
            drop_retired(self._lock.connection, self._work.schema)
        except (psycopg2.Error, DatabaseError):
            return  # the next run clears
