"""Evaluate a node's checks before it is published, and stop it where one says so."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from staging_assets.builder.context import RunContext
from staging_assets.checks import (
    Check,
    CheckResult,
    EvaluationContext,
    answer_by_rows,
    build_result,
    evaluate_checks,
    is_late,
)
from staging_assets.errors import BuildError
from staging_assets.model import SCHEMA_NODE, Relation
from staging_assets.postgres import Connection, has_schema


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
    """Evaluate the node's checks.

    Args:
        relation: where its table is now; None is where it is published.
        own: names of everything that belongs to the table.
        rows: how many rows it has, where that has been counted: then nothing is asked for checks
            that this answers.

    Raises ChecksFailedError when one of them says that the node must stop.
    """
    checks = work.checks.get(node, ())
    if not checks:
        return ()
    if node == SCHEMA_NODE:
        found = _evaluate_schema(connection, work.schema, checks)
    else:
        known = {check.name: _answer_by_rows(check, rows) for check in checks}
        before = work.history.get(node)
        asked = [check for check in checks if known[check.name] is None]
        answers = iter(
            evaluate_checks(
                connection,
                asked,
                relation=relation or Relation(work.schema, work.project.node(node).name),
                schema=work.schema,
                schemas=work.project.schemas,
                context=EvaluationContext(own=own, previous_rows=before.rows if before else None),
            )
            if asked
            else ()
        )
        found = [known[check.name] or next(answers) for check in checks]
    if any(check.stops for check in found):
        raise ChecksFailedError(node, found)
    return tuple(found)


def _answer_by_rows(check: Check, rows: int | None) -> CheckResult | None:
    """The result of a check that the number of rows answers; None for any other."""
    if rows is None or check.relation != check.table:
        return None
    return answer_by_rows(check, rows)


def _evaluate_schema(
    connection: Connection, schema: str, checks: Sequence[Check]
) -> list[CheckResult]:
    """Evaluate `schema_exists`; the other checks of the whole schema are the caller's, later."""
    exists = has_schema(connection, schema)
    summary = f"the schema {schema} exists" if exists else f"there is no schema {schema}"
    return [build_result(check, exists, summary) for check in checks if not is_late(check)]
