"""How one schema differs from another: tables, their structure, their rows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

import psycopg2

from staging_assets.checks import Structure, add_noted_keys, read_structures
from staging_assets.errors import DatabaseError
from staging_assets.postgres import (
    BRANCH,
    OWN_PATH,
    Branch,
    Connection,
    Cursor,
    Server,
    find_safe_text,
    has_schema,
    read_branch,
)
from staging_assets.reports.row_changes import RowChanges, read_row_changes
from staging_assets.reports.structure_changes import find_structure_changes

_WORK_MEM = "64MB"
"""Keys and hashes of a million rows; the server's own default would take them to disk."""

_OBJECTS = """
select c.relname::text, case when c.relkind in ('r', 'p') then 'table' else 'view' end,
    case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = %(schema)s and c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition
"""
_ROUTINES = """
select p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', 'routine',
    pg_get_functiondef(p.oid)
from pg_proc p join pg_namespace n on n.oid = p.pronamespace
where n.nspname = %(schema)s and p.prokind in ('f', 'p', 'w')
"""


@dataclass(frozen=True)
class TableDiff:
    """One table, or one view, in both schemas.

    Args:
        structure: what differs of its columns, keys, indexes and triggers, one line each.
        rows: its rows; None when they were not compared.
    """

    structure: Sequence[str]
    rows: RowChanges | None

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not self.structure and (self.rows is None or self.rows.same)


@dataclass(frozen=True)
class SchemaDiff:
    """What differs between two schemas.

    Args:
        old: the schema as it was.
        new: the schema as it is to be.
        removed, added: what only one of them has: `table arrests`, `view v`, `routine f(integer)`.
        replaced: views and routines whose text differs.
        tables: those that both have.
        shared: those of which one schema, a branch of the other, only shows what the other has.
    """

    old: str
    new: str
    removed: Sequence[str]
    added: Sequence[str]
    replaced: Sequence[str]
    tables: Mapping[str, TableDiff]
    shared: Sequence[str] = ()

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        apart = self.removed or self.added or self.replaced
        return not apart and all(table.same for table in self.tables.values())


def find_diff(
    server: Server, old: str, new: str, *, only: Sequence[str] = (), rows: bool = True
) -> SchemaDiff:
    """Compare two schemas of one database, as they are at one moment.

    Args:
        server: where both are.
        old: the schema as it was.
        new: the schema as it is to be.
        only: tables to look at; empty means everything.
        rows: whether their rows are compared too.

    Raises DatabaseError when one of them is missing, or may not be read.
    """
    with closing(server.connect("staging_assets diff", path=OWN_PATH)) as connection:
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        for schema in (old, new):
            if not has_schema(connection, schema):
                raise DatabaseError(f"{schema}: there is no such schema in {server}. Name another.")
        try:
            if server.sessions.work_mem is None:
                with connection.cursor() as cursor:
                    cursor.execute(f"set local work_mem = '{_WORK_MEM}'")
            return _compare(connection, old, new, only, rows=rows)
        except psycopg2.Error as error:
            raise DatabaseError(
                f"{old} and {new} cannot be compared: {find_safe_text(error)}"
            ) from None


def _compare(
    connection: Connection, old: str, new: str, selected: Sequence[str], *, rows: bool
) -> SchemaDiff:
    branches = {schema: read_branch(connection, schema) for schema in (old, new)}
    with connection.cursor() as cursor:
        before = _read_objects(cursor, old, branches[old])
        after = _read_objects(cursor, new, branches[new])
    # The views of a branch show the tables of its live schema: there is nothing to compare.
    shared = _take_shown(before, after, branches[old], new)
    shared |= _take_shown(after, before, branches[new], old)
    only = [name for name in selected if name not in shared]
    if selected:
        shared &= set(selected)
        missing = [name for name in only if ("table", name) not in before.keys() | after.keys()]
        if missing:
            raise DatabaseError(f"{', '.join(missing)}: neither {old} nor {new} has such a table.")
        before = {key: text for key, text in before.items() if key[1] in only}
        after = {key: text for key, text in after.items() if key[1] in only}
    both = [key for key in before if key in after]
    tables = [name for kind, name in both if kind == "table"]
    left = _read_structures(connection, old, tables, branches[old])
    right = _read_structures(connection, new, tables, branches[new])
    with connection.cursor() as cursor:
        cursor.execute(f"set local search_path = {OWN_PATH}")
    changes = read_row_changes(connection, old, new, tables) if rows else {}
    return SchemaDiff(
        old=old,
        new=new,
        removed=[" ".join(key) for key in sorted(before.keys() - after.keys())],
        added=[" ".join(key) for key in sorted(after.keys() - before.keys())],
        replaced=[" ".join(key) for key in sorted(both) if before[key] != after[key]],
        tables={
            name: TableDiff(find_structure_changes(left[name], right[name]), changes.get(name))
            for name in sorted(tables)
        },
        shared=sorted(shared),
    )


def _read_structures(
    connection: Connection, schema: str, tables: Sequence[str], branch: Branch | None
) -> dict[str, Structure]:
    found = read_structures(connection, schema, tables)
    return found if branch is None else add_noted_keys(found, branch)


def _take_shown(
    objects: dict[tuple[str, str], str | None],
    others: dict[tuple[str, str], str | None],
    branch: Branch | None,
    other: str,
) -> set[str]:
    """Take what a branch only shows out of both schemas; return the names of the tables."""
    if branch is None or branch.live != other:
        return set()
    if branch.kept is not None:  # what a promotion has replaced; all else is the other's alone
        stays = {*branch.kept.names, *branch.built}
        shown = {name for kind, name in others if kind != "routine" and name not in stays}
        for kind, name in list(others):
            if name in shown or (
                kind == "routine" and name.split("(")[0] not in branch.kept.routines
            ):
                others.pop((kind, name))
        return shown
    shown = {
        name
        for (kind, name), text in objects.items()
        if kind == "view" and text is not None and f"{BRANCH}_" in text
    }
    for name in shown:
        objects.pop(("view", name))
        others.pop(("table", name), None)
        others.pop(("view", name), None)
    return shown


def _read_objects(
    cursor: Cursor, schema: str, branch: Branch | None
) -> dict[tuple[str, str], str | None]:
    """Kind and name of everything in a schema, with its text where it has one.

    The schema's own name is taken out of the text, so that the same in two schemas reads the same;
    so is the live schema's in a branch, which names it where it reads from there.
    """
    found: dict[tuple[str, str], str | None] = {}
    cursor.execute(
        "select set_config('search_path', quote_ident(%s) || ', pg_catalog', true)", (schema,)
    )
    for query in (_OBJECTS, _ROUTINES):
        cursor.execute(query, {"schema": schema})
        for name, kind, text in cursor.fetchall():
            found[kind, name] = None if text is None else _without_schema(text, schema)
            if branch is not None and text is not None:
                found[kind, name] = _without_schema(found[kind, name] or "", branch.live)
    cursor.execute(f"set local search_path = {OWN_PATH}")
    return found


def _without_schema(text: str, schema: str) -> str:
    """The text with every `schema.` and `"schema".` taken out."""
    quoted = '"' + schema.replace('"', '""') + '".'
    return re.sub(rf"(?<![\w$]){re.escape(schema)}\.", "", text.replace(quoted, ""))
