"""The checks of every node: the defaults and what staging.yaml declares."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from staging_assets.checks.core.check import ERROR, Check, CheckResult, EvaluationContext
from staging_assets.checks.evaluate import Subject, evaluate_checks, evaluate_many
from staging_assets.model import SCHEMA_NODE, CheckDeclaration, StagingProject, cleanup_node

SCHEMA_KINDS = ("schema_exists", "schema_matches_scripts", "foreign_keys_valid")

_DESCRIPTIONS = {
    "schema_exists": "The schema exists.",
    "schema_matches_scripts": (
        "Columns, types, keys and indexes of every table are as its CREATE script says."
    ),
    "foreign_keys_valid": "Every foreign key is validated, and no row breaks one.",
    "table_exists": "The table exists.",
    "table_not_empty": "The table has at least one row.",
}


def find_checks(project: StagingProject) -> dict[str, tuple[Check, ...]]:
    """Find the checks of every node that has any: node to checks.

    Args:
        project: the folder of scripts, with the declarations of its staging.yaml.

    By default there is one check a node, the one that was its luigi target, and three of the
    whole schema. A declaration named like a default (or of its kind) overrides it; others add.
    """
    found: dict[str, dict[str, Check]] = {}
    for target in _find_defaults(project):
        found.setdefault(target.table, {})[target.name] = target
    nodes = frozenset(project.nodes)
    for declared in project.config.checks:
        if declared.table not in nodes:
            continue  # a cleanup that other departments have and this one has not
        of_node = found.setdefault(declared.table, {})
        if declared.arguments.get("override"):
            _override(of_node, declared)
        else:
            of_node[declared.name] = _build_check(project, declared)
    return {node: tuple(of_node.values()) for node, of_node in found.items() if of_node}


def _find_defaults(project: StagingProject) -> Iterator[Check]:
    for kind in SCHEMA_KINDS:
        yield Check(kind, kind, SCHEMA_NODE, description=_DESCRIPTIONS[kind])
    for table in project.tables.values():
        kind = "table_not_empty" if table.filled else "table_exists"
        yield Check(kind, kind, table.name, description=_DESCRIPTIONS[kind])
    for cleanup in project.cleanups.values():
        node = cleanup_node(cleanup.table)
        if cleanup.column is None:
            kind = "table_not_empty"
            text = "The cleanup left rows in the table."
            yield Check(kind, kind, node, description=text, relation=cleanup.table)
        else:
            yield Check(
                build_check_name(f"{cleanup.column}_has_values"),
                "has_values",
                node,
                {"column": cleanup.column},
                description=f"The column {cleanup.column} has at least one value.",
                relation=cleanup.table,
            )


def _override(of_node: dict[str, Check], declared: CheckDeclaration) -> None:
    """Change the default check that is meant, or take it away."""
    changes: Mapping[str, Any] = declared.arguments["override"]
    if changes.get("severity") == ERROR:
        # A warning never blocks; what is made an error again blocks again.
        changes = {"blocking": True, **changes}
    for name, target in list(of_node.items()):
        if declared.kind in (name, target.kind):
            if changes.get("off"):
                del of_node[name]
            else:
                of_node[name] = replace(target, **changes)


def _build_check(project: StagingProject, declared: CheckDeclaration) -> Check:
    node = declared.table
    return Check(
        name=declared.name,
        kind=declared.kind,
        table=node,
        arguments=declared.arguments,
        severity=declared.severity,
        blocking=declared.blocking,
        description=declared.description,
        relation=project.node(node).name,
    )


def build_check_name(text: str) -> str:
    """A name that Dagster accepts: everything but letters, digits and _ becomes _."""
    return re.sub(r"[^A-Za-z0-9_]", "_", text)


__all__ = [
    "SCHEMA_KINDS",
    "Check",
    "CheckResult",
    "EvaluationContext",
    "Subject",
    "build_check_name",
    "evaluate_checks",
    "evaluate_many",
    "find_checks",
]
