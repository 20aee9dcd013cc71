"""What a build raised, as a result: for people, and without values from rows."""

from __future__ import annotations

from dataclasses import replace

import psycopg2

from staging_assets.builder import ChecksFailedError, InCleanupError, NodeResult, RunContext, Task
from staging_assets.checks import CheckResult
from staging_assets.errors import StagingError
from staging_assets.model import Kind, Relation
from staging_assets.parser import quote
from staging_assets.postgres import CancelledError, Session, find_safe_text

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


def find_lacking(session: Session, work: RunContext, task: Task) -> str:
    """Say which tables that the node needs are neither there nor in this run."""
    needed = sorted(work.project.dependencies[task.node] - work.nodes)
    tables = [node for node in needed if node in work.project.tables]
    try:
        found = session.run(
            "select name from unnest(%s, %s) as t (name, spelled)"
            " where to_regclass(spelled) is null",
            (tables, [quote(Relation(work.schema, name)) for name in tables]),
        )
    except (StagingError, psycopg2.Error):
        return ""
    missing = [name for (name,) in found]
    missing += [node for node in needed if work.project.kind(node) is Kind.PROCEDURES]
    if not missing:
        return ""
    named = ", ".join(f"staging/{name}" for name in missing)
    return f"\nIt needs {named}, which this run does not build. Select +staging/{task.node}."
