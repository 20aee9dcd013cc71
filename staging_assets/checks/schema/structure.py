"""The structure of the tables of a schema, read from the catalog in two queries.

Definitions are read with that schema first on the search path, so they name its relations
without it: two schemas of the same structure read the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from staging_assets.postgres import Connection

_KINDS = {"r": "table", "p": "partitioned table", "v": "view", "m": "materialized view"}
_KINDS |= {"f": "foreign table"}

_COLUMNS = """
select
    c.relname,
    c.relkind::text,
    c.relpersistence = 'u',
    a.attname,
    format_type(a.atttypid, a.atttypmod),
    a.attnotnull,
    pg_get_expr(d.adbin, d.adrelid),
    a.attidentity::text,
    a.attgenerated::text,
    case when a.attcollation <> t.typcollation then l.collname end
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
left join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
left join pg_type as t on t.oid = a.atttypid
left join pg_collation as l on l.oid = a.attcollation
left join pg_attrdef as d on d.adrelid = c.oid and d.adnum = a.attnum
where n.nspname = %(schema)s and c.relname = any (%(tables)s)
    and c.relkind in ('r', 'p', 'v', 'm', 'f')
order by c.relname, a.attnum
"""

_RULES = """
with tables as (
    select c.oid, c.relname
    from pg_class as c
    join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = %(schema)s and c.relname = any (%(tables)s) and c.relkind in ('r', 'p')
)
select t.relname, 'key', regexp_replace(pg_get_constraintdef(k.oid, true), ' NOT VALID$', '')
from tables as t
join pg_constraint as k on k.conrelid = t.oid and k.contype in ('p', 'u', 'f', 'x', 'c')
union all
select t.relname, 'index',
    replace(
        pg_get_indexdef(i.oid, 0, true),
        ' INDEX ' || quote_ident(i.relname) || ' ON ',
        ' INDEX ON '
    ) || case when x.indisvalid then '' else ' (INVALID)' end
from tables as t
join pg_index as x on x.indrelid = t.oid
join pg_class as i on i.oid = x.indexrelid
where not exists (
    select from pg_constraint as k where k.conindid = i.oid and k.contype in ('p', 'u', 'x')
)
union all
select t.relname, 'trigger',
    pg_get_triggerdef(g.oid, true) || case when g.tgenabled = 'D' then ' (DISABLED)' else '' end
from tables as t
join pg_trigger as g on g.tgrelid = t.oid and not g.tgisinternal
"""


@dataclass(frozen=True)
class ColumnStructure:
    """One column: what of it is compared."""

    type: str
    not_null: bool
    default: str | None
    identity: str
    generated: str
    collation: str | None


@dataclass(frozen=True)
class Structure:
    """One table: what of it is compared.

    Args:
        kind: `table`, `partitioned table`, `view` ...
        unlogged: whether it is.
        columns: by name, in order.
        rules: how often each (`key`, `index` or `trigger`, definition) is there.
    """

    kind: str
    unlogged: bool
    columns: Mapping[str, ColumnStructure] = field(default_factory=dict)
    rules: Counter[tuple[str, str]] = field(default_factory=Counter)


def read_structures(
    connection: Connection, schema: str, tables: Collection[str]
) -> dict[str, Structure]:
    """Read the structure of those tables that exist.

    Args:
        connection: in a transaction; its search path is changed until the end of that.
        schema: where the tables are.
        tables: their names.
    """
    arguments = {"schema": schema, "tables": sorted(tables)}
    found: dict[str, Structure] = {}
    columns: dict[str, dict[str, ColumnStructure]] = {}
    with connection.cursor() as cursor:
        cursor.execute("select set_config('search_path', quote_ident(%(schema)s), true)", arguments)
        cursor.execute(_COLUMNS, arguments)
        for table, kind, unlogged, column, *rest in cursor.fetchall():
            if table not in found:
                columns[table] = {}
                found[table] = Structure(_KINDS[kind], unlogged, columns[table])
            if column is not None:
                columns[table][column] = ColumnStructure(*rest)
        cursor.execute(_RULES, arguments)
        for table, what, definition in cursor.fetchall():
            found[table].rules[what, definition] += 1
    return found
