"""Dagster definitions of the steps of a plan, in one multi-asset that does nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg

PLAN: dict[str, Any] = json.loads(Path(os.environ["BENCH_PLAN"]).read_text())
SCHEMA_CHECKS = ("schema_exists", "schema_matches_scripts", "foreign_keys_valid")
FIRST = dg.AssetKey(["staging", "schema"])


def find_key(step: dict[str, Any]) -> dg.AssetKey:
    return dg.AssetKey(["staging", *step["name"].split("/")])


SPECS = [
    dg.AssetSpec(FIRST, group_name="schema"),
    *(
        dg.AssetSpec(
            find_key(step),
            group_name=f"{step['kind']}s",
            deps=[
                *(
                    dg.AssetKey(["staging", *need.split("/")])
                    for need in step["needs"] or ["schema"]
                ),
                *(dg.AssetKey(["etl", source]) for source in step["sources"]),
            ],
        )
        for step in PLAN["steps"]
    ),
]
CHECKS = [
    *(dg.AssetCheckSpec(name, asset=FIRST, blocking=True) for name in SCHEMA_CHECKS),
    *(
        dg.AssetCheckSpec(name, asset=find_key(step), blocking=True)
        for step in PLAN["steps"]
        for name in step["checks"]
    ),
]


@dg.multi_asset(name="staging_build", specs=SPECS, check_specs=CHECKS, can_subset=True)
def staging_build() -> Iterator[dg.MaterializeResult[None]]:
    checks: dict[dg.AssetKey, list[dg.AssetCheckResult]] = {}
    for check in CHECKS:
        result = dg.AssetCheckResult(asset_key=check.asset_key, check_name=check.name, passed=True)
        checks.setdefault(check.asset_key, []).append(result)
    for spec in SPECS:
        yield dg.MaterializeResult(
            asset_key=spec.key,
            metadata={"dagster/row_count": 3},
            check_results=checks.get(spec.key, []),
        )


defs = dg.Definitions(
    assets=[
        staging_build,
        *(dg.AssetSpec(["etl", name], group_name="etl") for name in PLAN["sources"]),
    ],
    executor=dg.in_process_executor,
)
