"""One run: hold the schema, build its nodes in order on several connections, remember them."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence

import psycopg2

from staging_assets.errors import BuildError, DatabaseError
from staging_assets.postgres.aside import run_bury
from staging_assets.postgres.build import Built
from staging_assets.postgres.crew import Crew, Said
from staging_assets.postgres.fingerprints import find_fingerprints
from staging_assets.postgres.graph import Graph, build_graph
from staging_assets.postgres.history import (
    Build,
    find_build_schema,
    read_history,
    remember,
    run_prepare_history,
)
from staging_assets.postgres.leftovers import run_clear
from staging_assets.postgres.lock import SchemaLock
from staging_assets.postgres.publish import Inbound, run_validate
from staging_assets.postgres.server import Server
from staging_assets.postgres.session import Session
from staging_assets.postgres.sizes import find_seconds, read_sizes
from staging_assets.postgres.spelling import spell_name
from staging_assets.postgres.sqlerrors import find_safe_text
from staging_assets.postgres.targets import Target
from staging_assets.postgres.work import BuildOptions, NodeResult, Rebuild, Task, Work
from staging_assets.project.model import SCHEMA_NODE, Kind, StagingProject

__all__ = ["BuildOptions", "NodeResult", "Rebuild", "run_build"]

Log = Callable[[str, str], None]

_POLL = 0.1
_CHECK_LOCK_EVERY = 5.0
_REMEMBER_EVERY = 2.0


def run_build(  # noqa: PLR0917 - all of them are needed
    server: Server,
    project: StagingProject,
    nodes: Collection[str],
    options: BuildOptions,
    targets: Mapping[str, Sequence[Target]],
    log: Log,
    cancelled: threading.Event,
) -> Generator[NodeResult, None, None]:
    """Build nodes; yield what came of each as it ends, after everything it depends on.

    Args:
        nodes: the selected ones; dependencies outside them are taken to be built.
        targets: node to the checks to evaluate before it is published.
        log: level and one line of text; called in the thread that takes the results.
        cancelled: set it to end the run: what is not published by then is skipped.

    Closing the generator, or an exception thrown into it, ends the run as well: queries are
    cancelled on the server, and nothing is published half.

    Raises BusyError when another run holds the schema, DatabaseError when the server cannot be
    used, BuildError when the build schema cannot be made.
    """
    with SchemaLock(
        server,
        options.schema,
        options.run_id,
        wait=options.wait_for_lock,
        log=log,
        cancelled=cancelled,
    ) as lock:
        work = _prepare(server, project, nodes, options, targets, lock=lock, log=log)
        run = _Run(server, work, nodes, lock, log)
        try:
            yield from run.results(cancelled)
            run.end(cancelled)
        finally:
            run.close()


def _prepare(
    server: Server,
    project: StagingProject,
    nodes: Collection[str],
    options: BuildOptions,
    targets: Mapping[str, Sequence[Target]],
    *,
    lock: SchemaLock,
    log: Log,
) -> Work:
    """Make the build schema, clear it, and read what the last runs have left to know."""
    connection = lock.connection
    build_schema = find_build_schema(options.schema)
    sources = project.sources
    wanted = [build_schema] if SCHEMA_NODE in nodes else [build_schema, options.schema]
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "select nspname::text from pg_namespace where nspname = any (%s)", (wanted,)
            )
            present = {name for (name,) in cursor.fetchall()}
            for name in wanted:
                if name not in present:
                    cursor.execute(f"create schema if not exists {spell_name(name)}")
        run_prepare_history(connection, options.schema)
        reason = run_clear(connection, build_schema)
        run_bury(connection, options.schema, log)
        history = read_history(connection, options.schema)
        sizes = read_sizes(
            connection, {r for n in set(nodes) - set(history) for r in sources.get(n, ())}
        )
    except psycopg2.Error as error:
        failure = error
    else:
        if reason:
            log("warning", f"schema {build_schema}: leftovers of an earlier run stay: {reason}")
        return Work(
            project=project,
            options=options,
            sessions=options.sessions or server.sessions,
            targets=targets,
            history=history,
            fingerprints=find_fingerprints(project),
            nodes=frozenset(nodes),
            seconds={
                **{
                    node: find_seconds(sizes.get(r, 0) for r in sources.get(node, ()))
                    for node in nodes
                },
                **{node: build.seconds for node, build in history.items()},
            },
        )
    raise BuildError(
        f"schema {build_schema}: {find_safe_text(failure)}. "
        "The role that builds must own it and may need CREATE on the database."
    )


class _Run:
    """The state of one run, used by the generator's thread alone."""

    def __init__(
        self, server: Server, work: Work, nodes: Collection[str], lock: SchemaLock, log: Log
    ) -> None:
        project = work.project
        self._work = work
        self._lock = lock
        self._log = log
        self._graph: Graph = build_graph(
            project.dependencies,
            nodes,
            priorities=project.config.priorities,
            seconds=work.seconds,
        )
        count = len(self._graph.waiting)
        self._crew = Crew(server, work, max(1, min(work.options.workers, count)))
        self._tables = {node for node in self._graph.waiting if node in project.tables}
        self._changed: set[str] = set()
        self._built: dict[str, Build] = {}
        self._same: set[str] = set()
        self._not_valid: list[Inbound] = []
        self._remembered = self._checked = time.monotonic()
        self._open = True

    def results(self, cancelled: threading.Event) -> Iterator[NodeResult]:
        """Yield a result for every node."""
        for node in self._graph.find_ready():
            self._give(node)
        while self._graph.waiting:
            if cancelled.is_set():
                yield from self._skip_all("the run was cancelled")
                return
            try:
                event = self._crew.events.get(timeout=_POLL)
            except queue.Empty:
                event = None
            self._keep_lock()
            if event is None:
                continue
            if isinstance(event, Said):
                self._log(event.level, event.text)
            else:
                yield from self._take(event)
            if time.monotonic() - self._remembered > _REMEMBER_EVERY:
                # When the lock's session is lost, it is noticed soon; what is built is kept.
                with contextlib.suppress(psycopg2.Error):
                    self._remember()

    def _take(self, built: Built) -> Iterator[NodeResult]:
        result = built.result
        node = result.node
        if node not in self._graph.waiting:
            return
        self._tables.discard(node)
        self._not_valid += built.not_valid
        if result.status in ("built", "unchanged"):
            if result.status == "built":
                self._note(result)
            ready = self._graph.finish(node)
            yield result
            for child in ready:
                self._give(child)
            return
        lost = self._graph.fail(node)
        self._tables -= set(lost)
        yield result
        for child in lost:
            yield NodeResult(child, "skipped", message=f"it depends on {node}, which was not built")

    def _note(self, result: NodeResult) -> None:
        """Keep in mind what was built, and whether it may differ from what was there."""
        node, work = result.node, self._work
        if work.options.create_only:
            return
        fingerprint = work.fingerprints[node]
        before = work.history.get(node)
        same = before is not None and before.fingerprint == fingerprint and _is_fixed(work, node)
        if same:
            self._same.add(node)
        elif node != SCHEMA_NODE:
            self._changed.add(node)
        self._built[node] = Build(
            fingerprint, result.rows, result.seconds, run_id=work.options.run_id
        )

    def _give(self, node: str) -> None:
        above = self._graph.above[node]
        task = Task(
            node=node,
            settled=not any(parent in self._changed for parent in above),
            rebuilt_later=frozenset(self._tables - {node}),
        )
        self._crew.give(self._graph.ranks[node], task)

    def _skip_all(self, why: str) -> Iterator[NodeResult]:
        self._crew.cancel()
        self._open = False
        for event in self._drain():
            yield from self._take(event)
        for node in list(self._graph.waiting):
            del self._graph.waiting[node]
            yield NodeResult(node, "skipped", message=why)

    def _drain(self) -> Iterator[Built]:
        """What the workers have said and built and nobody has taken yet."""
        while True:
            try:
                event = self._crew.events.get_nowait()
            except queue.Empty:
                return
            if isinstance(event, Said):
                self._log(event.level, event.text)
            else:
                yield event

    def _keep_lock(self) -> None:
        if time.monotonic() - self._checked > _CHECK_LOCK_EVERY:
            self._checked = time.monotonic()
            self._lock.check()

    def _remember(self) -> None:
        self._remembered = time.monotonic()
        if self._built:
            remember(self._lock.connection, self._work.schema, self._built, same=self._same)
            self._built, self._same = {}, set()

    def end(self, cancelled: threading.Event) -> None:
        """Everything has been answered for: validate what was left, remember, clear."""
        if self._open:
            self._crew.finish()
        for event in self._drain():
            self._note(event.result)
        try:
            if self._open:
                for level, text in self._crew.call(self._settle, cancelled):
                    self._log(level, text)
            self._crew.close()
            self._lock.check()
            # This commit waits for the disk, and with it all commits before it.
            self._remember()
            run_clear(self._lock.connection, self._work.build_schema)
            self._open = False
        except psycopg2.Error as error:
            raise DatabaseError(
                f"schema {self._work.schema}: {find_safe_text(error)}. "
                "The tables are published; the next run may build them again."
            ) from None

    def _settle(self, session: Session) -> list[tuple[str, str]]:
        """Drop old tables that had to wait; validate the keys of tables that were not rebuilt."""
        said: list[tuple[str, str]] = []
        session.begin("end")
        schema = self._work.schema
        run_bury(session.connection, schema, lambda level, text: said.append((level, text)))
        broken = run_validate(session.connection, self._not_valid, session.stop.is_set)
        return said + [("error", sentence) for sentence in broken]

    def close(self) -> None:
        """End early, if it has not ended: nothing of ours runs on after this."""
        if not self._open:
            return
        self._open = False
        self._crew.cancel()
        try:
            for event in self._drain():
                if event.result.status == "built":
                    self._note(event.result)
            self._remember()
            run_clear(self._lock.connection, self._work.build_schema, tries=3)
            run_bury(self._lock.connection, self._work.schema, self._log)
        except (psycopg2.Error, DatabaseError):
            return  # the next run clears


def _is_fixed(work: Work, node: str) -> bool:
    """Whether the files alone decide what the node is, and building it twice changes nothing."""
    kind = work.project.kind(node)
    if kind is Kind.LOOKUP:
        return work.project.tables[node].populate is None
    return kind in (Kind.PROCEDURES, Kind.SCHEMA)
