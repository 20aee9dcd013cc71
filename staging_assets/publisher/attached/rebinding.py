"""Let tables that came from another schema find the functions and sequences of this one."""

from __future__ import annotations

from collections.abc import Collection

from staging_assets.model import Relation
from staging_assets.parser import quote, quote_literal
from staging_assets.postgres import Cursor
from staging_assets.publisher.attached.schema_rename import rename_schema
from staging_assets.publisher.transaction.steps import Step

# What of the tables of %(target)s uses functions, types or sequences of %(source)s: what it is
# called, the statement that takes it off where it cannot be replaced, and the one that says it
# again, in which the name of the schema stands for the other.
_BOUND = """
with left_behind (classid, objid) as (
    select 'pg_proc'::regclass, p.oid
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = %(source)s
    union all
    select 'pg_class'::regclass, c.oid
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = %(source)s
),

bound as (
    select distinct d.classid, d.objid
    from left_behind l
    join pg_depend d on d.refclassid = l.classid and d.refobjid = l.objid
        and d.deptype in ('n', 'a')
)

select 1, format('the default of %%s.%%I', r.name, t.attname), null,
    format(
        'alter table %%s alter column %%I set default %%s', r.name, t.attname,
        pg_get_expr(a.adbin, a.adrelid)
    )
from bound
join pg_attrdef a on bound.classid = 'pg_attrdef'::regclass and a.oid = bound.objid
join pg_attribute t on t.attrelid = a.adrelid and t.attnum = a.adnum and t.attgenerated = ''
join pg_class c on c.oid = a.adrelid
join pg_namespace n on n.oid = c.relnamespace and n.nspname = %(target)s
cross join lateral (select format('%%I.%%I', n.nspname, c.relname) as name) r
union all
select 2, format('trigger %%I of %%s', g.tgname, r.name),
    format('drop trigger %%I on %%s', g.tgname, r.name),
    pg_get_triggerdef(g.oid) || case g.tgenabled
        when 'D' then format('; alter table %%s disable trigger %%I', r.name, g.tgname)
        when 'R' then format('; alter table %%s enable replica trigger %%I', r.name, g.tgname)
        when 'A' then format('; alter table %%s enable always trigger %%I', r.name, g.tgname)
        else ''
    end || coalesce(format(
        '; comment on trigger %%I on %%s is %%L', g.tgname, r.name,
        obj_description(g.oid, 'pg_trigger')
    ), '')
from bound
join pg_trigger g on bound.classid = 'pg_trigger'::regclass and g.oid = bound.objid
    and not g.tgisinternal and g.tgparentid = 0
join pg_class c on c.oid = g.tgrelid
join pg_namespace n on n.oid = c.relnamespace and n.nspname = %(target)s
cross join lateral (select format('%%I.%%I', n.nspname, c.relname) as name) r
union all
select 3, format('policy %%I of %%s', p.polname, r.name), null,
    format(
        'alter policy %%I on %%s%%s%%s', p.polname, r.name,
        coalesce(' using (' || pg_get_expr(p.polqual, p.polrelid) || ')', ''),
        coalesce(' with check (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', '')
    )
from bound
join pg_policy p on bound.classid = 'pg_policy'::regclass and p.oid = bound.objid
join pg_class c on c.oid = p.polrelid
join pg_namespace n on n.oid = c.relnamespace and n.nspname = %(target)s
cross join lateral (select format('%%I.%%I', n.nspname, c.relname) as name) r
union all
select 4, format('constraint %%I of %%s', k.conname, r.name),
    format('alter table %%s drop constraint %%I', r.name, k.conname),
    format('alter table %%s add constraint %%I %%s', r.name, k.conname, pg_get_constraintdef(k.oid))
    || coalesce(format(
        '; comment on constraint %%I on %%s is %%L', k.conname, r.name,
        obj_description(k.oid, 'pg_constraint')
    ), '')
from bound
join pg_constraint k on bound.classid = 'pg_constraint'::regclass and k.oid = bound.objid
    and k.contype = 'c' and k.conislocal
join pg_class c on c.oid = k.conrelid
join pg_namespace n on n.oid = c.relnamespace and n.nspname = %(target)s
cross join lateral (select format('%%I.%%I', n.nspname, c.relname) as name) r
union all
select 5, format('index %%I.%%I', n.nspname, i.relname),
    format('drop index %%I.%%I', n.nspname, i.relname),
    pg_get_indexdef(i.oid) || coalesce(format(
        '; comment on index %%I.%%I is %%L', n.nspname, i.relname,
        obj_description(i.oid, 'pg_class')
    ), '')
from bound
join pg_class i on bound.classid = 'pg_class'::regclass and i.oid = bound.objid
    and i.relkind in ('i', 'I')
join pg_namespace n on n.oid = i.relnamespace and n.nspname = %(target)s
where not exists (select from pg_constraint k where k.conindid = i.oid)
and not exists (select from pg_inherits h where h.inhrelid = i.oid)
order by 1, 2
"""


def rebind_steps(cursor: Cursor, *, source: str, target: str) -> list[Step]:
    """Statements that turn what tables of `target` use of `source` to its like in `target`.

    Both schemas have it, and of the same definition. What cannot be turned, such as a generated
    column, still hangs on `source` afterwards.

    Args:
        source: where the tables came from; what is left in it is to be dropped.
        target: where they are now.
    """
    cursor.execute(_BOUND, {"source": source, "target": target})
    steps = []
    for _, what, drop, again in cursor.fetchall():
        if drop is not None:
            steps.append(Step(what, drop))
        steps.append(Step(what, rename_schema(again, source, target)))
    return steps


def number_steps(names: Collection[str], *, source: str, target: str) -> list[Step]:
    """Statements that let sequences of `target` go on behind their copies in `source`.

    Args:
        names: of the sequences that are in both.
    """
    steps = []
    for name in sorted(names):
        here, there = quote(Relation(target, name)), quote(Relation(source, name))
        steps.append(
            Step(
                f"the numbers of {here}",
                f"select setval({quote_literal(here)}, c.last_value, c.is_called)"  # noqa: S608
                f" from {there} c, {here} l, pg_sequence s"
                f" where s.seqrelid = {quote_literal(here)}::regclass"
                " and (c.last_value - l.last_value) * s.seqincrement > 0",
            )
        )
    return steps
