"""Asset checks from targets: their specs, and the results as Dagster stores them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg

from staging_assets.postgres.targets import Target, TargetResult, find_targets
from staging_assets.project.model import StagingProject
from staging_assets.specs import build_key


def build_check_specs(project: StagingProject) -> list[dg.AssetCheckSpec]:
    """One spec for each check of each node.

    Args:
        project: the folder of scripts.
    """
    return [
        build_check_spec(target) for targets in find_targets(project).values() for target in targets
    ]


def build_check_spec(target: Target) -> dg.AssetCheckSpec:
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


def build_check_result(result: TargetResult, asset_key: dg.AssetKey) -> dg.AssetCheckResult:
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


def _build_metadata(result: TargetResult) -> Mapping[str, Any]:
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


def describe(target: Target) -> str:
    """The check in words, from its kind and arguments."""
    arguments = {
        name: value
        for name, value in target.arguments.items()
        if name not in ("sample_columns", "seconds")
    }
    words = target.kind.replace("_", " ")
    if not arguments:
        return f"{words.capitalize()}."
    shown = "; ".join(f"{name.replace('_', ' ')}: {_say(v)}" for name, v in arguments.items())
    return f"{words.capitalize()}: {shown}."


def _say(value: Any) -> str:
    return ", ".join(str(v) for v in value) if isinstance(value, (list, tuple)) else str(value)
