"""One run: hold the schema, build its nodes in order on several connections, remember them."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import psycopg2

from staging_assets.builder import (
    BuildOptions,
    NodeResult,
    Rebuild,
    RunContext,
    clear_build_schema,
    run_claim,
    run_prepare_history,
)
from staging_assets.checks import Check
from staging_assets.errors import BuildError
from staging_assets.model import SCHEMA_NODE, Kind, StagingProject
from staging_assets.parser import quote_identifier
from staging_assets.postgres import (
    MARK,
    Connection,
    Log,
    SchemaLock,
    Server,
    find_build_schema,
    find_safe_text,
    run_end_orphans,
    run_recover,
)
from staging_assets.publisher import drop_retired
from staging_assets.scheduler.branching.start import read_start, run_make_whole, run_start
from staging_assets.scheduler.crew_size import FAR, CrewSize, choose_crew_size, read_free
from staging_assets.scheduler.estimates import find_seconds, read_sizes
from staging_assets.scheduler.interrupts import undisturbed
from staging_assets.scheduler.plan import read_known, read_plan
from staging_assets.scheduler.planning.decide import BuildPlan
from staging_assets.scheduler.ready import Ready, read_ready
from staging_assets.scheduler.scheduler import Scheduler
from staging_assets.scheduler.watch import Watcher
from staging_assets.sources import make_mark_sql

__all__ = ["BuildOptions", "NodeResult", "Rebuild", "run_build"]


def run_build(  # noqa: PLR0917 - the last three may be left out
    server: Server,
    project: StagingProject,
    nodes: Collection[str],
    options: BuildOptions,
    checks: Mapping[str, Sequence[Check]] = MappingProxyType({}),
    log: Log = lambda level, line: None,
    cancelled: threading.Event | None = None,
    *,
    watcher: Watcher | None = None,
    planned: Callable[[BuildPlan], None] | None = None,
    sized: Callable[[CrewSize], None] | None = None,
) -> Generator[NodeResult, None, None]:
    """Build nodes; yield what came of each as it ends, after everything it depends on.

    Args:
        nodes: the selected ones; dependencies outside them are taken to be built. With a table
            its cleanup is built, and the other way round.
        checks: node to the checks to evaluate before it is published, as `find_checks` gives them.
        log: level and one line of text; called in the thread that takes the results.
        cancelled: set it to end the run: what is not published by then is skipped.
        watcher: called several times a second with what the run is at.
        planned: called with what is going to be built, and why, before anything is; not where
            that is decided on the way (`rebuild: missing`, `create_only`).
        sized: called with the number of workers, where the options leave that to the server.

    Closing the generator, or an exception thrown into it, ends the run as well: queries are
    cancelled on the server, and nothing is published half.

    Raises BusyError when another run holds the schema, DatabaseError when the server cannot be
    used, BuildError when the build schema cannot be made, or a branch cannot be built.
    """
    cancelled = cancelled or threading.Event()
    if options.create_only and options.changed_from:
        raise BuildError(
            f"{options.schema}: create_only makes empty tables, and a branch is read beside the"
            " live ones. Leave create_only or changed_from out."
        )
    if not options.create_only:
        nodes = project.add_partners(nodes)
    _check_sources(project, nodes, options.schema)
    with SchemaLock(
        server,
        options.schema,
        options.run_id,
        wait=options.wait_for_lock,
        log=log,
        cancelled=cancelled,
    ) as lock:
        found = _prepare(server, project, nodes, options, checks, lock=lock, log=log)
        if found.plan is not None and planned is not None:
            planned(found.plan)
        if found.size is not None and sized is not None:
            sized(found.size)
        run = Scheduler(server, found.work, nodes, lock=lock, log=log, tell=watcher)
        try:
            if found.owes:
                run.pay(cancelled)
            yield from run.results(cancelled)
            run.end(cancelled)
        finally:
            with undisturbed():
                run.close()


def _check_sources(project: StagingProject, nodes: Collection[str], schema: str) -> None:
    """Refuse to build into a schema that the scripts read as somebody else's."""
    for node in nodes:
        if project.kind(node) is Kind.CLEANUP:
            continue  # that they are sources is only likely
        for source in sorted(project.sources.get(node, ())):
            if project.schemas.in_database(source.schema, schema) == schema:
                raise BuildError(
                    f'schema "{schema}": it is to be built, and {node} reads {source} as '
                    f'somebody else\'s: the scripts call theirs "{project.schemas.staging}"'
                    " (STAGING_SCHEMA_IN_FILES). Build another schema (STAGING_SCHEMA), or correct"
                    " the name in the script."
                )


