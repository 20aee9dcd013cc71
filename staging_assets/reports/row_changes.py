"""Which rows of a table differ from those of another of its name, counted in the database.

Each row becomes a hash of 64 bits where it is, and only keys and hashes are joined: no row leaves
the server, and a million of them take seconds.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from staging_assets.model import Relation
from staging_assets.parser import quote, quote_identifier
from staging_assets.postgres import Connection

# Types whose values hash as they compare; all others are compared as the text that is shown of
# them, since a hash of theirs may not exist.
_PLAIN = frozenset(
    {
        *("bool", "int2", "int4", "int8", "oid", "numeric", "float4", "float8"),
        *("text", "varchar", "bpchar", "name", "bytea", "uuid", "inet"),
        *("date", "time", "timetz", "timestamp", "timestamptz", "interval"),
    }
)

_COLUMNS = """
select n.nspname::text, c.relname::text, a.attname::text,
    case when tn.nspname = 'pg_catalog' then t.typname::text end,
    format_type(a.atttypid, a.atttypmod)
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
join pg_type t on t.oid = a.atttypid
join pg_namespace tn on tn.oid = t.typnamespace
where n.nspname = any (%(schemas)s) and c.relname = any (%(tables)s)
and c.relkind in ('r', 'p', 'v', 'm', 'f')
order by c.relname, n.nspname, a.attnum
"""
# Unique over columns that hold no NULL; the primary key first.
_KEYS = """
select n.nspname::text, c.relname::text,
    array_agg(a.attname::text order by a.attname)
from pg_index i
join pg_class c on c.oid = i.indrelid
join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum = any (i.indkey[0:i.indnkeyatts - 1])
where n.nspname = any (%(schemas)s) and c.relname = any (%(tables)s)
and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
group by n.nspname, c.relname, i.indexrelid, i.indisprimary
having bool_and(a.attnotnull)
order by i.indisprimary desc, i.indexrelid
"""


@dataclass(frozen=True)
class RowChanges:
    """The rows of two tables of one name.

    Args:
        before, after: how many there are.
        removed, added: those that only one has.
        changed: those of the same key that differ in some column that both have; None when there
            is no key, and each difference is a row less and a row more.
        key: by which rows were found to be the same.
    """

    before: int
    after: int
    removed: int
    added: int
    changed: int | None
    key: Sequence[str] = ()

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not (self.removed or self.added or self.changed)


@dataclass(frozen=True)
class _Column:
    name: str
    plain: bool
    type: str

    def value(self, *, alike: bool) -> str:
        """As SQL: the value itself when it can be hashed and is of the same type in both."""
        name = quote_identifier(self.name)
        return name if self.plain and alike else f"{name}::text"


def read_row_changes(
    connection: Connection, old: str, new: str, tables: Collection[str]
) -> dict[str, RowChanges]:
    """Compare the rows of tables that two schemas have.

    Args:
        connection: in a transaction; `pg_catalog` comes first on its path.
        old: the schema as it was.
        new: the schema as it is to be.
        tables: those that both have, and that may be read.
    """
    arguments = {"schemas": [old, new], "tables": sorted(tables)}
    columns: dict[tuple[str, str], list[_Column]] = {}
    keys: dict[tuple[str, str], list[list[str]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS, arguments)
        for schema, table, name, kind, type_ in cursor.fetchall():
            column = _Column(name, kind in _PLAIN, type_)
            columns.setdefault((schema, table), []).append(column)
        cursor.execute(_KEYS, arguments)
        for schema, table, key in cursor.fetchall():
            keys.setdefault((schema, table), []).append(key)
    found = {}
    for table in sorted(tables):
        left, right = columns.get((old, table), []), columns.get((new, table), [])
        common = [key for key in keys.get((old, table), []) if key in keys.get((new, table), [])]
        key = common[0] if common else []
        query = _build_query(Relation(old, table), Relation(new, table), left, right, key)
        with connection.cursor() as cursor:
            cursor.execute(query)
            row = cursor.fetchone() or (0, 0, 0, 0, 0)
        before, after, removed, added, changed = (int(number or 0) for number in row)
        found[table] = RowChanges(before, after, removed, added, changed if key else None, key)
    return found


def _build_query(
    old: Relation,
    new: Relation,
    left: Sequence[_Column],
    right: Sequence[_Column],
    key: Sequence[str],
) -> str:
    others = {column.name: column for column in right}
    values = {}
    for column in left:
        if other := others.get(column.name):
            values[column.name] = column.value(alike=column.type == other.type)
    row = f"hash_record_extended(row({', '.join(values.values())}), 0)"
    if not key:
        return _compare_bags(quote(old), quote(new), row)
    chosen = ", ".join(f"{values[name]} as k{place}" for place, name in enumerate(key))
    meets = " and ".join(f"a.k{place} = b.k{place}" for place in range(len(key)))
    return (
        f"with a as (select {chosen}, {row} as h from {quote(old)}),"  # noqa: S608
        f" b as (select {chosen}, {row} as h from {quote(new)})"
        " select count(a.h), count(b.h), count(*) filter (where b.h is null),"
        " count(*) filter (where a.h is null), count(*) filter (where a.h <> b.h)"
        f" from a full join b on {meets}"
    )


def _compare_bags(old: str, new: str, row: str) -> str:
    return (
        f"with a as (select {row} as h, count(*) as n from {old} group by 1),"  # noqa: S608
        f" b as (select {row} as h, count(*) as n from {new} group by 1)"
        " select sum(a.n), sum(b.n),"
        " sum(greatest(coalesce(a.n, 0) - coalesce(b.n, 0), 0)),"
        " sum(greatest(coalesce(b.n, 0) - coalesce(a.n, 0), 0)), null"
        " from a full join b using (h)"
    )
