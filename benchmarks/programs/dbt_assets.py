"""Dagster definitions of a dbt project, as dagster-dbt's own documentation writes them."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliResource, dbt_assets

# No `from __future__ import annotations`: Dagster looks at the type of `context` itself.
PROJECT = Path(os.environ["BENCH_DBT"])


@dbt_assets(manifest=PROJECT / "target" / "manifest.json")
def tables(context: dg.AssetExecutionContext, dbt: DbtCliResource) -> Iterator[Any]:
    yield from dbt.cli(["run"], context=context).stream()


defs = dg.Definitions(
    assets=[tables],
    resources={"dbt": DbtCliResource(project_dir=str(PROJECT), profiles_dir=str(PROJECT))},
    executor=dg.in_process_executor if os.environ["BENCH_EXECUTOR"] == "in_process" else None,
)
