"""What the last build left in the catalog: tables, columns, keys, indexes, triggers, functions.

What is missing of it afterwards, or is something else, was dropped or altered by hand. Keys,
indexes and triggers that came in addition are people's own, and carried over by a build; they are
part of what the next one leaves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from staging_assets.model import Kind, Relation, StagingProject, find_rule
from staging_assets.parser import quote, quote_literal
from staging_assets.postgres import (
    BUILDS,
    OWN_PATH,
    Connection,
    find_build_schema,
    row_state_sql,
)

_ITEMS = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")


def read_catalog(
    connection: Connection, project: StagingProject, schema: str, nodes: Iterable[str]
) -> dict[str, dict[str, str]]:
    """Read what is there of some nodes now, in one query: node to item to fingerprint.

    A node of which nothing is there has no entry.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"set local search_path = {OWN_PATH}; {_query(project, schema, nodes)}")
        found: dict[str, dict[str, str]] = dict(cursor.fetchall())
        rows = _rows_query(project, schema, [n for n in nodes if "table" in found.get(n, ())])
        if rows:
            cursor.execute(rows)
            for node, state in cursor.fetchall():
                found[node]["its rows"] = state
    return found


def run_note_catalog(
    connection: Connection, project: StagingProject, schema: str, nodes: Iterable[str]
) -> None:
    """Note in the records of nodes what is there of them now, in one statement."""
    table = quote(Relation(find_build_schema(schema), BUILDS))
    query = _query(project, schema, nodes)
    with connection.cursor() as cursor:
        cursor.execute(
            f"set local search_path = {OWN_PATH};"  # noqa: S608 - quoted
            f" update {table} as b set as_left = q.items from ({query}) as q where b.node = q.node"
        )
        rows = _rows_query(project, schema, nodes)
        if rows:
            cursor.execute(
                f"update {table} as b set as_left = b.as_left"  # noqa: S608 - quoted
                f" || jsonb_build_object('its rows', q.state) from ({rows}) as q (node, state)"
                " where b.node = q.node"
            )


def find_drift(left: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What of it is gone or otherwise: `index a_idx is gone`, `column b was altered`."""
    if "table" in left and "table" not in now:
        return ["the table is gone"]
    if now.get("table") != left.get("table"):
        return ["it is another table of that name"]
    # A column that somebody has added is not carried over: a build takes it away.
    # Rows are looked at where both are known: the declaration may be new, or gone.
    if not {"its rows"} <= left.keys() & now.keys():
        left = {item: text for item, text in left.items() if item != "its rows"}
        now = {item: text for item, text in now.items() if item != "its rows"}
    wanted = [*left, *(item for item in now if item.startswith("column "))]
    return [
        f"{item} {_tell(item, left, now)}"
        for item in sorted(set(wanted))
        if now.get(item) != left.get(item)
    ]


def _tell(item: str, left: Mapping[str, str], now: Mapping[str, str]) -> str:
    if item == "its rows":
        return "were changed by hand"
    if item not in now:
        return "is gone"
    return "was altered" if item in left else "was added"


def _query(project: StagingProject, schema: str, nodes: Iterable[str]) -> str:
    tables: list[str] = []
    functions: list[tuple[str, str, str]] = []
    for node in nodes:
        kind = project.kind(node)
        if kind in (Kind.TABLE, Kind.LOOKUP):
            tables.append(node)
        elif kind is Kind.PROCEDURES:
            for function in project.procedures[project.node(node).name].functions:
                home = project.schemas.in_database(function.schema or "public", schema)
                functions.append((node, home, function.name))
    spelled = re.escape(schema).replace('"', '""')
    return _ITEMS.format(
        schema=quote_literal(schema),
        tables=_array(tables),
        nodes=_array(node for node, _, _ in functions),
        schemas=_array(home for _, home, _ in functions),
        functions=_array(name for _, _, name in functions),
        # The schema's name where it is one, as a promotion replaces it in functions.
        name=quote_literal(rf'(?<![\w$])"?{spelled}"?(?![\w$])'),
    )


def _rows_query(project: StagingProject, schema: str, nodes: Iterable[str]) -> str:
    """A query for the rows of those tables for which staging.yaml wants them looked at."""
    rules = {
        node: find_rule(project.config.sources, project.schemas.own(node))
        for node in nodes
        if node in project.tables
    }
    return " union all ".join(
        f"select {quote_literal(node)}, md5(({row_state_sql(rule, Relation(schema, node))})::text)"
        for node, rule in rules.items()
        if rule is not None and rule.mode in ("hash", "watermark")
    )


def _array(names: Iterable[str]) -> str:
    return f"array[{', '.join(quote_literal(name) for name in names)}]::text[]"
