"""Evaluate a node's checks before it is published, and stop it where one says so."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.errors import BuildError
from staging_assets.postgres.presence import has_schema
from staging_assets.postgres.targets import (
    EvaluationContext,
    Target,
    TargetResult,
    evaluate_targets,
)
from staging_assets.postgres.work import Work
from staging_assets.project.model import SCHEMA_NODE, Relation


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


def run_audit(
    connection: Connection,
    work: Work,
    node: str,
    *,
    relation: Relation | None = None,
    own: Collection[str] = (),
) -> tuple[TargetResult, ...]:
    """Evaluate the node's targets.

    Args:
        relation: where its table is now; None is where it is published.
        own: names of everything that belongs to the table.

    Raises ChecksFailedError when one of them says that the node must stop.
    """
    targets = work.targets.get(node, ())
    if not targets:
        return ()
    if node == SCHEMA_NODE:
        found = _evaluate_schema(connection, work.schema, targets)
    else:
        before = work.history.get(node)
        found = evaluate_targets(
            connection,
            targets,
            relation=relation or Relation(work.schema, node.removesuffix("_cleanup")),
            schema=work.schema,
            context=EvaluationContext(own=own, previous_rows=before.rows if before else None),
        )
    if any(check.stops for check in found):
        raise ChecksFailedError(node, found)
    return tuple(found)


def _evaluate_schema(
    connection: Connection, schema: str, targets: Sequence[Target]
) -> list[TargetResult]:
    """Evaluate `schema_exists`; the other checks of the whole schema are the caller's, later."""
    exists = has_schema(connection, schema)
    summary = f"the schema {schema} exists" if exists else f"there is no schema {schema}"
    return [
        TargetResult(t.name, t.table, exists, t.severity, t.blocking, summary=summary)
        for t in targets
        if t.kind == "schema_exists"
    ]
