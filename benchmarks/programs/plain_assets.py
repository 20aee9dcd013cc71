"""Dagster definitions of the steps of a plan: one `@asset` each, nothing more."""

from __future__ import annotations

import json
import os
from contextlib import closing
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg2

PLAN: dict[str, Any] = json.loads(Path(os.environ["BENCH_PLAN"]).read_text())


def run_scripts(*texts: str) -> None:
    with closing(psycopg2.connect(os.environ["BENCH_URL"])) as connection:
        for text in texts:
            connection.cursor().execute(text)
        connection.commit()


@dg.asset
def schema() -> None:
    run_scripts("create schema staging")


def build_asset(step: dict[str, Any]) -> dg.AssetsDefinition:
    @dg.asset(
        name=step["name"].replace("/", "__"),
        deps=["schema", *(need.replace("/", "__") for need in step["needs"])],
    )
    def build() -> None:
        run_scripts(*(Path(script).read_text() for script in step["scripts"]))

    return build


defs = dg.Definitions(assets=[schema, *map(build_asset, PLAN["steps"])])
