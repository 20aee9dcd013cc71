"""Build one node: decide whether it has to be built, build it, and say what came of it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import psycopg2

from staging_assets.builder.audit import run_audit
from staging_assets.builder.branches.keys import run_check_noted_keys
from staging_assets.builder.clean import (
    run_clean,
    run_clean_in_place,
    run_cleanup_audit,
    run_script_of,
)
from staging_assets.builder.cleanups.run import UnrepeatableError
from staging_assets.builder.context import NodeResult, Rebuild, RunContext, Task
from staging_assets.builder.in_place import run_table_in_place
from staging_assets.builder.plan import find_plan, run_with_free_names
from staging_assets.builder.procedures import run_procedures
from staging_assets.builder.shadow.table import Shadow, run_discard, run_make_shadow
from staging_assets.builder.up_to_date import is_done
from staging_assets.checks import CheckResult
from staging_assets.model import Kind, Relation, Table, cleanup_node
from staging_assets.parser import quote_identifier
from staging_assets.postgres import Connection, Session, find_safe_text, has_schema
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
            return find_unchanged(session, work, task)
        if kind is Kind.PROCEDURES:
            return _run_procedures(session, work, task)
        if kind is Kind.CLEANUP:
            return _run_cleanup(session, work, task)
        return _run_table(session, work, task)
    finally:
        session.end()


def find_unchanged(session: Session, work: RunContext, task: Task) -> NodeResult:
    """A node that is left alone; its checks are evaluated where it is."""
    checks: tuple[CheckResult, ...] = ()
    if not work.options.create_only:
        checks = run_audit(session.connection, work, task.node)
    return NodeResult(task.node, "unchanged", checks=checks)


def _run_schema(session: Session, work: RunContext, task: Task) -> NodeResult:
    began = time.monotonic()
    existed = has_schema(session.connection, work.schema)
    create = f"create schema if not exists {quote_identifier(work.schema)};"
    session.run(("" if existed else create) + work.record_sql(task, began))
    checks = run_audit(session.connection, work, task.node)
    unchanged = existed and work.options.rebuild is not Rebuild.ALL
    return NodeResult(task.node, "unchanged" if unchanged else "built", checks=checks)


def _run_procedures(session: Session, work: RunContext, task: Task) -> NodeResult:
    began = time.monotonic()
    procedures = work.project.procedures[work.project.node(task.node).name]
    run_procedures(session, procedures, work.schema, lambda: work.record_sql(task, began))
    checks = run_audit(session.connection, work, task.node)
    return NodeResult(task.node, "built", checks=checks)


def _run_cleanup(session: Session, work: RunContext, task: Task) -> NodeResult:
    """Run a cleanup whose table is published, and its check, in one transaction.

    One that fails leaves nothing. Its table was built in this run, unless only what is missing is:
    rows that the cleanup has changed before are none to run it on.
    """
    began = time.monotonic()
    cleanup = work.project.cleanups[work.project.node(task.node).name]
    left, lost = False, ""
    try:
        with session.transaction():
            left = run_script_of(session, work, cleanup)
            checks = run_audit(session.connection, work, task.node)
            if work.options.changed_from:
                run_check_noted_keys(session, work.schema, cleanup.table, cleanup.script.label)
            session.send_last(work.record_sql(task, began))
    except psycopg2.Error as error:
        if not left:
            raise
        lost = f"{cleanup.script.label}: {find_safe_text(error)}. Nothing of it was kept."
    if lost:
        raise UnrepeatableError(lost)
    return NodeResult(task.node, "built", checks=checks)


def _run_table(session: Session, work: RunContext, task: Task) -> NodeResult:
    """Build a table, with its cleanup where that needs no published table, and publish it."""
    table = work.project.tables[task.node]
    if table.in_place and table.filled and not work.options.create_only:
        return _run_in_place(session, work, task, table)
    return _run_shadow(session, work, task, table)


def _run_shadow(session: Session, work: RunContext, task: Task, table: Table) -> NodeResult:
    clock = Clock()
    began = clock.last
    plan = find_plan(session, work, table, task.rebuilt_later, filled=not work.options.create_only)
    shadow, rows = run_make_shadow(session, table, plan)
    clock.mark("load_seconds")
    checks: tuple[CheckResult, ...] = ()
    cleanup: NodeResult | None = None
    try:
        cleaned = run_clean(session, work, shadow, rows)
        shadow = cleaned.shadow
        counted = cleaned.rows if shadow.is_counted else None
        if cleaned.seconds is not None:
            clock.mark("cleanup_seconds")
        if not work.options.create_only:
            place, own = shadow.relation, shadow.own
            checks = run_audit(
                session.connection, work, task.node, relation=place, own=own, rows=counted
            )
            if cleaned.seconds is not None:
                node = cleanup_node(table.name)
                cleanup = run_cleanup_audit(
                    session.connection, work, node, cleaned.seconds, relation=place, own=own
                )
        clock.mark("check_seconds")
        session.check()

        def record() -> str:
            return work.record_sql(task, began, rows=counted, cleaned=cleaned.seconds)

        def publish(shadows: Sequence[Shadow]) -> Mapping[str, int]:
            request = work.publish_request(session, task, shadows, record)
            return run_publish(session.connection, request)

        sizes = run_with_free_names(session, [shadow], [plan], publish)
        clock.mark("publish_seconds")
    except BaseException:
        run_discard(session, shadow)
        raise
    return NodeResult(
        task.node,
        "built",
        rows=counted,
        bytes=sizes.get(task.node),
        checks=checks,
        metadata=clock.parts,
        cleanup=cleanup,
    )


def _run_in_place(session: Session, work: RunContext, task: Task, table: Table) -> NodeResult:
    clock = Clock()
    began = clock.last
    checks: tuple[CheckResult, ...] = ()
    cleanup: NodeResult | None = None
    seconds: float | None = None

    def clean() -> None:
        nonlocal seconds
        seconds = run_clean_in_place(session, work, table)

    def audit(connection: Connection, relation: Relation) -> None:
        nonlocal checks, cleanup
        checks = run_audit(connection, work, task.node, relation=relation)
        if seconds is not None:
            node = cleanup_node(table.name)
            cleanup = run_cleanup_audit(connection, work, node, seconds, relation=relation)

    def record(rows: int) -> str:
        return work.record_sql(task, began, rows=rows, cleaned=seconds)

    size = run_table_in_place(session, work, task, table, clean=clean, audit=audit, record=record)
    clock.mark("load_seconds")
    metadata = {**clock.parts, "in_place": table.in_place}
    return NodeResult(
        task.node,
        "built",
        rows=size.rows,
        bytes=size.bytes,
        checks=checks,
        metadata=metadata,
        cleanup=cleanup,
    )
