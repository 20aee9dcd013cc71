"""Keys and indexes of tables in a shadow schema: read them, take them off, put them back.

A key or index that cannot be put back exactly as it was (of a partitioned table, in a tablespace
of its own, inherited) is left on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from staging_assets.postgres.spelling import spell_text
from staging_assets.project.model import Relation

# One query for everything that the load has to know about the tables of one CREATE script.
_READ = """
with tables as (
    select c.oid, c.relname, c.relkind, format('%I.%I', n.nspname, c.relname) as name,
        c.relkind = 'r' and not c.relispartition and not c.relhassubclass
        and not exists (select from pg_inherits as i where i.inhrelid = c.oid) as plain,
        exists (
            select from pg_trigger as t where t.tgrelid = c.oid and not t.tgisinternal
        ) or exists (
            select from pg_rewrite as r where r.ev_class = c.oid
        ) as reacts
    from pg_class as c
    join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = $1 and c.relname = any ($2) and c.relkind in ('r', 'p')
)
select 'constraint', t.name,
    k.contype = 'f' or t.plain and k.coninhcount = 0 and k.conislocal
        and coalesce(i.reltablespace, 0) = 0
        and (k.contype <> 'x' or i.reloptions is null),
    k.oid::bigint, quote_ident(k.conname), k.contype::text,
    case when k.contype in ('p', 'u') and i.reloptions is not null then
        case k.contype when 'p' then 'PRIMARY KEY' else 'UNIQUE' end
        || ' USING INDEX ' || quote_ident(i.relname)
        || case when k.condeferrable then ' DEFERRABLE' else '' end
        || case when k.condeferred then ' INITIALLY DEFERRED' else '' end
    else pg_get_constraintdef(k.oid) end,
    obj_description(k.oid, 'pg_constraint'), k.convalidated,
    case when k.contype <> 'f' then i.oid::regclass::text end,
    case when k.contype <> 'f' then obj_description(i.oid, 'pg_class') end,
    coalesce(x.indisclustered and k.contype <> 'f', false),
    coalesce(x.indisreplident and k.contype <> 'f', false),
    k.confrelid::regclass::text, quote_ident(i.relname), null::jsonb,
    -- A constraint's definition does not say how its index is stored.
    case when k.contype in ('p', 'u') and i.reloptions is not null
        then pg_get_indexdef(i.oid) end,
    t.relkind = 'p'
from tables as t
join pg_constraint as k on k.conrelid = t.oid and k.contype in ('p', 'u', 'x', 'f')
    and k.conparentid = 0
left join pg_class as i on i.oid = k.conindid
left join pg_index as x on x.indexrelid = k.conindid
union all
select 'index', t.name, t.plain and i.reltablespace = 0,
    i.oid::bigint, quote_ident(i.relname), case when x.indisunique then 'unique' else 'index' end,
    pg_get_indexdef(i.oid), null, true, i.oid::regclass::text, obj_description(i.oid, 'pg_class'),
    x.indisclustered, x.indisreplident, null, quote_ident(i.relname),
    (
        select jsonb_object_agg(a.attnum, a.attstattarget) from pg_attribute as a
        where a.attrelid = i.oid and a.attstattarget >= 0
    ), null, t.relkind = 'p'
from tables as t
join pg_index as x on x.indrelid = t.oid
join pg_class as i on i.oid = x.indexrelid
where not exists (
    select from pg_constraint as k where k.conindid = i.oid and k.contype in ('p', 'u', 'x')
)
union all
select 'table', t.name, t.plain, t.oid::bigint, t.relname, t.relkind::text, null, null, t.reacts,
    null, null, false, false, null, null, null, null, false
from tables as t
union all
select 'sequence', t.name, true, s.oid::bigint, s.relname, null, null, null, true, null, null,
    false, false, null, null, null, null, false
from tables as t
join pg_depend as d on d.refclassid = 'pg_class'::regclass and d.refobjid = t.oid
    and d.classid = 'pg_class'::regclass and d.deptype in ('a', 'i')
