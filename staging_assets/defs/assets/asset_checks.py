"""Asset checks from checks: their specs, and the results as Dagster stores them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import dagster as dg

from staging_assets.checks import (
    FUNCTIONS_WORK,
    Check,
    CheckResult,
    describe_check,
    find_checks,
)
from staging_assets.defs.translation.specs import AssetSpecs
from staging_assets.model import Kind, StagingProject


def build_check_specs(project: StagingProject, specs: AssetSpecs) -> list[dg.AssetCheckSpec]:
    """One spec for each check of each node.

    Args:
        project: the folder of scripts.
        specs: what the nodes' keys are.
    """
    return [
        build_check_spec(check, specs)
        for checks in find_checks(project).values()
        for check in checks
    ]


def build_check_spec(check: Check, specs: AssetSpecs) -> dg.AssetCheckSpec:
    """The spec of one check.

    A blocking check is one that is evaluated before its table is published. Those of the whole
    schema come after everything else; for them it means that the run ends failed, and that
    assets outside this project that read staging are not started.
    """
    return dg.AssetCheckSpec(
        name=check.name,
        asset=specs.key(check.table),
        description=describe_check(check),
        blocking=check.blocking,
    )


def find_checks_of_run(
    project: StagingProject,
    checks: Mapping[str, Sequence[Check]],
    chosen: Collection[tuple[str, str]],
    nodes: Collection[str],
    added: Collection[str],
) -> dict[str, list[Check]]:
    """The checks that a run evaluates, by node.

    Args:
        project: the folder of scripts.
        checks: all there are, by node.
        chosen: node and name of those that were selected.
        nodes: the nodes that were selected. Where scripts of functions are among them, it is looked
            whether these can work, whatever else was selected.
        added: nodes that are built without being selected; all of their checks count.
    """
    makes = any(project.kind(node) is Kind.PROCEDURES for node in nodes)
    wanted = {
        node: [
            check
            for check in of_node
            if node in added or check.key in chosen or (makes and check.kind == FUNCTIONS_WORK)
        ]
        for node, of_node in checks.items()
    }
    return {node: of_node for node, of_node in wanted.items() if of_node}


def build_check_result(result: CheckResult, asset_key: dg.AssetKey) -> dg.AssetCheckResult:
    """The result of one check, with numbers as numbers so that Dagster plots them.

    Args:
        result: what came of the check.
        asset_key: the asset whose check it is.
    """
    return dg.AssetCheckResult(**_build_fields(result, asset_key))


def build_check_event(result: CheckResult, asset_key: dg.AssetKey) -> dg.AssetCheckEvaluation:
    """The result of a check that was not selected, to be recorded beside the step's outputs.

    Args:
        result: what came of the check.
        asset_key: the asset whose check it is.
    """
    return dg.AssetCheckEvaluation(**_build_fields(result, asset_key))


def _build_fields(result: CheckResult, asset_key: dg.AssetKey) -> dict[str, Any]:
    return {
        "asset_key": asset_key,
        "check_name": result.name,
        "passed": result.passed,
        "severity": dg.AssetCheckSeverity[result.severity],
        "description": result.summary or None,
        "metadata": _build_metadata(result),
    }


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
