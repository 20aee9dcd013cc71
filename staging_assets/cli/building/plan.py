"""`staging-assets plan`: what a run would build and why, without building anything."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from functools import partial

import click

from staging_assets.builder import Rebuild
from staging_assets.checks import KINDS
from staging_assets.cli.common.options import (
    find_asset_key,
    find_branch,
    find_nodes,
    read_staging_schema,
    schema_options,
)
from staging_assets.postgres import find_server
from staging_assets.project import load_project
from staging_assets.scheduler import plan_to_json, read_plan, read_start, read_touched, tell_plan

EXIT_NOTHING, EXIT_WORK = 0, 2


@click.command(
    epilog="Exit codes: 0 there is nothing to build, 2 there is something, 1 it could not be found "
    "out, 3 the folder of scripts is wrong."
)
@click.argument("patterns", metavar="[PATTERN]...", nargs=-1)
@schema_options
@click.option(
    "--rebuild",
    type=click.Choice(["all", "changed"]),
    default="changed",
    show_default=True,
    help="as for the run",
)
@click.option(
    "--changed-from",
    metavar="LIVE",
    help="of a branch: what the schema LIVE has otherwise, and what depends on it",
)
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def plan(
    patterns: Sequence[str],
    rebuild: str,
    changed_from: str | None,
    as_json: bool,
    **said: str | None,
) -> int:
    """Say what a run would build and why, and what it would leave. Nothing is changed.

    PATTERN picks nodes: a name, or one with stars such as 'lookup_*'. The run's first lines are the
    same text. Below it stands what changes in the structure of tables, and what is carried over to
    the new ones: views, foreign keys of other tables, grants.
    """
    staging = read_staging_schema(**said)
    schema = staging.schema
    if changed_from is not None:
        schema = find_branch(staging, changed_from)
        said["schema"] = changed_from
        staging = read_staging_schema(**said)  # the assets are the live schema's
    project = load_project(staging, staging.department, KINDS, home=staging.home)
    nodes = find_nodes(staging, project, patterns) if patterns else project.nodes
    name = partial(find_asset_key, staging)
    server = find_server(staging.postgres)
    with closing(server.connect_own("plan")) as connection:
        if changed_from is None:
            found = read_plan(connection, project, schema, nodes, Rebuild(rebuild))
            touched = read_touched(connection, project, schema, found)
        else:
            start = read_start(connection, project, schema, changed_from)
            found = read_plan(connection, project, schema, nodes, Rebuild(rebuild), start=start)
            touched = read_touched(connection, project, changed_from, found)
    if as_json:
        told = {name(node): lines for node, lines in touched.items()}
        print(json.dumps({**plan_to_json(found, name), "touched": told}, indent=2))
    else:
        lines = tell_plan(found, name)
        for node, of_node in touched.items():
            lines += [f"{name(node)}:", *(f"  {line}" for line in of_node)]
        print("\n".join(lines))
    return EXIT_WORK if found.build else EXIT_NOTHING
