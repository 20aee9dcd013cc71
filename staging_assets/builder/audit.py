"""Evaluate a node's checks before it is published, and stop it where one says so."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.builder.context import RunContext
from staging_assets.checks.core.check import build_result
from staging_assets.checks.suite import (
    Check,
    CheckResult,
    EvaluationContext,
    evaluate_checks,
)
from staging_assets.errors import BuildError
from staging_assets.model import SCHEMA_NODE, Relation
from staging_assets.postgres import has_schema


class ChecksFailedError(BuildError):
    """A blocking check failed on what was built; it was not published."""

    def __init__(self, node: str, checks: Sequence[CheckResult]) -> None:
        self.checks = tuple(checks)
        failed = [check for check in checks if check.stops]
        named = "; ".join(f"{check.name}: {check.summary}" for check in failed)
        super().__init__(
            f"{node}: {named}. Nothing was published. "
            "Correct the rows or the check, then build this again."
        )


def run_audit(
    connection: Connection,
    work: RunContext,
    node: str,
    *,
    relation: Relation | None = None,
    own: Collection[str] = (),
    rows: int | None = None,
) -> tuple[CheckResult, ...]:
    """Evaluate the node's targets.

    Args:
        relation: where its table is now; None is where it is published.
        own: names of everything that belongs to the table.
        rows: how many rows it has, where that has been counted: then nothing is asked for checks
            that this answers.

    Raises ChecksFailedError when one of them says that the node must stop.
    """
    targets = work.targets.get(node, ())
    if not targets:
        return ()
    if node == SCHEMA_NODE:
        found = _evaluate_schema(connection, work.schema, targets)
    else:
        known = {target.name: _judge_rows(target, rows) for target in targets}
        before = work.history.get(node)
        asked = [target for target in targets if known[target.name] is None]
        answers = iter(
            evaluate_checks(
                connection,
                asked,
                relation=relation or Relation(work.schema, work.project.node(node).name),
                schema=work.schema,
                context=EvaluationContext(own=own, previous_rows=before.rows if before else None),
            )
            if asked
            else ()
        )
        found = [known[target.name] or next(answers) for target in targets]
    if any(check.stops for check in found):
        raise ChecksFailedError(node, found)
    return tuple(found)


def _judge_rows(target: Check, rows: int | None) -> CheckResult | None:
    """The result of a check that the number of rows answers; None for any other."""
    if rows is None or target.relation != target.table:
        return None
    if target.kind == "table_exists":
        return build_result(target, True, "the table exists")
    if target.kind != "table_not_empty":
        return None
    summary = "the table has rows" if rows else "the table is empty"
    return build_result(target, rows > 0, summary, {"rows": rows, "threshold": 1})


def _evaluate_schema(
    connection: Connection, schema: str, targets: Sequence[Check]
) -> list[CheckResult]:
    """Evaluate `schema_exists`; the other checks of the whole schema are the caller's, later."""
    exists = has_schema(connection, schema)
    summary = f"the schema {schema} exists" if exists else f"there is no schema {schema}"
    return [
        CheckResult(t.name, t.table, exists, t.severity, t.blocking, summary=summary)
        for t in targets
        if t.kind == "schema_exists"
    ]