join pg_class as s on s.oid = d.objid and s.relkind = 'S'
order by 4
"""


@dataclass(frozen=True)
class Key:
    """A constraint or an index that was or may be taken off.

    Args:
        table: its table, as SQL spells it.
        name: its name, as SQL spells it.
        kind: `p`, `u`, `x`, `f` (constraints), `unique` or `index`.
        definition: what Postgres says makes it again.
        removable: whether it may be taken off.
        references: the referenced table of a foreign key, as SQL spells it.
        before: what makes the index that the definition says to use.
        partitioned: whether its table is.
    """

    table: str
    name: str
    kind: str
    definition: str
    removable: bool
    validated: bool = True
    comment: str | None = None
    index: str | None = None
    index_name: str | None = None
    index_comment: str | None = None
    clustered: bool = False
    identifies: bool = False
    references: str | None = None
    statistics: dict[str, int] = field(default_factory=dict, hash=False)
    before: str | None = None
    partitioned: bool = False

    @property
    def is_constraint(self) -> bool:
        """Whether ALTER TABLE adds it, and not CREATE INDEX."""
        return self.kind in "puxf"


@dataclass(frozen=True)
class Shape:
    """What the CREATE script made, as far as the load must know it.

    Args:
        keys: constraints and indexes in the order in which they were made.
        plain: whether every table is an ordinary one, neither partitioned nor inherited.
        reacts: whether triggers or rules may change what an INSERT inserts.
        names: relations and sequences that belong to the table.
    """

    keys: tuple[Key, ...]
    plain: bool
    reacts: bool
    names: frozenset[str]


PREPARE = f"prepare staging_assets_shape (text, text[]) as {_READ};"
"""What a session sends once: planning the query takes longer than running it."""


def read_shape(
    run: Callable[[str], list[tuple[Any, ...]]], schema: str, own: Iterable[str]
) -> Shape:
    """Read the keys and indexes of the tables called `own` in a schema: one query.

    Args:
        run: sends a query in a session that has sent `PREPARE`, and returns its rows.
    """
    names = ", ".join(spell_text(name) for name in sorted(own))
    query = f"execute staging_assets_shape ({spell_text(schema)}, array[{names}])"
    keys, names = [], set()
    plain, reacts = True, False
    for row in run(query):
        what, table, removable, _, name, kind, definition, comment, validated = row[:9]
        if what == "table":
            plain, reacts = plain and removable, reacts or validated
            names.add(name)
        elif what == "sequence":
            names.add(name)
        else:
            keys.append(
                Key(
                    table=table,
                    name=name,
                    kind=kind,
                    definition=definition,
                    removable=removable,
                    validated=validated,
                    comment=comment,
                    index=row[9],
                    index_comment=row[10],
                    clustered=row[11],
                    identifies=row[12],
                    references=row[13] if kind == "f" else None,
                    index_name=row[14],
                    statistics=row[15] or {},
                    before=row[16],
                    partitioned=row[17],
                )
            )
    return Shape(tuple(keys), plain, reacts, frozenset(names))


def find_removals(keys: Iterable[Key]) -> str:
    """SQL that takes keys off, foreign keys first; empty when there are none."""
    steps = [
        f"alter table {key.table} drop constraint {key.name}"
        if key.is_constraint
        else f"drop index {key.index}"
        for key in sorted(keys, key=lambda key: key.kind != "f")
    ]
    return ";".join(steps)


def find_restoration(key: Key) -> str:
    """SQL that puts back a key that is no foreign key, with all that was said about it."""
    if key.is_constraint:
        steps = [key.before] if key.before else []
        steps += [f"alter table {key.table} add constraint {key.name} {key.definition}"]
    else:
        steps = [key.definition]
    steps += [
        f"alter index {key.index} alter column {column} set statistics {target}"
        for column, target in sorted(key.statistics.items())
    ]
    if key.clustered:
        steps.append(f"alter table {key.table} cluster on {key.index_name}")
    if key.identifies:
        steps.append(f"alter table {key.table} replica identity using index {key.index_name}")
    if key.index_comment is not None:
        steps.append(f"comment on index {key.index} is {spell_text(key.index_comment)}")
    return ";".join(steps + _find_comment(key))


def find_foreign_key(key: Key, *, checked: bool) -> str:
    """SQL that adds a foreign key, looking at the rows or not."""
    suffix = " not valid" if _is_checked(key) and not checked else ""
    add = f"alter table {key.table} add constraint {key.name} {key.definition}{suffix}"
    return ";".join([add, *_find_comment(key)])


def find_validation(keys: Iterable[Key]) -> dict[str, list[Key]]:
    """The foreign keys that have to be validated, by table."""
    found: dict[str, list[Key]] = {}
    for key in keys:
        if _is_checked(key):
            found.setdefault(key.table, []).append(key)
    return found


def _is_checked(key: Key) -> bool:
    """Whether its rows are to be checked, and can be after it was added.

    The script can say NOT VALID or NOT ENFORCED; a partitioned table checks them at once.
    """
    said = key.definition.endswith(("NOT VALID", "NOT ENFORCED"))
    return key.validated and not said and not key.partitioned


def _find_comment(key: Key) -> list[str]:
    if key.comment is None:
        return []
    return [f"comment on constraint {key.name} on {key.table} is {spell_text(key.comment)}"]


def find_label(key: Key, live: Relation) -> str:
    """How people are told which key: its kind and name."""
    nouns = {"p": "primary key", "u": "unique key", "x": "exclusion", "f": "foreign key"}
    noun = nouns.get(key.kind, "index")
    return f"{noun} {key.name} of {live}"
