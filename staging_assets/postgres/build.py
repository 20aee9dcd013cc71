"""Build one node: decide whether it has to be built, build it, and say what came of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.errors import BuildError
from staging_assets.postgres.cleanup import run_cleanup
from staging_assets.postgres.history import find_forgetting
from staging_assets.postgres.in_place import run_table_in_place
from staging_assets.postgres.procedures import run_procedures
from staging_assets.postgres.publish import Inbound, run_publish
from staging_assets.postgres.session import Session
from staging_assets.postgres.shadow import Plan, Shadow, run_discard, run_make_shadow
from staging_assets.postgres.spelling import spell, spell_name
from staging_assets.postgres.targets import (
    EvaluationContext,
    Target,
    TargetResult,
    evaluate_targets,
)
from staging_assets.postgres.work import NodeResult, Rebuild, Task, Work
from staging_assets.project.model import SCHEMA_NODE, Kind, Relation, Table


class ChecksFailedError(BuildError):
    """A blocking check failed on what was built; it was not published."""

    def __init__(self, node: str, checks: Sequence[TargetResult]) -> None:
        self.checks = tuple(checks)
        failed = [check for check in checks if check.stops]
        named = "; ".join(f"{check.name}: {check.summary}" for check in failed)
        super().__init__(
            f"{node}: {named}. Nothing was published. "
            "Correct the rows or the check, then build this again."
        )


@dataclass(frozen=True)
class Built:
    """What a build gave.

    Args:
        result: for the caller.
        not_valid: inbound foreign keys that are left for the end of the run.
    """

    result: NodeResult
    not_valid: tuple[Inbound, ...] = ()


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


def run_node(session: Session, work: Work, task: Task) -> Built:
    """Build one node, or find it unchanged.

    Raises StagingError or psycopg2.Error when it fails; what was there before is then as it was.
    """
    kind = work.project.kind(task.node)
    if kind is Kind.SCHEMA:
        return _run_schema(session, work, task)
    session.begin(task.node)
    try:
        if _is_done(session, work, task, kind):
            return _find_unchanged(session, work, task)
        if kind is Kind.PROCEDURES:
            session.run(find_forgetting(work.schema, [task.node]))
            name = task.node.split("/", 1)[1]
            run_procedures(session, work.project.procedures[name], work.schema)
            checks = _audit(session, work, task.node, None)
            return Built(NodeResult(task.node, "built", checks=checks))
        if kind is Kind.CLEANUP:
            return _run_cleanup_node(session, work, task)
        table = work.project.tables[task.node]
        if table.in_place and table.filled and not work.options.create_only:
            return _run_in_place(session, work, task, table)
        return _run_table(session, work, task, table)
    finally:
        session.end()


def _run_schema(session: Session, work: Work, task: Task) -> Built:
    session.begin(task.node)
    existed = _exists(session.connection, "to_regnamespace", spell_name(work.schema))
    if not existed:
        session.run(f"create schema if not exists {spell_name(work.schema)}")
    checks = _audit(session, work, task.node, None)
    unchanged = existed and work.options.rebuild is not Rebuild.ALL
    return Built(NodeResult(task.node, "unchanged" if unchanged else "built", checks=checks))


def _run_table(session: Session, work: Work, task: Task, table: Table) -> Built:
    clock = Clock()
    plan = Plan(
        work.schema,
        work.build_schema,
        first=find_forgetting(work.schema, [task.node]),
        filled=not work.options.create_only,
        referenced=table.name in work.referenced,
    )
    shadow, rows = run_make_shadow(session, table, plan)
    clock.mark("load_seconds")
    try:
        checks = () if work.options.create_only else _audit(session, work, task.node, shadow)
        clock.mark("check_seconds")
        session.check()
        outcome = run_publish(
            session.connection,
            live=shadow.live,
            shadow_schema=work.build_schema,
            own=shadow.own,
            rebuilt_later=task.rebuilt_later,
            sessions=work.sessions,
            log=session.log,
            cancelled=session.stop,
        )
        clock.mark("publish_seconds")
    except BaseException:
        run_discard(session, shadow)
        raise
    return Built(
        NodeResult(task.node, "built", rows=rows, checks=checks, metadata=clock.parts),
        outcome.not_valid,
    )


def _run_in_place(session: Session, work: Work, task: Task, table: Table) -> Built:
    clock = Clock()
    session.run(find_forgetting(work.schema, [task.node]))
    live = Relation(work.schema, table.name)
    found: list[TargetResult] = []

    def audit(connection: Connection, relation: Relation) -> None:
        targets = work.targets.get(task.node, ())
        found[:] = _evaluate(connection, work, task.node, targets, relation)
        if any(check.stops for check in found):
            raise ChecksFailedError(task.node, found)

    rows, outcome = run_table_in_place(
        session, work, table, live, audit=audit, later=task.rebuilt_later
    )
    clock.mark("load_seconds")
    return Built(
        NodeResult(
            task.node,
            "built",
            rows=rows,
            checks=tuple(found),
            metadata={**clock.parts, "in_place": table.in_place},
        ),
        outcome.not_valid,
    )


def _run_cleanup_node(session: Session, work: Work, task: Task) -> Built:
    """Run a cleanup and its check in one transaction: a cleanup that fails it leaves nothing."""
    cleanup = work.project.cleanups[task.node.removesuffix("_cleanup")]
    session.run(find_forgetting(work.schema, [task.node]))
    with session.transaction():
        session.notices.at(cleanup.script.label)
        run_cleanup(session.connection, cleanup.script, work.schema, server=session.server)
        session.pin()
        checks = _audit(session, work, task.node, None)
    return Built(NodeResult(task.node, "built", checks=checks))


def _audit(
    session: Session, work: Work, node: str, shadow: Shadow | None
) -> tuple[TargetResult, ...]:
    """Evaluate the node's targets; raise ChecksFailedError when one says that it must stop."""
    targets = work.targets.get(node, ())
    if not targets:
        return ()
    relation = shadow.relation if shadow else Relation(work.schema, node.removesuffix("_cleanup"))
    found = _evaluate(
        session.connection, work, node, targets, relation, own=shadow.own if shadow else ()
    )
    if any(check.stops for check in found):
        raise ChecksFailedError(node, found)
    return tuple(found)


