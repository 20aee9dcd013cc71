"""What the catalog says about the relations that checks look at, read in one round trip."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from staging_assets.model import Relation
from staging_assets.parser import quote
from staging_assets.postgres import Connection

MANY_KEYS = 3
_COUNTING = ("smallint", "integer", "bigint", "uuid")

_QUERY = """
select
    wanted.schema_name,
    wanted.table_name,
    c.reltuples::bigint,
    a.attname,
    pg_catalog.format_type(a.atttypid, a.atttypmod),
    pg_catalog.array_position(p.conkey, a.attnum),
    c.oid,
    c.relfilenode
from rows from (pg_catalog.unnest(%s::text[]), pg_catalog.unnest(%s::text[]))
    as wanted (schema_name, table_name)
join pg_catalog.pg_namespace as n on n.nspname = wanted.schema_name
join pg_catalog.pg_class as c on c.relnamespace = n.oid and c.relname = wanted.table_name
    and c.relkind in ('r', 'p', 'v', 'm', 'f')
left join pg_catalog.pg_constraint as p on p.conrelid = c.oid and p.contype = 'p'
left join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
order by wanted.schema_name, wanted.table_name, a.attnum
"""

_REPLACED = """
select wanted.number
from
    rows from (
        pg_catalog.unnest(%s::text[]), pg_catalog.unnest(%s::oid[]), pg_catalog.unnest(%s::oid[])
    ) with ordinality as wanted (name, oid, file, number),
    pg_catalog.to_regclass(wanted.name) as now
where now::oid is distinct from wanted.oid
    or coalesce(pg_catalog.pg_relation_filenode(now), 0) <> wanted.file
"""


@dataclass(frozen=True)
class TableFacts:
    """One relation that exists.

    Args:
        columns: column name to type, as `format_type` spells it, in order.
        primary_key: its columns, in the key's order.
        estimated_rows: as the last ANALYZE left it; -1 when never analyzed.
        oid: Postgres' number of it: another table of the same name has another.
        file: the number of its file, which is another one when all rows were written anew.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    primary_key: tuple[str, ...] = ()
    estimated_rows: int = -1
    oid: int = 0
    file: int = 0

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that may be shown to say which rows are meant.

        The primary key; without one, up to three number or uuid columns called `..._id`.
        Anything else may say something about a person.
        """
        if self.primary_key:
            return self.primary_key
        return tuple(name for name in self.columns if self.is_identifier(name))[:MANY_KEYS]

    def is_identifier(self, column: str) -> bool:
        """Whether a column holds ids: in the primary key, or an `..._id` of a counting type."""
        return column in self.primary_key or (
            column.endswith("_id") and self.columns.get(column) in _COUNTING
        )

    def is_counting(self, column: str) -> bool:
        """Whether a column is of a type that ids and codes have, and texts do not."""
        return self.columns.get(column) in _COUNTING


Facts = Mapping[Relation, TableFacts]


def read_facts(connection: Connection, relations: Collection[Relation]) -> Facts:
    """Read the facts of those relations that exist.

    Args:
        connection: in any state in which a query can be sent.
        relations: tables (or views), in any schemas.
    """
    wanted = sorted(set(relations))
    columns: dict[Relation, dict[str, str]] = {}
    keys: dict[Relation, dict[int, str]] = {}
    numbers: dict[Relation, tuple[int, int, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_QUERY, ([r.schema for r in wanted], [r.name for r in wanted]))
        for schema, name, estimate, column, kind, position, *number in cursor.fetchall():
            relation = Relation(schema, name)
            numbers[relation] = (estimate, *number)
            found = columns.setdefault(relation, {})
            if column is None:
                continue
            found[column] = kind
            if position is not None:
                keys.setdefault(relation, {})[position] = column
    return {
        relation: TableFacts(
            columns=columns[relation],
            primary_key=tuple(name for _, name in sorted(keys.get(relation, {}).items())),
            estimated_rows=numbers[relation][0],
            oid=numbers[relation][1],
            file=numbers[relation][2],
        )
        for relation in columns
    }


def find_replaced(connection: Connection, facts: Facts) -> frozenset[Relation]:
    """Find the relations that are not the same, or not in the same file, as when `facts` were read.

    Args:
        connection: in the transaction in which they were read.
        facts: of one snapshot. A table that took another's place since then, or whose rows ALTER
            TABLE has written anew, looks empty in it.
    """
    if not facts:
        return frozenset()
    relations = list(facts)
    names = [quote(relation) for relation in relations]
    with connection.cursor() as cursor:
        known = [(facts[relation].oid, facts[relation].file) for relation in relations]
        cursor.execute(_REPLACED, (names, *([*each] for each in zip(*known, strict=True))))
        return frozenset(relations[number - 1] for (number,) in cursor.fetchall())
