"""The foreign keys of a schema, read from the catalog in one query.

Its names are qualified, so that no function or operator that somebody puts in the way is called.
"""

from __future__ import annotations

from dataclasses import dataclass

from staging_assets.model import Relation
from staging_assets.postgres import Connection

_SHOWN_TYPES = frozenset({"int2", "int4", "int8", "uuid"})

_QUERY = """
select w.unvalidated, k.*
from (
    select exists (
        select from pg_catalog.pg_constraint as k
        join pg_catalog.pg_namespace as n on n.oid = k.connamespace
        where k.contype = 'f' and not k.convalidated and n.nspname <> %(schema)s
    )
) as w (unvalidated)
left join (
select
    c.relname as table_name, k.conname as key_name, rn.nspname, r.relname, k.convalidated,
    k.confmatchtype = 'f',
    array(
        select a.attname from pg_catalog.unnest(k.conkey) with ordinality as u (n, i)
        join pg_catalog.pg_attribute as a on a.attrelid = k.conrelid and a.attnum = u.n order by u.i
    )::text[],
    array(
        select a.attname from pg_catalog.unnest(k.confkey) with ordinality as u (n, i)
        join pg_catalog.pg_attribute as a on a.attrelid = k.confrelid and a.attnum = u.n
        order by u.i
    )::text[],
    array(
        select t.typname from pg_catalog.unnest(k.conkey) as u (n)
        join pg_catalog.pg_attribute as a on a.attrelid = k.conrelid and a.attnum = u.n
        join pg_catalog.pg_type as t on t.oid = a.atttypid
    )::text[],
    array(
        select pg_catalog.format('operator(%%I.%%s)', f.nspname, o.oprname)
        from pg_catalog.unnest(k.conpfeqop) with ordinality as u (n, i)
        join pg_catalog.pg_operator as o on o.oid = u.n
        join pg_catalog.pg_namespace as f on f.oid = o.oprnamespace
        order by u.i
    ),
    exists (
        select from pg_catalog.pg_trigger as g where g.tgconstraint = k.oid and g.tgenabled = 'D'
    ),
    pg_catalog.pg_get_constraintdef(k.oid) ~ ' PERIOD '
from pg_catalog.pg_constraint as k
join pg_catalog.pg_class as c on c.oid = k.conrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_class as r on r.oid = k.confrelid
join pg_catalog.pg_namespace as rn on rn.oid = r.relnamespace
where k.contype = 'f' and n.nspname = %(schema)s and k.conparentid = 0
) as k on true
order by k.table_name, k.key_name
"""


@dataclass(frozen=True)
class ForeignKey:
    """One foreign key as the catalog has it."""

    table: Relation
    name: str
    to: Relation
    columns: tuple[str, ...]
    to_columns: tuple[str, ...]
    operators: tuple[str, ...]
    validated: bool
    full: bool
    disabled: bool
    countable: bool
    showable: bool

    @property
    def label(self) -> str:
        """`arrests.arrests_officer_id_fkey`."""
        return f"{self.table.name}.{self.name}"


def read_foreign_keys(connection: Connection, schema: str) -> tuple[list[ForeignKey], bool]:
    """Read the foreign keys of all tables of a schema, in one query.

    The second value says whether other schemas have any that are not validated.
    """
    with connection.cursor() as cursor:
        cursor.execute(_QUERY, {"schema": schema})
        rows = cursor.fetchall()
    keys = [
            ForeignKey(
                table=Relation(schema, table),
                name=name,
                to=Relation(to_schema, to_table),
                columns=tuple(columns),
                to_columns=tuple(to_columns),
                operators=tuple(operators),
                validated=validated,
                full=full,
                disabled=disabled,
                # The last column of a PERIOD key is a range that several rows may cover together.
                countable=not period,
                showable=set(types) <= _SHOWN_TYPES,
            )
            for (
                _, table, name, to_schema, to_table, validated, full, columns, to_columns, types,
                operators, disabled, period,
            ) in rows if table is not None
        ]  # fmt: skip
    return keys, any(row[0] for row in rows)
