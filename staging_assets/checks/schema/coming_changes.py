"""What a build would change of the structure of tables that are there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from staging_assets.checks.core.snapshot import read_settled
from staging_assets.checks.schema.expected import read_expected
from staging_assets.checks.schema.structure import ColumnStructure, Structure, read_structures
from staging_assets.model import StagingProject
from staging_assets.postgres import Connection


def find_coming_changes(
    connection: Connection, project: StagingProject, schema: str, tables: Sequence[str]
) -> dict[str, list[str]]:
    """Find what the scripts would change: `column a is added: integer`, a line each.

    The scripts are run in a scratch schema, in transactions that are rolled back.

    Args:
        connection: idle.
        project: the folder of scripts.
        schema: the schema's real name.
        tables: those to look at. One that is not there, or is as its script says, has no entry.
    """
    live = read_settled(connection, lambda: read_structures(connection, schema, tables))
    present = [name for name in tables if name in live]
    if not present:
        return {}
    said = read_expected(connection, project, schema, present)
    found = {
        name: list(_find_changes(live[name], said.structures[name]))
        for name in present
        if name in said.structures
    }
    found |= {name: [f"its scripts fail: {error}"] for name, error in said.errors.items()}
    return {name: lines for name, lines in found.items() if lines}


def _find_changes(live: Structure, said: Structure) -> Iterator[str]:
    if live.kind != said.kind:
        yield f"the {live.kind} becomes a {said.kind}"
        return
    for name, column in said.columns.items():
        before = live.columns.get(name)
        if before is None:
            yield f"column {name} is added: {column.type}"
        elif before.type != column.type:
            yield f"column {name} changes its type: {before.type} to {column.type}"
        elif before != column:
            yield f"column {name} changes: {', '.join(_find_aspects(before, column))}"
    for name in live.columns:
        if name not in said.columns:
            yield f"column {name} is dropped"
    before_rules = {(rule.what, rule.definition) for rule in live.rules}
    for rule in said.rules:
        if (rule.what, rule.definition) not in before_rules:
            yield f"{rule.what} {rule.name} is added: {rule.definition}"


def _find_aspects(before: ColumnStructure, after: ColumnStructure) -> Iterator[str]:
    if before.not_null != after.not_null:
        yield "NOT NULL" if after.not_null else "no longer NOT NULL"
    for aspect in ("default", "identity", "generated", "collation"):
        if getattr(before, aspect) != getattr(after, aspect):
            yield f"its {aspect}"
