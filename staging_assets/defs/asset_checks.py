"""Asset checks from targets: their specs, and the results as Dagster stores them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg

from staging_assets.checks.suite import Check, CheckResult, find_checks
from staging_assets.defs.specs import build_key
from staging_assets.model import StagingProject


def build_check_specs(project: StagingProject) -> list[dg.AssetCheckSpec]:
    """One spec for each check of each node.

    Args:
        project: the folder of scripts.
    """
    return [
        build_check_spec(target) for targets in find_checks(project).values() for target in targets
    ]


def build_check_spec(target: Check) -> dg.AssetCheckSpec:
    """The spec of one check.

    A blocking check is one that is evaluated before its table is published. Those of the whole
    schema come after everything else; for them it means that the run ends failed, and that
    assets outside this project that read staging are not started.
    """
    return dg.AssetCheckSpec(
        name=target.name,
        asset=build_key(target.table),
        description=target.description or describe(target),
        blocking=target.blocking,
    )


def build_check_result(result: CheckResult, asset_key: dg.AssetKey) -> dg.AssetCheckResult:
    """The result of one check, with numbers as numbers so that Dagster plots them.

    Args:
        result: what came of the target.
        asset_key: the asset whose check it is.
    """
    return dg.AssetCheckResult(
        asset_key=asset_key,
        check_name=result.name,
        passed=result.passed,
        severity=dg.AssetCheckSeverity[result.severity],
        description=result.summary or None,
        metadata=_build_metadata(result),
    )


def _build_metadata(result: CheckResult) -> Mapping[str, Any]:
    metadata: dict[str, Any] = {}
    for name, value in result.metadata.items():
        if name == "sql":
            metadata[name] = dg.MetadataValue.md(f"```sql\n{value}\n```")
        elif isinstance(value, (list, tuple)):
            metadata[name] = dg.MetadataValue.json(list(value))
        else:
            metadata[name] = value
    if result.error:
        metadata["evaluated"] = False
    return metadata


def describe(target: Check) -> str:
    """The check in words, from its kind and arguments."""
    arguments = {name: _say(value) for name, value in target.arguments.items()}
    if target.kind == "row_count_change":
        limits = [
            f"at most {arguments[name]} % {word} rows" for name, word in _WAYS if name in arguments
        ]
        return f"{' and '.join(limits).capitalize()} than in the last build."
    if target.kind == "column_value":
        who = "Any row" if target.arguments["rows"] == "any" else "Every row"
        return f"{who}: {arguments['condition']}"
    return _WORDS.get(target.kind, target.kind.replace("_", " ")).format_map(arguments)


_WAYS = (("drop", "fewer"), ("growth", "more"))
_WORDS = {
    "min_rows": "At least {rows} rows.",
    "row_count_between": "{least} to {most} rows.",
    "unique": "No two rows are equal in {columns}.",
    "not_null": "Every row has a value in {columns}.",
    "has_values": "At least one row has a value in {column}.",
    "accepted_values": "{column} is one of {values}, or NULL.",
    "relationship": "Every {column} is in {to}.{to_column}.",
    "column_exists": "The table has {columns}.",
    "column_type": "{column} is of type {type}.",
    "freshness": "The newest {column} is at most {age} old.",
    "sql": "This returns no rows: {query}",
}


def _say(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
