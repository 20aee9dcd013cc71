"""What a build raised, as a result: for people, and without values from rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import psycopg2

from staging_assets.builder import (
    Attempt,
    ChecksFailedError,
    InCleanupError,
    NodeResult,
    RunContext,
    Task,
)
from staging_assets.checks import CheckResult
from staging_assets.errors import CancelledError, StagingError
from staging_assets.model import Kind, Relation
from staging_assets.parser import quote
from staging_assets.postgres import Session, find_meant, find_safe_text

MISSING = frozenset({"42P01", "42883", "42704"})
"""Undefined table, function, and type."""


def find_failure(task: Task, error: BaseException, seconds: float) -> NodeResult:
    """Turn what a build raised into its result, and its cleanup's where that was what failed."""
    if isinstance(error, InCleanupError):
        cleanup = find_failure(replace(task, node=error.node), error.cause, seconds)
        if error.node == task.node:
            return cleanup
        why = f"its cleanup {error.node} failed, and nothing was published"
        return NodeResult(task.node, "skipped", seconds=seconds, message=why, cleanup=cleanup)
    checks: tuple[CheckResult, ...] = ()
    if isinstance(error, ChecksFailedError):
        checks = error.checks
    sqlstate = getattr(error, "sqlstate", None)
    if isinstance(error, CancelledError):
        return NodeResult(task.node, "skipped", seconds=seconds, message=str(error))
    if isinstance(error, psycopg2.Error):
        sqlstate = error.pgcode
        message = f"{task.node}: {find_safe_text(error)} (SQLSTATE {sqlstate})"
    elif isinstance(error, StagingError):
        message = str(error)
    else:
        message = f"{task.node}: {type(error).__name__}: {error}"
    return NodeResult(
        task.node, "failed", seconds=seconds, message=message, checks=checks, sqlstate=sqlstate
    )


def find_failures(
    task: Task, error: BaseException, seconds: float, attempt: Attempt
) -> list[NodeResult]:
    """Turn what a build raised into a result for each of its nodes.

    Of tables that are published together all fail; those that did not cause it say so.
    """
    found = {result.node: result for result in attempt.done}
    causes: dict[str, BaseException] = {**attempt.failed} or {attempt.node: error}
    told = {
        node: find_failure(replace(task, node=node), cause, seconds)
        for node, cause in causes.items()
    }
    cause = told[next(iter(causes))]
    named = ", ".join(causes)
    for node in task.nodes:
        if node in told:
            found[node] = told[node]
        elif node not in found:
            why = f"{node}: it is published together with {named}, which was not built"
            message = cause.message if cause.status == "skipped" else why
            found[node] = NodeResult(node, cause.status, seconds=seconds, message=message)
    return [found[node] for node in task.nodes]


def add_skipped(
    results: Sequence[NodeResult], failed: str, lost: Sequence[str]
) -> list[NodeResult]:
    """Add what cannot be built any more.

    Args:
        results: of nodes that were built together, or one.
        failed: that of them which was not built.
        lost: what waited for them.
    """
    why = f"it depends on {failed}, which was not built"
    told = {child: NodeResult(child, "skipped", message=why) for child in lost}
    for result in results:
        if result.cleanup is not None:
            told[result.cleanup.node] = result.cleanup
    return [*results, *told.values()]


def find_lacking(session: Session, work: RunContext, node: str) -> str:
    """Say which tables that the node needs are neither there nor in this run."""
    needed = sorted(work.project.dependencies[node] - work.nodes)
    tables = [each for each in needed if each in work.project.tables]
    try:
        found = session.run(
            "select name from unnest(%s, %s) as t (name, spelled)"
            " where to_regclass(spelled) is null",
            (tables, [quote(Relation(work.schema, name)) for name in tables]),
        )
    except (StagingError, psycopg2.Error):
        return ""
    missing = [name for (name,) in found]
    missing += [each for each in needed if work.project.kind(each) is Kind.PROCEDURES]
    if not missing:
        return ""
    named = ", ".join(f"staging/{name}" for name in missing)
    return f"\nIt needs {named}, which this run does not build. Select +staging/{node}."


def find_likely(session: Session, work: RunContext, message: str, sqlstate: str) -> str:
    """Say what may be meant by a name that is not there, as a line of its own.

    Args:
        session: whose transaction has ended.
        work: the run.
        message: what failed, as people read it.
        sqlstate: one of `MISSING`.
    """
    meant = find_meant(
        session.run,
        message,
        sqlstate,
        schema=work.schema,
        schemas=work.project.schemas,
        made=work.project.find_made(functions=sqlstate == "42883"),
    )
    return f"\n{meant.sentence}" if meant.sentence else ""


def note_when(built: Sequence[NodeResult], worker: int, began: float) -> list[NodeResult]:
    """Note who built these, and when each began: those of a circle come one after the other.

    Args:
        built: what was built together.
        worker: the number of who built it.
        began: when the first began, in seconds since the epoch.
    """
    noted = []
    for result in built:
        noted.append(replace(result, worker=worker, began=began))
        began += result.seconds
    return noted