@dataclass(frozen=True)
class _Prepared:
    """What is known before a run begins.

    Args:
        work: what its workers share.
        plan: what it builds; None where that is decided on the way.
        owes: whether a run before may have left foreign keys to validate.
        size: how many workers there are, where that is left to the server.
    """

    work: RunContext
    plan: BuildPlan | None
    owes: bool
    size: CrewSize | None


def _prepare(
    server: Server,
    project: StagingProject,
    nodes: Collection[str],
    options: BuildOptions,
    checks: Mapping[str, Sequence[Check]],
    *,
    lock: SchemaLock,
    log: Log,
) -> _Prepared:
    """Make the build schema, clear it, and read what the last runs have left to know."""
    connection = lock.connection
    build_schema = find_build_schema(options.schema)
    start = None
    if options.changed_from:
        start = read_start(connection, project, options.schema, options.changed_from)
        project = start.project
    sources = {
        node: {project.schemas.find_real(r, options.schema) for r in project.sources.get(node, ())}
        for node in nodes
    }
    wanted = [build_schema]
    if start is not None or SCHEMA_NODE not in nodes:
        wanted.append(options.schema)
    try:
        asked = time.monotonic()
        ready = read_ready(connection, options.schema, project.department, wanted)
        size = None
        if options.suited:
            distance = min(lock.distance, time.monotonic() - asked)
            size = _find_size(connection, options.workers, distance, ready)
            options = replace(options, workers=size.workers)
        run_recover(connection)
        reason = None
        if not ready.made:
            _make_schemas(connection, wanted)
            run_end_orphans(connection, options.schema)
            marks = {MARK: make_mark_sql(options.schema)}
            run_prepare_history(connection, options.schema, marks)
            run_claim(connection, options.schema, project.department, take_over=options.take_over)
            reason = clear_build_schema(connection, build_schema)
            drop_retired(connection, options.schema)
        if start is not None:
            run_start(connection, start, options.schema)
        elif ready.branch:
            run_make_whole(connection, project, options.schema, nodes)
        known = read_known(
            connection,
            project,
            options.schema,
            nodes,
            marks=True,
            start=start,
            live=ready.live or None,
        )
        history = known.history
        plan = None
        missing = options.rebuild is Rebuild.MISSING
        if start is not None or not (options.create_only or missing):
            # Whether something is missing is seen node by node.
            rebuild = Rebuild.ALL if missing else options.rebuild
            plan = read_plan(
                connection, project, options.schema, nodes, rebuild, known=known, start=start
            )
        sizes = read_sizes(connection, {r for n in set(nodes) - set(history) for r in sources[n]})
    except psycopg2.Error as error:
        failure = error
    else:
        if reason:
            log("warning", f"schema {build_schema}: leftovers of an earlier run stay: {reason}")
        work = RunContext(
            project=project,
            options=options,
            sessions=options.sessions or server.sessions,
            checks=checks,
            history=history,
            nodes=frozenset(nodes),
            left=frozenset(plan.left if plan else ()),
            states=known.states,
            token=secrets.token_hex(8),
            seconds={
                **{node: find_seconds(sizes.get(r, 0) for r in sources[node]) for node in nodes},
                **{node: build.seconds for node, build in history.items()},
            },
        )
        return _Prepared(work, plan, ready.owes, size)
    raise BuildError(
        f"schema {build_schema}: {find_safe_text(failure)}. "
        "The role that builds must own it and may need CREATE on the database."
    )


def _find_size(connection: Connection, default: int, distance: float, ready: Ready) -> CrewSize:
    if (connection.info.host or "/").startswith("/"):
        distance = 0.0  # a socket of this machine
    free = ready.free
    if free is None:
        if distance < FAR:
            return CrewSize(default)
        free = read_free(connection)
    return choose_crew_size(default, distance, free)


def _make_schemas(connection: Connection, wanted: Collection[str]) -> None:
    """Make those that are missing; where none is, no right to make any is needed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select nspname::text from pg_namespace where nspname = any (%s)", (list(wanted),)
        )
        present = {name for (name,) in cursor.fetchall()}
        for name in wanted:
            if name not in present:
                cursor.execute(f"create schema if not exists {quote_identifier(name)}")
