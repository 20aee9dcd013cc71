"""Build one node: decide whether it has to be built, build it, and say what came of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from staging_assets.builder.audit import run_audit
from staging_assets.builder.cleanups.run import run_cleanup
from staging_assets.builder.context import NodeResult, Rebuild, RunContext, Task
from staging_assets.builder.history import forget_builds_sql
from staging_assets.builder.in_place import run_table_in_place
from staging_assets.builder.plan import find_plan, run_with_free_names
from staging_assets.builder.procedures import run_procedures
from staging_assets.builder.shadow.table import Shadow, run_discard, run_make_shadow
from staging_assets.builder.up_to_date import is_done
from staging_assets.checks import CheckResult
from staging_assets.model import Kind, Relation, Table
from staging_assets.parser import quote_identifier
from staging_assets.postgres import Connection, Session, has_schema
from staging_assets.publisher import run_publish


@dataclass
class Clock:
    """How long each part of a build takes."""

    last: float = field(default_factory=time.monotonic)
    parts: dict[str, float] = field(default_factory=dict)

    def mark(self, name: str) -> None:
        """End a part."""
        now = time.monotonic()
        self.parts[name] = round(now - self.last, 4)
        self.last = now


def run_node(session: Session, work: RunContext, task: Task) -> NodeResult:
    """Build one node, or find it unchanged.

    Raises StagingError or psycopg2.Error when it fails; what was there before is then as it was.
    """
    kind = work.project.kind(task.node)
    session.begin(task.node)
    try:
        if kind is Kind.SCHEMA:
            return _run_schema(session, work, task)
        # Without a reason to look, nothing is asked: each question costs a round trip.
        asked = work.options.create_only or work.options.rebuild is not Rebuild.ALL
        if asked and is_done(session.connection, work, task):
            return _find_unchanged(session, work, task)
        if kind is Kind.PROCEDURES:
            return _run_procedures(session, work, task)
        if kind is Kind.CLEANUP:
            return _run_cleanup(session, work, task)
        table = work.project.tables[task.node]
        if table.in_place and table.filled and not work.options.create_only:
            return _run_in_place(session, work, task, table)
        return _run_table(session, work, task, table)
    finally:
        session.end()


def _find_unchanged(session: Session, work: RunContext, task: Task) -> NodeResult:
    """A node that is left alone; its checks are evaluated where it is."""
    checks: tuple[CheckResult, ...] = ()
    if not work.options.create_only:
        checks = run_audit(session.connection, work, task.node)
    return NodeResult(task.node, "unchanged", checks=checks)


def _run_schema(session: Session, work: RunContext, task: Task) -> NodeResult:
    existed = has_schema(session.connection, work.schema)
    if not existed:
        session.run(f"create schema if not exists {quote_identifier(work.schema)}")
    checks = run_audit(session.connection, work, task.node)
    unchanged = existed and work.options.rebuild is not Rebuild.ALL
    return NodeResult(task.node, "unchanged" if unchanged else "built", checks=checks)


def _run_procedures(session: Session, work: RunContext, task: Task) -> NodeResult:
    session.run(forget_builds_sql(work.schema, [task.node]))
    run_procedures(session, work.project.procedures[work.project.node(task.node).name], work.schema)
    checks = run_audit(session.connection, work, task.node)
    return NodeResult(task.node, "built", checks=checks)


def _run_cleanup(session: Session, work: RunContext, task: Task) -> NodeResult:
    """Run a cleanup and its check in one transaction: a cleanup that fails it leaves nothing."""
    cleanup = work.project.cleanups[work.project.node(task.node).name]
    with session.transaction(forget_builds_sql(work.schema, [task.node])):
        session.notices.at(cleanup.script.label)
        run_cleanup(
            session.users_connection,
            cleanup.script,
            work.schema,
            server=session.server,
            schemas=session.schemas,
        )
        session.pin()
        checks = run_audit(session.connection, work, task.node)
    return NodeResult(task.node, "built", checks=checks)


def _run_table(session: Session, work: RunContext, task: Task, table: Table) -> NodeResult:
    clock = Clock()
    plan = find_plan(
        session,
        work,
        table,
        task.rebuilt_later,
        first=forget_builds_sql(work.schema, [task.node]),
        filled=not work.options.create_only,
    )
    shadow, rows = run_make_shadow(session, table, plan)
    counted = rows if shadow.is_counted else None
    clock.mark("load_seconds")
    checks: tuple[CheckResult, ...] = ()
    try:
        if not work.options.create_only:
            place, own = shadow.relation, shadow.own
            checks = run_audit(
                session.connection, work, task.node, relation=place, own=own, rows=counted
            )
        clock.mark("check_seconds")
        session.check()

        def publish(shadow: Shadow) -> None:
            request = work.publish_request(session, task, shadow)
            run_publish(session.connection, request)

        run_with_free_names(session, shadow, plan, publish)
        clock.mark("publish_seconds")
    except BaseException:
        run_discard(session, shadow)
        raise
    return NodeResult(task.node, "built", rows=counted, checks=checks, metadata=clock.parts)


def _run_in_place(session: Session, work: RunContext, task: Task, table: Table) -> NodeResult:
    clock = Clock()
    session.run(forget_builds_sql(work.schema, [task.node]))
    checks: tuple[CheckResult, ...] = ()

    def audit(connection: Connection, relation: Relation) -> None:
        nonlocal checks
        checks = run_audit(connection, work, task.node, relation=relation)

    rows = run_table_in_place(session, work, task, table, audit=audit)
    clock.mark("load_seconds")
    metadata = {**clock.parts, "in_place": table.in_place}
    return NodeResult(task.node, "built", rows=rows, checks=checks, metadata=metadata)
