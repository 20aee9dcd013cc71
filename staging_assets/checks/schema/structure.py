"""The structure of the tables of a schema, read from the catalog in two queries.

Definitions are made with that schema first on the search path, so they name its relations
without it: two schemas of the same structure read the same. What is in them by chance reads the
same too: the name of a column's own sequence, and that a table waits in `<schema>__old`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from staging_assets.checks.core.snapshot import ChangedMeanwhileError
from staging_assets.parser import quote_name, unquote_name
from staging_assets.postgres import Branch, Connection, Distribution, read_distributions

_KINDS = {"r": "table", "p": "partitioned table", "v": "view", "m": "materialized view"}
_KINDS |= {"f": "foreign table"}

# The names in a query are looked up before it begins, by the safe path; the path that it sets
# itself is only how definitions are spelled.
_SPELLED = """
set local search_path = pg_catalog, pg_temp;
with spelled as materialized (
    select set_config('search_path', quote_ident(%(schema)s) || ', pg_temp', true)
), tables as (
    select c.oid, c.relname
    from pg_class as c
    join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = %(schema)s and c.relname = any (%(tables)s) and c.relkind in ('r', 'p')
)
"""
_COLUMNS = """
select
    c.oid,
    c.relname,
    c.relkind::text,
    c.relpersistence = 'u',
    a.attname,
    format_type(a.atttypid, a.atttypmod),
    a.attnotnull,
    d.adbin is not null,
    case
        when s.relname is null then pg_get_expr(d.adbin, d.adrelid)
        else regexp_replace(
            pg_get_expr(d.adbin, d.adrelid), '^nextval\\(''.*''::regclass\\)$',
            'nextval(its own sequence)'
        )
    end,
    a.attidentity::text,
    a.attgenerated::text,
    case when a.attcollation <> t.typcollation then l.collname end,
    a.attnum
from spelled
cross join pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
left join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
left join pg_type as t on t.oid = a.atttypid
left join pg_collation as l on l.oid = a.attcollation
left join pg_attrdef as d on d.adrelid = c.oid and d.adnum = a.attnum
-- The sequence that belongs to the column and that its default names.
left join lateral (
    select q.relname
    from pg_depend as u
    join pg_depend as o on o.classid = u.refclassid and o.objid = u.refobjid
    join pg_class as q on q.oid = o.objid and q.relkind = 'S'
    where u.classid = 'pg_attrdef'::regclass and u.objid = d.oid
        and u.refclassid = 'pg_class'::regclass and u.deptype = 'n'
        and o.refclassid = 'pg_class'::regclass and o.refobjid = c.oid
        and o.refobjsubid = a.attnum and o.deptype = 'a'
    limit 1
) as s on true
where n.nspname = %(schema)s and c.relname = any (%(tables)s)
    and c.relkind in ('r', 'p', 'v', 'm', 'f')
"""

_RULES = """
select
    t.relname,
    'key',
    k.conname,
    replace(
        regexp_replace(pg_get_constraintdef(k.oid, true), ' NOT VALID$', ''),
        ' REFERENCES ' || quote_ident(%(schema)s || '__old') || '.',
        ' REFERENCES '
    )
from spelled
cross join tables as t
join pg_constraint as k on k.conrelid = t.oid and k.contype in ('p', 'u', 'f', 'x', 'c')
union all
select t.relname, 'index', i.relname,
    replace(
        pg_get_indexdef(i.oid, 0, true),
        ' INDEX ' || quote_ident(i.relname) || ' ON ',
        ' INDEX ON '
    ) || case when x.indisvalid then '' else ' (INVALID)' end
from spelled
cross join tables as t
join pg_index as x on x.indrelid = t.oid
join pg_class as i on i.oid = x.indexrelid
where not exists (
    select from pg_constraint as k where k.conindid = i.oid and k.contype in ('p', 'u', 'x')
)
union all
select t.relname, 'trigger', g.tgname,
    pg_get_triggerdef(g.oid, true) || case when g.tgenabled = 'D' then ' (DISABLED)' else '' end
