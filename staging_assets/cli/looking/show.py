"""`staging-assets show`: all that is known of one node."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timezone
from typing import Any

import click

from staging_assets.builder import read_history
from staging_assets.checks import KINDS, find_checks
from staging_assets.cli.common.options import (
    find_asset_key,
    find_nodes,
    read_staging_schema,
    schema_options,
)
from staging_assets.cli.looking.ls import find_given_way, find_scripts
from staging_assets.errors import SettingsError, StagingError
from staging_assets.model import StagingProject, Table
from staging_assets.postgres import find_server, is_asleep, read_branch
from staging_assets.project import load_project
from staging_assets.settings import StagingSchema


@click.command()
@click.argument("name", metavar="NAME")
@schema_options
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def show(name: str, as_json: bool, **said: str | None) -> int:
    """Show a table, lookup, procedure script or cleanup.

    Its scripts and columns, what it is made from and what is made from it, its checks, and its
    last build. The embedded server is not started for that.
    """
    staging = read_staging_schema(**said)
    project = load_project(staging, staging.department, KINDS, home=staging.home)
    nodes = find_nodes(staging, project, [name])
    if len(nodes) > 1:
        raise SettingsError(f"{name}: these are {len(nodes)}. Name one: {', '.join(nodes[:5])}.")
    found = {**_describe(staging, project, nodes[0]), **_find_build(staging, nodes[0])}
    print(json.dumps(found, indent=2, default=str) if as_json else "\n".join(_build_lines(found)))
    return 0


def _describe(staging: StagingSchema, project: StagingProject, node: str) -> dict[str, Any]:
    table = project.tables.get(node)
    above, sources = project.dependencies[node], project.sources.get(node, ())
    below = [each for each in project.nodes if node in project.dependencies[each]]
    described = project.config.descriptions.get(node) or (table.comment if table else None)
    return {
        "asset": find_asset_key(staging, node),
        "kind": project.kind(node).value,
        "description": described,
        "owners": list(project.config.owners.get(node, ())),
        "scripts": find_scripts(project, node),
        "given way": find_given_way(project, node),
        "columns": _describe_columns(table) if table else [],
        "upstream": [
            *(find_asset_key(staging, each) for each in project.nodes if each in above),
            *(str(source) for source in sorted(sources)),
        ],
        "downstream": [find_asset_key(staging, each) for each in below],
        "checks": [check.name for check in find_checks(project).get(node, ())],
        "built in place": (table.in_place if table else None),
    }


def _describe_columns(table: Table) -> list[dict[str, Any]]:
    return [
        {
            "name": column.name,
            "type": column.type,
            "comment": column.comment,
            "from": sorted(
                f"{each.relation}.{each.column}" for each in table.lineage.get(column.name, ())
            ),
        }
        for column in table.columns
    ]


def _find_build(staging: StagingSchema, node: str) -> dict[str, Any]:
    """Its last build; or why nothing is known of one."""
    try:
        if is_asleep(staging.postgres):
            return {"last build": None, "note": "the embedded server does not run"}
        with closing(find_server(staging.postgres).connect_own("show")) as connection:
            branch = read_branch(connection, staging.schema)
            # What a branch has not built itself is the live schema's.
            shared = branch is not None and node not in branch.built
            schema = branch.live if branch is not None and shared else staging.schema
            build = read_history(connection, schema).get(node)
    except StagingError as error:
        return {"last build": None, "note": str(error)}
    if build is None:
        return {"last build": None}
    return {
        "last build": {
            "ended": build.built_at,
            "rows": build.rows,
            "seconds": round(build.seconds, 3),
            "run": build.run_id,
        },
        **({"schema": schema} if shared else {}),
    }


def _build_lines(found: dict[str, Any]) -> Iterator[str]:
    """The same for people: what is empty is left out."""
    yield f"{found['asset']}  ({found['kind']})"
    if found["description"]:
        yield " ".join(found["description"].split())
    for title in ("owners", "scripts", "given way", "upstream", "downstream", "checks"):
        if found[title]:
            yield f"\n{title}:"
            yield from (f"  {each}" for each in found[title])
    if found["built in place"]:
        yield f"\nbuilt in place: {found['built in place']}"
    if found["columns"]:
        yield "\ncolumns:"
        wide = max(len(column["name"]) for column in found["columns"])
        types = max(len(column["type"]) for column in found["columns"])
        for column in found["columns"]:
            made = f"from {', '.join(column['from'])}" if column["from"] else ""
            yield f"  {column['name']:<{wide}}  {column['type']:<{types}}  {made}".rstrip()
    yield f"\nlast build, in {found['schema']}:" if "schema" in found else "\nlast build:"
    build = found["last build"]
    if build is None:
        yield f"  none known{': ' + found['note'] if found.get('note') else ''}"
        return
    ended = build["ended"]
    when = _spell(ended) if isinstance(ended, datetime) else "at a time that is not known"
    rows = ""
    if build["rows"] is not None:
        rows = f"{build['rows']:,} row{'' if build['rows'] == 1 else 's'}, "
    yield f"  {when}: {rows}{build['seconds']:.2f} s, run {build['run'] or 'unknown'}"


def _spell(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
