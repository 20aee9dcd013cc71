"""Foreign keys whose validation is owed: what is noted of them, and which they are.

A publication puts keys of other tables back NOT VALID, which takes a moment, and validates them
after its commit, which may take long. In the same transaction it notes that it owes this, in a
table beside the memory of builds; so a run that is killed in between leaves the debt and not only
a key that nobody knows about.
"""

from __future__ import annotations

from dataclasses import dataclass

from staging_assets.model import Relation
from staging_assets.parser import quote, quote_literal
from staging_assets.postgres.client.catalog import find_build_schema
from staging_assets.postgres.driver import Connection

OWED_KEYS = "__owed_keys"
"""The table in the build schema. It names tables by their oid, so that renaming does no harm."""


@dataclass(frozen=True)
class OwedKey:
    """A foreign key that is NOT VALID and will not stay so.

    Args:
        table: that it belongs to, where it is now.
        name: of the constraint.
        references: the other table, where it is now.
    """

    table: Relation
    name: str
    references: Relation

    def __str__(self) -> str:
        return f"{self.name} of {self.table}"

    @property
    def label(self) -> str:
        """`reports.arrests_seen.arrests_seen_id_fkey`."""
        return f"{self.table}.{self.name}"


def owed_keys_table(schema: str) -> str:
    """The table of what publications of `schema` owe, as SQL."""
    return quote(Relation(find_build_schema(schema), OWED_KEYS))


def make_owed_keys_sql(schema: str) -> str:
    """SQL that makes the table when it is missing. The build schema must exist."""
    return (
        f"create table if not exists {owed_keys_table(schema)}"
        " (on_table regclass, name name, primary key (on_table, name))"
    )


def owed_keys_sql(schema: str) -> str:
    """The query for all that is noted: table, name, and where they are if it is owed still."""
    return (
        "select o.on_table::pg_catalog.oid::pg_catalog.int8, o.name::pg_catalog.text,"  # noqa: S608 - quoted
        " cn.nspname::pg_catalog.text, c.relname::pg_catalog.text,"
        " rn.nspname::pg_catalog.text, r.relname::pg_catalog.text"
        f" from {owed_keys_table(schema)} o"
        " left join pg_catalog.pg_constraint k on k.conrelid = o.on_table::pg_catalog.oid"
        " and k.conname = o.name and k.contype = 'f' and not k.convalidated"
        " left join pg_catalog.pg_class c on c.oid = k.conrelid"
        " left join pg_catalog.pg_namespace cn on cn.oid = c.relnamespace"
        " left join pg_catalog.pg_class r on r.oid = k.confrelid"
        " left join pg_catalog.pg_namespace rn on rn.oid = r.relnamespace"
        " order by 3, 4, 2"
    )


def read_owed_keys(connection: Connection, schema: str) -> list[OwedKey]:
    """Read which foreign keys publications of `schema` owe; empty where that may not be read."""
    build_schema = quote_literal(find_build_schema(schema))
    with connection.cursor() as cursor:
        cursor.execute(
            "select from pg_catalog.pg_class c"
            " join pg_catalog.pg_namespace n on n.oid = c.relnamespace"
            f" where n.nspname = {build_schema} and c.relname = {quote_literal(OWED_KEYS)}"
            " and pg_catalog.has_schema_privilege(n.oid, 'usage')"
            " and pg_catalog.has_table_privilege(c.oid, 'select')"
        )
        if not cursor.rowcount:
            return []
    return fetch_owed_keys(connection, schema)


def fetch_owed_keys(connection: Connection, schema: str) -> list[OwedKey]:
    """The same, where there is such a table and it may be read."""
    with connection.cursor() as cursor:
        cursor.execute(owed_keys_sql(schema))
        return [
            OwedKey(Relation(there, table), name, Relation(other, referenced))
            for _, name, there, table, other, referenced in cursor.fetchall()
            if table is not None
        ]
