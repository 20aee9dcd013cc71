"""What a script may have meant by a name that Postgres does not know."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection
from typing import Any

import psycopg2

from staging_assets.errors import StagingError
from staging_assets.model import Relation, SchemaNames

_QUOTED = re.compile(r'"((?:[^"\n]|"")+)"')
_CALLED = re.compile(r"(?:function|procedure) ([^\s(]+)\(")
_RELATIONS = """
select n.nspname::text, c.relname::text from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.relnamespace
where c.relkind operator(pg_catalog.=) any (array['r', 'p', 'v', 'm', 'f', 'S']::"char"[])
and n.nspname operator(pg_catalog.!~) '^pg_' and n.nspname operator(pg_catalog.!~) '__'
and n.nspname operator(pg_catalog.<>) 'information_schema'
"""
_FUNCTIONS = """
select n.nspname::text, p.proname::text from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) p.pronamespace
where n.nspname operator(pg_catalog.!~) '^pg_'
and n.nspname operator(pg_catalog.<>) 'information_schema'
"""
_TYPES = """
select n.nspname::text, t.typname::text from pg_catalog.pg_type t
join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) t.typnamespace
where t.typtype operator(pg_catalog.=) any (array['b', 'd', 'e', 'r', 'm']::"char"[])
and t.typelem operator(pg_catalog.=) 0 and n.nspname operator(pg_catalog.!~) '^pg_toast|__'
and n.nspname operator(pg_catalog.<>) 'information_schema'
"""
_COLUMNS = """
select n.nspname::text, c.relname::text, a.attname::text from pg_catalog.pg_attribute a
join pg_catalog.pg_class c on c.oid operator(pg_catalog.=) a.attrelid
join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.relnamespace
where c.relkind operator(pg_catalog.=) any (array['r', 'p', 'v', 'm', 'f']::"char"[])
and n.nspname operator(pg_catalog.!~) '^pg_' and n.nspname operator(pg_catalog.!~) '__'
and n.nspname operator(pg_catalog.<>) 'information_schema'
and a.attnum operator(pg_catalog.>) 0 and not a.attisdropped
"""
_COLUMN = re.compile(r'column (?:"([^"]+)"|(?:[^\s".]+\.)*([^\s".]+))')
_SPELLED = frozenset(
    "integer smallint bigint boolean decimal numeric real double character varying".split()  # noqa: SIM905
)
"""What types are called that the catalog calls otherwise."""

Ask = Callable[[str], Collection[tuple[Any, ...]]]


def find_named(message: str, sqlstate: str) -> Relation | None:
    """What a message says is not there, as the database calls it; the schema may be empty.

    Args:
        message: its first line.
        sqlstate: 42P01 (a relation is missing), 42704 (a type) or 42883 (a function).
    """
    found = (_CALLED if sqlstate == "42883" else _QUOTED).search(message.split("\n", 1)[0])
    if found is None:
        return None
    schema, _, name = found[1].replace('"', "").rpartition(".")
    return Relation(schema, name)


def find_column(message: str) -> str:
    """The column that a message says is not there; empty when it says it of none."""
    found = _COLUMN.search(message.split("\n", 1)[0])
    return (found[1] or found[2]) if found else ""


def find_meant_column(ask: Ask, message: str, text: str) -> str:
    """Say which column may be meant; empty when none is like it.

    Args:
        ask: gives the rows of a query.
        message: what failed.
        text: the statement; columns of the tables that it names may be meant.
    """
    words = set(re.findall(r"[\w$]+", text.lower()))
    try:
        rows = ask(_COLUMNS)
    except (StagingError, psycopg2.Error):
        return ""
    columns = {column for _, table, column in rows if table.lower() in words}
    alike = difflib.get_close_matches(find_column(message), sorted(columns), 2, 0.7)
    return f"Did you mean {' or '.join(alike)}?" if alike else ""


def find_meant(
    ask: Ask,
    message: str,
    sqlstate: str,
    *,
    schema: str,
    schemas: SchemaNames,
    made: Collection[Relation],
) -> str:
    """Say which relation, type or function may be meant; empty when nothing is like it.

    Args:
        ask: gives the rows of a query.
        message: what failed, as people read it.
        sqlstate: as for `find_named`.
        schema: the schema that is built.
        schemas: what scripts call it.
        made: the relations, or functions, that scripts make, as they call them.
    """
    named = find_named(message, sqlstate)
    query = {"42883": _FUNCTIONS, "42704": _TYPES, "42P01": _RELATIONS}.get(sqlstate)
    if named is None or query is None:
        return ""
    try:
        known = {(schemas.in_scripts(where, schema), what) for where, what in ask(query)}
    except (StagingError, psycopg2.Error):
        return ""
    known |= {(each.schema, each.name) for each in made}
    if sqlstate == "42704":
        known |= {("pg_catalog", name) for name in _SPELLED}
    meant, name = schemas.in_scripts(named.schema, schema), named.name
    if not meant:
        places = sorted(
            where for where, what in known if what == name and where not in ("public", "pg_catalog")
        )
        if places:
            listed = " or ".join(str(Relation(where, name)) for where in places)
            return f"Did you mean {listed}? Scripts name the schema of whatever they use."
    if (meant, name) in known:
        return ""
    spelled = {
        what if where == "pg_catalog" else f"{where}.{what}" for where, what in sorted(known)
    }
    wanted = [f"{meant or schemas.staging}.{name}", *([name] if sqlstate == "42704" else [])]
    alike = [
        each for text in wanted for each in difflib.get_close_matches(text, sorted(spelled), 2, 0.8)
    ]
    return f"Did you mean {' or '.join(dict.fromkeys(alike))}?" if alike else ""