from spelled
cross join tables as t
join pg_trigger as g on g.tgrelid = t.oid and not g.tgisinternal
"""
_QUERY = (
    f"{_SPELLED}{_COLUMNS}union all\n"
    "select null, r.relname, r.what, null, r.name, r.definition, null, null, null, null, null,"
    f" null, null from ({_RULES}) as r (relname, what, name, definition)\n"
    "order by 2, 13"  # by table; its columns, and then the rules
)
_WHAT = frozenset({"key", "index", "trigger"})


@dataclass(frozen=True)
class ColumnStructure:
    """One column: what of it is compared."""

    type: str
    not_null: bool
    default: str | None
    identity: str
    generated: str
    collation: str | None


@dataclass(frozen=True, order=True)
class Rule:
    """A key, an index or a trigger.

    Args:
        what: `key`, `index` or `trigger`.
        definition: as Postgres spells it, without its name where that may be made up.
        name: of it.
    """

    what: str
    definition: str
    name: str


@dataclass(frozen=True)
class Structure:
    """One table: what of it is compared.

    Args:
        oid: Postgres' number of it: another table of the same name has another.
        kind: `table`, `partitioned table`, `view` ...
        unlogged: whether it is.
        columns: by name, in order.
        rules: its keys, indexes and triggers, in the order of their definitions.
        distribution: how it is spread over several machines; None where it is not.
    """

    oid: int
    kind: str
    unlogged: bool
    columns: Mapping[str, ColumnStructure] = field(default_factory=dict)
    rules: Sequence[Rule] = ()
    distribution: Distribution | None = None


def read_structures(
    connection: Connection, schema: str, tables: Collection[str]
) -> dict[str, Structure]:
    """Read the structure of those tables that exist.

    Args:
        connection: in a transaction; its search path is changed until the end of that.
        schema: where the tables are.
        tables: their names.

    Raises ChangedMeanwhileError when a key or index went away in the middle.
    """
    arguments = {"schema": schema, "tables": sorted(tables)}
    found: dict[str, Structure] = {}
    columns: dict[str, dict[str, ColumnStructure]] = {}
    rules: dict[str, list[Rule]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_QUERY, arguments)
        for oid, table, kind, unlogged, column, type_, not_null, has_default, *rest, _ in cursor:
            if kind in _WHAT:
                if type_ is None or table not in found:
                    raise ChangedMeanwhileError
                rules[table].append(Rule(kind, type_, column))
                continue
            if table not in found:
                columns[table], rules[table] = {}, []
                found[table] = Structure(oid, _KINDS[kind], unlogged, columns[table], rules[table])
            if column is None:
                continue
            if type_ is None or (has_default and rest[0] is None):
                raise ChangedMeanwhileError
            columns[table][column] = ColumnStructure(type_, not_null, *rest)
    for of_table in rules.values():
        of_table.sort()
    for table, distribution in read_distributions(connection, schema, found).items():
        found[table] = replace(found[table], distribution=distribution)
    return found


def add_noted_keys(found: Mapping[str, Structure], branch: Branch) -> dict[str, Structure]:
    """The structures of a branch's tables, with the keys to live tables that are owed to them.

    Args:
        found: table to its structure, as it is in the branch.
        branch: where the keys are noted.
    """
    noted = dict(found)
    for key in branch.keys:
        references = re.search(r" REFERENCES .+?\(", key.definition, re.DOTALL)
        if key.table in noted and references is not None:
            before, after = key.definition[: references.start()], key.definition[references.end() :]
            definition = f"{before} REFERENCES {quote_name(key.references)}({after}"
            rule = Rule("key", definition.removesuffix(" NOT VALID"), unquote_name(key.name))
            rules = sorted([*noted[key.table].rules, rule])
            noted[key.table] = replace(noted[key.table], rules=rules)
    return noted
