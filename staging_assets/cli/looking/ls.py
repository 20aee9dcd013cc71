"""`staging-assets ls`: what the folder of scripts makes, without a database."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click

from staging_assets.checks import KINDS
from staging_assets.cli.common.options import (
    find_asset_key,
    find_nodes,
    read_staging_schema,
    schema_options,
)
from staging_assets.model import StagingProject
from staging_assets.project import load_project


@click.command()
@click.argument("patterns", metavar="[PATTERN]...", nargs=-1)
@schema_options
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def ls(patterns: Sequence[str], as_json: bool, **said: str | None) -> int:
    """List what the scripts make, in build order: asset, kind, scripts.

    PATTERN picks some of them: a name, or one with stars such as 'lookup_*'.
    """
    staging = read_staging_schema(**said)
    project = load_project(staging, staging.department, KINDS, home=staging.home)
    nodes = find_nodes(staging, project, patterns) if patterns else project.nodes
    rows = [
        {
            "asset": find_asset_key(staging, node),
            "kind": project.kind(node).value,
            "scripts": find_scripts(project, node),
            "given way": find_given_way(project, node),
            "upstream": [find_asset_key(staging, each) for each in _sort(project, node)],
            "sources": sorted(str(each) for each in project.sources.get(node, ())),
        }
        for node in nodes
    ]
    print(json.dumps(rows, indent=2) if as_json else _build_table(rows))
    return 0


def find_scripts(project: StagingProject, node: str) -> list[str]:
    """The files that make a node, as they are shown to people.

    Args:
        project: the folder.
        node: one of its nodes.
    """
    scripts = project.find_scripts(node).values()
    labels = list(dict.fromkeys(script.label for script in scripts))  # parts of one file
    table = project.tables.get(node)
    return [*labels, table.lookup.label] if table and table.lookup else labels


def find_given_way(project: StagingProject, node: str) -> list[str]:
    """The files that would make a node, were there none in a folder before theirs.

    Args:
        project: the folder.
        node: one of its nodes.
    """
    return [
        other for label in find_scripts(project, node) for other in project.find_given_way(label)
    ]


def _sort(project: StagingProject, node: str) -> list[str]:
    above = project.dependencies[node]
    return [each for each in project.nodes if each in above]


def _build_table(rows: Sequence[dict[str, Any]]) -> str:
    wide = max((len(row["asset"]) for row in rows), default=0)
    kinds = max((len(row["kind"]) for row in rows), default=0)
    lines = []
    for row in rows:
        scripts = ", ".join(row["scripts"])
        if row["given way"]:
            scripts += f" (instead of {', '.join(row['given way'])})"
        lines.append(f"{row['asset']:<{wide}}  {row['kind']:<{kinds}}  {scripts}".rstrip())
    return "\n".join(lines)
