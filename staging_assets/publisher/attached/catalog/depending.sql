-- What depends on the old objects: views, functions, other tables' defaults and policies.

-- with base: What are the old objects, and their row types, in the terms of pg_depend?
base (classid, objid) as (
    select 'pg_class'::regclass::oid, oid from rel where not new
    union all
    select 'pg_type'::regclass::oid, unnest(array[t.oid, t.typarray])
    from rel
    join pg_type t on t.oid = rel.reltype
    where not rel.new
    union all
    select 'pg_type'::regclass::oid, unnest(array[oid, typarray]) from typ where not new
    union all
    select classid, oid from part where not new
)

-- with dep: What depends on them, through views and functions and types?
dep (classid, objid, expand) as (
    select classid, objid, true from base
    union
    select
        case when v.oid is null then d.classid else 'pg_class'::regclass::oid end,
        coalesce(v.oid, d.objid),
        v.oid is not null or d.classid in ('pg_type'::regclass, 'pg_proc'::regclass)
    from dep
    join pg_depend d on d.refclassid = dep.classid and d.refobjid = dep.objid
    left join pg_rewrite w on d.classid = 'pg_rewrite'::regclass and w.oid = d.objid
    left join pg_class v on v.oid = w.ev_class and v.relkind in ('v', 'm')
    where dep.expand and d.deptype in ('n', 'a', 'i')
    and not (d.classid = 'pg_cast'::regclass and d.deptype = 'i')
)

-- with hung: What is each of these, and which relation does it belong to?
hung as materialized (
    select distinct on (d.classid, d.objid) d.classid, d.objid, c.relkind, f.prokind, k.contype,
        coalesce(
            nullif(k.conrelid, 0), t.tgrelid, p.polrelid, a.adrelid, w.ev_class, s.stxrelid,
            u.prrelid, i.indrelid, nullif(y.typrelid, 0), nullif(e.typrelid, 0)
        ) as relation,
        coalesce(t.tgisinternal, false) or coalesce(k.conparentid, 0) <> 0
        or coalesce(exists (select from typ where typ.oid = k.contypid and not typ.new), false)
        or coalesce(c.relkind in ('t', 'i', 'I'), false)
        or exists (select from movable m where m.oid = f.oid and m.noun = 'function')
        as internal
    from dep d
    left join pg_class c on d.classid = 'pg_class'::regclass and c.oid = d.objid
    left join pg_index i on i.indexrelid = c.oid
    left join pg_constraint k on d.classid = 'pg_constraint'::regclass and k.oid = d.objid
    left join pg_trigger t on d.classid = 'pg_trigger'::regclass and t.oid = d.objid
    left join pg_policy p on d.classid = 'pg_policy'::regclass and p.oid = d.objid
    left join pg_attrdef a on d.classid = 'pg_attrdef'::regclass and a.oid = d.objid
    left join pg_rewrite w on d.classid = 'pg_rewrite'::regclass and w.oid = d.objid
    left join pg_statistic_ext s on d.classid = 'pg_statistic_ext'::regclass and s.oid = d.objid
    left join pg_publication_rel u
        on d.classid = 'pg_publication_rel'::regclass and u.oid = d.objid
    left join pg_proc f on d.classid = 'pg_proc'::regclass and f.oid = d.objid
    left join pg_type y on d.classid = 'pg_type'::regclass and y.oid = d.objid
    left join pg_type e on e.oid = y.typelem
    where not exists (
        select from base b where b.classid = d.classid and b.objid = d.objid
    )
)

-- with outside: Which of these are not parts of the old objects, or of a view that is found as well?
outside as materialized (
    select hung.*
    from hung
    where not internal
    and not exists (select from rel where rel.oid = hung.relation and not rel.new)
    and not exists (
        select from hung view
        where view.objid = hung.relation and view.relkind in ('v', 'm')
    )
)

-- with waiting: Which tables have columns of an old type, and keep it until they are rebuilt?
waiting (oid) as (
    select outside.objid
    from outside
    where outside.classid = 'pg_class'::regclass and outside.relkind in ('r', 'p', 'f')
)

-- with left_alone: Which views read these, and stay on the old objects until then?
left_alone (oid) as (
    select oid from waiting
    union
    select outside.objid
    from left_alone
    join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = left_alone.oid
        and d.classid = 'pg_rewrite'::regclass
    join pg_rewrite w on w.oid = d.objid
    join outside on outside.classid = 'pg_class'::regclass and outside.objid = w.ev_class
        and outside.relkind in ('v', 'm')
)

