"""The checks of every node: the defaults and what staging.yaml declares."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from staging_assets.checks.bodies.routines import find_making_scripts
from staging_assets.checks.core.check import ERROR, Check
from staging_assets.checks.kinds import KINDS
from staging_assets.checks.kinds.columns import HAS_VALUES
from staging_assets.checks.kinds.kind import CheckKind
from staging_assets.checks.kinds.rows import TABLE_EXISTS, TABLE_NOT_EMPTY
from staging_assets.checks.kinds.whole_schema import FUNCTIONS
from staging_assets.model import SCHEMA_NODE, CheckDeclaration, StagingProject, cleanup_node


def find_checks(project: StagingProject) -> dict[str, tuple[Check, ...]]:
    """Find the checks of every node that has any: node to checks.

    Args:
        project: the folder of scripts, with the declarations of its staging.yaml.

    By default there is one check a node, the one that was its luigi target, and three of the
    whole schema, or four where scripts make functions. A declaration named like a default (or of
    its kind) overrides it; others add.
    """
    found: dict[str, dict[str, Check]] = {}
    for check in _find_defaults(project):
        found.setdefault(check.table, {})[check.name] = check
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
    for kind in KINDS.values():
        if kind.of_schema and (kind is not FUNCTIONS or find_making_scripts(project)):
            yield _build_default(kind, SCHEMA_NODE)
    for table in project.tables.values():
        yield _build_default(TABLE_NOT_EMPTY if table.filled else TABLE_EXISTS, table.name)
    for cleanup in project.cleanups.values():
        node = cleanup_node(cleanup.table)
        if cleanup.column is None:
            text = "The cleanup left rows in the table."
            yield _build_default(TABLE_NOT_EMPTY, node, description=text, relation=cleanup.table)
        else:
            yield replace(
                _build_default(
                    HAS_VALUES, node, {"column": cleanup.column}, relation=cleanup.table
                ),
                name=build_check_name(f"{cleanup.column}_has_values"),
            )


def _build_default(
    kind: CheckKind,
    node: str,
    arguments: Mapping[str, Any] | None = None,
    description: str | None = None,
    relation: str = "",
) -> Check:
    return Check(
        kind.name, kind.name, node, arguments or {}, description=description, relation=relation
    )


def _override(of_node: dict[str, Check], declared: CheckDeclaration) -> None:
    """Change the default check that is meant, or take it away."""
    changes: Mapping[str, Any] = declared.arguments["override"]
    if changes.get("severity") == ERROR:
        # A warning never blocks; what is made an error again blocks again.
        changes = {"blocking": True, **changes}
    excepted = changes.get("arguments", {}).get("except", ())
    for name, check in list(of_node.items()):
        if declared.kind in (name, check.kind):
            if changes.get("off"):
                del of_node[name]
            elif excepted:
                # What a department excepts is added to what is excepted for all.
                every = dict.fromkeys((*check.arguments.get("except", ()), *excepted))
                arguments = {**check.arguments, "except": tuple(every)}
                of_node[name] = replace(check, **{**changes, "arguments": arguments})
            else:
                of_node[name] = replace(check, **changes)


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


def is_late(check: Check) -> bool:
    """Whether it can only be answered when everything else has been built."""
    return KINDS[check.kind].late


def describe_check(check: Check) -> str:
    """What a check says, in one sentence: its own description, or its kind's words."""
    return check.description or KINDS[check.kind].describe(check.arguments)


def build_check_name(text: str) -> str:
    """A name that Dagster accepts: everything but letters, digits and _ becomes _."""
    return re.sub(r"[^A-Za-z0-9_]", "_", text)