def _evaluate(
    connection: Connection,
    work: Work,
    node: str,
    targets: Sequence[Target],
    relation: Relation,
    *,
    own: Any = (),
) -> list[TargetResult]:
    if node == SCHEMA_NODE:
        return run_schema_targets(connection, work.schema, targets)
    before = work.history.get(node)
    context = EvaluationContext(own=own, previous_rows=before.rows if before else None)
    return list(
        evaluate_targets(
            connection, targets, relation=relation, schema=work.schema, context=context
        )
    )


def run_schema_targets(
    connection: Connection, schema: str, targets: Sequence[Target]
) -> list[TargetResult]:
    """Evaluate `schema_exists`; the other checks of the whole schema are the caller's, later."""
    exists = _exists(connection, "to_regnamespace", spell_name(schema))
    summary = f"the schema {schema} exists" if exists else f"there is no schema {schema}"
    return [
        TargetResult(t.name, t.table, exists, t.severity, t.blocking, summary=summary)
        for t in targets
        if t.kind == "schema_exists"
    ]


def _is_done(session: Session, work: Work, task: Task, kind: Kind) -> bool:
    """Whether the node is left alone."""
    rebuild = work.options.rebuild
    if rebuild is Rebuild.ALL and not work.options.create_only:
        return False
    if kind in (Kind.TABLE, Kind.LOOKUP):
        return _is_table_done(session, work, task, kind)
    if rebuild is Rebuild.CHANGED:
        return _is_as_remembered(work, task)
    if kind is Kind.CLEANUP and rebuild is Rebuild.MISSING:
        return _has_values(session, work, task.node)
    return False


def _is_table_done(session: Session, work: Work, task: Task, kind: Kind) -> bool:
    live = Relation(work.schema, task.node)
    exists = _exists(session.connection, "to_regclass", spell(live))
    if work.options.create_only or not exists:
        return exists
    if work.options.rebuild is Rebuild.CHANGED:
        return _is_as_remembered(work, task)
    filled = work.project.tables[task.node].filled
    return kind is Kind.TABLE and (not filled or _has_rows(session, live))


def _is_as_remembered(work: Work, task: Task) -> bool:
    """Whether the last build of the node was made from the same files, and after all above it."""
    before = work.history.get(task.node)
    if before is None or not task.settled:
        return False
    if before.fingerprint != work.fingerprints[task.node]:
        return False
    above = (work.history.get(parent) for parent in work.project.dependencies[task.node])
    made = before.content_at
    return made is not None and all(
        other is None or other.content_at is None or other.content_at <= made for other in above
    )


def _find_unchanged(session: Session, work: Work, task: Task) -> Built:
    """The checks of a node that is left alone are evaluated where it is."""
    if work.options.create_only:
        return Built(NodeResult(task.node, "unchanged"))
    checks = _audit(session, work, task.node, None)
    return Built(NodeResult(task.node, "unchanged", checks=checks))


def _exists(connection: Connection, function: str, name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"select {function}(%s) is not null", (name,))
        row = cursor.fetchone()
    return bool(row and row[0])


def _has_rows(session: Session, relation: Relation) -> bool:
    return bool(session.run(f"select exists (select from {spell(relation)})")[0][0])  # noqa: S608


def _has_values(session: Session, work: Work, node: str) -> bool:
    """Whether a cleanup's column has any value; without a column nothing shows that it ran."""
    cleanup = work.project.cleanups[node.removesuffix("_cleanup")]
    live = Relation(work.schema, cleanup.table)
    if cleanup.column is None or not _exists(session.connection, "to_regclass", spell(live)):
        return False
    found = session.run(
        "select count(*) from pg_attribute where attrelid = to_regclass(%s) and attname = %s"
        " and not attisdropped",
        (spell(live), cleanup.column),
    )
    if not found[0][0]:
        return False
    column = spell_name(cleanup.column)
    query = f"select exists (select from {spell(live)} where {column} is not null)"  # noqa: S608
    return bool(session.run(query)[0][0])
