"""What a script may have meant by a name that Postgres does not know."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
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
where n.nspname operator(pg_catalog.!~) '^pg_(toast|temp)'
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
and (n.nspname operator(pg_catalog.!~) '^pg_'
    or n.oid operator(pg_catalog.=) pg_catalog.pg_my_temp_schema())
and n.nspname operator(pg_catalog.!~) '__'
and n.nspname operator(pg_catalog.<>) 'information_schema'
and a.attnum operator(pg_catalog.>) 0 and not a.attisdropped
"""
_QUERIES = {"42883": _FUNCTIONS, "42704": _TYPES, "42P01": _RELATIONS}
_COLUMN = re.compile(r'column (?:"([^"]+)"|(?:[^\s".]+\.)*([^\s".]+))')
_SPELLED = {
    "42704": ("integer", "smallint", "bigint", "boolean", "decimal", "real", "double precision"),
    "42883": ("coalesce", "nullif", "greatest", "least"),
}
"""Types that the catalog calls otherwise, and what looks like a function and is none."""

_MOST = 2

Ask = Callable[[str], Collection[tuple[Any, ...]]]


@dataclass(frozen=True)
class Meant:
    """What may be meant by a name.

    Args:
        names: as scripts spell them, the likeliest first.
        sentence: that asks whether they are meant; empty when there are none.
        known: whether the name itself is known: then it takes other arguments.
    """

    names: tuple[str, ...] = ()
    sentence: str = ""
    known: bool = False


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


def find_meant(
    ask: Ask,
    message: str,
    sqlstate: str,
    *,
    schema: str,
    schemas: SchemaNames,
    made: Collection[Relation],
    text: str = "",
) -> Meant:
    """What may be meant by a relation, type, function or column that is not there.

    Args:
        ask: gives the rows of a query.
        message: what failed, as people read it.
        sqlstate: as for `find_named`, or 42703 (a column is missing).
        schema: the schema that is built.
        schemas: what scripts call it.
        made: the relations, or functions, that scripts make, as they call them.
        text: the statement: columns of the tables that it names may be meant.
    """
    try:
        if sqlstate == "42703":
            return _find_meant_column(ask(_COLUMNS), message, text)
        named, query = find_named(message, sqlstate), _QUERIES.get(sqlstate)
        if named is None or query is None:
            return Meant()
        known = {(schemas.in_scripts(where, schema), what) for where, what in ask(query)}
    except (StagingError, psycopg2.Error):
        return Meant()
    known |= {(each.schema, each.name) for each in made}
    known |= {("pg_catalog", name) for name in _SPELLED.get(sqlstate, ())}
    meant = Relation(schemas.in_scripts(named.schema, schema), named.name)
    return _find_alike(meant, known, schemas.staging, of_catalog=sqlstate != "42P01")


def _find_meant_column(rows: Collection[tuple[Any, ...]], message: str, text: str) -> Meant:
    words = set(re.findall(r"[\w$]+", text.lower()))
    columns = {column for _, table, column in rows if table.lower() in words}
    return _ask(_find_close(find_column(message), columns))


def _find_alike(
    meant: Relation, known: Collection[tuple[str, str]], staging: str, *, of_catalog: bool
) -> Meant:
    """What is spelled like a name, among schemas and names as scripts call them."""
    schema, name = meant.schema, meant.name
    if not schema:
        anyones = ("public", "pg_catalog")
        places = sorted(where for where, what in known if what == name and where not in anyones)
        if places:
            listed = [str(Relation(where, name)) for where in places]
            asked = f"Did you mean {' or '.join(listed)}? Scripts name the schema of whatever"
            return Meant(tuple(listed), f"{asked} they use.")
    if (schema or "pg_catalog", name) in known:
        return Meant(known=True)
    if schema:
        names = {what for where, what in known if where == schema}
        alike = [str(Relation(schema, each)) for each in _find_close(name, names)]
        wheres = {where for where, what in known if what == name}
        alike += [str(Relation(each, name)) for each in _find_close(schema, wheres)]
        return _ask(alike)
    close = _find_close(name, {what for where, what in known if of_catalog or where == staging})
    return _ask(
        [
            what if where == "pg_catalog" else str(Relation(where, what))
            for each in close
            for where, what in sorted(known)
            if what == each and where != "public"
        ]
    )


def _find_close(name: str, names: Collection[str]) -> list[str]:
    return difflib.get_close_matches(name, sorted(names), _MOST, 0.65)


def _ask(names: Collection[str]) -> Meant:
    told = tuple(dict.fromkeys(names))
    return Meant(told, f"Did you mean {' or '.join(told)}?" if told else "")
