"""`staging-assets diff`: how two schemas differ."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

import click

from staging_assets.cli.common.options import read_staging_schema
from staging_assets.postgres import find_server
from staging_assets.reports import RowChanges, SchemaDiff, find_diff

EXIT_DIFFERENT = 2


@click.command(
    epilog="\b\nExit codes: 0 they are the same, 1 they cannot be compared, 2 they differ."
)
@click.argument("old", metavar="A")
@click.argument("new", metavar="B")
@click.option("--table", "tables", multiple=True, metavar="TABLE", help="only this; repeatable")
@click.option("--no-rows", is_flag=True, help="compare the structure, and leave the rows alone")
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def diff(old: str, new: str, tables: Sequence[str], no_rows: bool, as_json: bool) -> int:
    """Say how schema B differs from schema A: tables, columns, keys, rows.

    Rows are compared by key where a table has one, in the database, by hashes; none is shown.
    """
    staging = read_staging_schema()
    server = find_server(staging.postgres)
    found = find_diff(server, old, new, only=tables, rows=not no_rows)
    if as_json:
        print(json.dumps({"same": found.same, **asdict(found)}, indent=2))
    else:
        for line in build_lines(found):
            print(line)
    return 0 if found.same else EXIT_DIFFERENT


def build_lines(found: SchemaDiff) -> Iterator[str]:
    """The differences, a table a paragraph, and a line that sums them up."""
    yield from (f"- {each}" for each in found.removed)
    yield from (f"+ {each}" for each in found.added)
    yield from (f"~ {each}" for each in found.replaced)
    different = 0
    for name, table in found.tables.items():
        if table.same:
            continue
        different += 1
        yield f"~ table {name}{_say_rows(table.rows)}"
        yield from (f"    {line}" for line in table.structure)
    if found.same:
        same = len(found.tables) + len(found.shared)
        yield f"{found.old} and {found.new} are the same: {same} tables"
        return
    parts = [
        f"{different} of {len(found.tables)} tables differ",
        f"{len(found.removed)} are only in {found.old}" if found.removed else "",
        f"{len(found.added)} are only in {found.new}" if found.added else "",
        f"{len(found.replaced)} views or routines differ" if found.replaced else "",
        f"{len(found.shared)} are the same table in both" if found.shared else "",
    ]
    yield ", ".join(part for part in parts if part)


def _say_rows(rows: RowChanges | None) -> str:
    if rows is None:
        return ""
    if rows.same:
        return f": the same {rows.before:,} rows"
    parts = [
        f"{rows.before:,} -> {rows.after:,} rows",
        f"{rows.removed:,} removed",
        f"{rows.added:,} added",
        "no key" if rows.changed is None else f"{rows.changed:,} changed",
    ]
    return f": {', '.join(parts)}"