-- answer dependents: Which views, materialized views and functions are there, and how are they made?
select coalesce(json_agg(json_build_object(
    'oid', outside.objid::bigint,
    'noun', case
        when c.relkind = 'v' then 'view'
        when c.relkind = 'm' then 'materialized view'
        when f.prokind = 'p' then 'procedure'
        else 'function'
    end,
    'schema', n.nspname,
    'simple', coalesce(c.relname, f.proname),
    'owner', (select quote_ident(r.rolname) from pg_roles r where r.oid = c.relowner),
    'name', case
        when c.oid is not null then format('%I.%I', n.nspname, c.relname)
        else format(
            '%I.%I(%s)', n.nspname, f.proname, pg_get_function_identity_arguments(f.oid)
        )
    end,
    'definition', case
        when c.oid is not null then rtrim(pg_get_viewdef(c.oid), ';')
        else pg_get_functiondef(f.oid)
    end,
    'options', array_to_string(c.reloptions, ', '),
    'populated', coalesce(c.relispopulated, true),
    'signature', f.oid is not null and exists (
        select from base b
        where b.classid = 'pg_type'::regclass
        and b.objid = any (
            f.prorettype || f.proargtypes::oid[] || coalesce(f.proallargtypes, '{}')
        )
    ),
    'direct', exists (
        select from pg_depend d
        left join pg_rewrite w on d.classid = 'pg_rewrite'::regclass and w.oid = d.objid
        join base b on b.classid = d.refclassid and b.objid = d.refobjid
        where w.ev_class = c.oid or d.classid = 'pg_proc'::regclass and d.objid = f.oid
    ),
    'needs', (
        select coalesce(json_agg(distinct up.objid::bigint), '[]')
        from pg_depend d
        left join pg_rewrite w on d.classid = 'pg_rewrite'::regclass and w.oid = d.objid
        left join pg_type y on d.refclassid = 'pg_type'::regclass and y.oid = d.refobjid
        left join pg_type e on e.oid = y.typelem
        join outside up on up.objid <> outside.objid
            and (
                up.classid = d.refclassid and up.objid = d.refobjid
                or up.objid in (y.typrelid, e.typrelid)
            )
        where w.ev_class = c.oid or d.classid = 'pg_proc'::regclass and d.objid = f.oid
    )
) order by outside.objid), '[]')
from outside
left join pg_class c on outside.classid = 'pg_class'::regclass and c.oid = outside.objid
left join pg_proc f on outside.classid = 'pg_proc'::regclass and f.oid = outside.objid
join pg_namespace n on n.oid in (c.relnamespace, f.pronamespace)
where (c.relkind in ('v', 'm') or f.prokind in ('f', 'p', 'w'))
and not exists (select from left_alone l where l.oid = c.oid)

-- answer kept: Which defaults and policies of other tables find the new objects when said again?
select coalesce(json_agg(json_build_array(label, statement) order by statement), '[]')
from (
    select format('the default of %s.%I', a.adrelid::regclass, t.attname),
        format(
            'alter table %s alter column %I set default %s',
            a.adrelid::regclass, t.attname, pg_get_expr(a.adbin, a.adrelid)
        )
    from outside
    join pg_attrdef a on outside.classid = 'pg_attrdef'::regclass and a.oid = outside.objid
    join pg_attribute t on t.attrelid = a.adrelid and t.attnum = a.adnum
    where t.attgenerated = '' and a.adrelid not in (select oid from waiting)
    union all
    select format('policy %I on %s', p.polname, p.polrelid::regclass),
        format(
            'alter policy %I on %s%s%s', p.polname, p.polrelid::regclass,
            coalesce(' using (' || pg_get_expr(p.polqual, p.polrelid) || ')', ''),
            coalesce(
                ' with check (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', ''
            )
        )
    from outside
    join pg_policy p on outside.classid = 'pg_policy'::regclass and p.oid = outside.objid
    where p.polrelid not in (select oid from waiting)
) again (label, statement)

-- answer unknown: What cannot be carried over, and which table does it belong to, if there is one?
select coalesce(json_agg(json_build_array(
    pg_describe_object(outside.classid, outside.objid, 0), n.nspname,
    coalesce(c.relname, e.typname, y.typname)
) order by outside.objid), '[]')
from outside
left join pg_attrdef a on outside.classid = 'pg_attrdef'::regclass and a.oid = outside.objid
left join pg_attribute t on t.attrelid = a.adrelid and t.attnum = a.adnum
left join pg_class c on c.oid = coalesce(outside.relation, outside.objid)
    and (outside.relation is not null or outside.classid = 'pg_class'::regclass)
left join pg_constraint k on outside.classid = 'pg_constraint'::regclass and k.oid = outside.objid
left join pg_type y on y.oid = k.contypid
    or outside.classid = 'pg_type'::regclass and y.oid = outside.objid
left join pg_type e on e.oid = y.typelem and e.typarray = y.oid
left join pg_namespace n on n.oid = coalesce(c.relnamespace, y.typnamespace)
where not (
    outside.classid = 'pg_class'::regclass and outside.relkind in ('v', 'm')
    or outside.classid = 'pg_proc'::regclass and outside.prokind in ('f', 'p', 'w')
    or outside.classid = 'pg_constraint'::regclass and outside.contype = 'f'
    or outside.classid = 'pg_policy'::regclass
    or outside.classid = 'pg_attrdef'::regclass and t.attgenerated = ''
)

-- answer waiting_schemas: In which schemas do older objects of this schema wait for their end?
select coalesce(json_agg(nspname), '[]')
from pg_namespace
where starts_with(nspname, $1 || '__o')
and obj_description(oid, 'pg_namespace') like 'staging_assets: set aside%'

-- answer kept_schemas: In which schemas are tables kept that the promotion of a branch has replaced?
select coalesce(json_agg(n.nspname), '[]')
from pg_namespace n
join pg_namespace b on b.nspname = n.nspname || '__build'
where starts_with(n.nspname, $1 || '__previous')
and exists (select from pg_class c where c.relnamespace = b.oid and c.relname = '__branch')
