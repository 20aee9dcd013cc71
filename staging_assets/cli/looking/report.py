"""`staging-assets report`: one HTML file about a run."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

import click

from staging_assets.checks import KINDS
from staging_assets.cli.common.options import find_asset_key, read_staging_schema, schema_options
from staging_assets.dagster_command import make_home
from staging_assets.defs import read_runs
from staging_assets.errors import SettingsError
from staging_assets.model import SCHEMA_NODE, StagingProject
from staging_assets.project import load_project
from staging_assets.reports import RunRecord, build_page
from staging_assets.settings import StagingSchema


@click.command()
@schema_options
@click.option(
    "--run", "run_id", metavar="ID", help="the run, or how its id begins (default: the last)"
)
@click.option(
    "--runs", type=click.IntRange(1, 100), default=12, show_default=True, help="for the trends"
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    default=Path("staging-report.html"),
    show_default=True,
    help="the file; - is standard output",
)
@click.option("--json", "as_json", is_flag=True, help="print what is known of the run as JSON")
def report(run_id: str | None, runs: int, output: Path, as_json: bool, **said: str | None) -> int:
    """Make one HTML file of the last run: what came of it, and where the time went.

    It has what changed, a timeline by worker, checks and rows over the last runs, the graph, and
    where each column comes from. It holds no rows, and loads nothing from anywhere.
    """
    staging = read_staging_schema(**said)
    refusal = None if os.environ.get("DAGSTER_HOME") else make_home(staging.home)
    if refusal is not None:
        raise SettingsError(refusal)
    project = load_project(staging, staging.department, KINDS, home=staging.home)
    run, *earlier = read_runs(staging, Path(os.environ["DAGSTER_HOME"]), run_id=run_id, count=runs)
    if as_json:
        print(_build_json(run))
        return 0
    page = build_page(
        run,
        earlier,
        _find_upstream(staging, project),
        descriptions=_find_descriptions(staging, project),
    )
    if str(output) == "-":
        print(page)
        return 0
    try:
        output.write_text(page, encoding="utf-8")
    except OSError as error:
        reason = error.strerror
    else:
        print(f"run {run.run_id[:8]}, {run.status}: {output.absolute()}")
        return 0
    raise SettingsError(f"{output}: {reason}. Name a file that can be written: --output FILE.")


def _find_upstream(staging: StagingSchema, project: StagingProject) -> dict[str, list[str]]:
    """Asset key to those that it is built from, sources too, in build order."""
    found = {}
    for node, above in project.dependencies.items():
        sources = project.sources.get(node, ())
        if node != SCHEMA_NODE:
            found[find_asset_key(staging, node)] = [
                *(find_asset_key(staging, each) for each in sorted(above - {SCHEMA_NODE})),
                *("/".join([*staging.key_prefix, s.schema, s.name]) for s in sorted(sources)),
            ]
    return found


def _find_descriptions(staging: StagingSchema, project: StagingProject) -> dict[str, str]:
    comments = {name: table.comment for name, table in project.tables.items() if table.comment}
    told = {**comments, **project.config.descriptions}
    return {find_asset_key(staging, node): text for node, text in told.items()}


def _build_json(run: RunRecord) -> str:
    return json.dumps(
        {**asdict(run), "seconds": run.seconds, "checks": [asdict(c) for c in run.checks.values()]},
        indent=2,
    )
