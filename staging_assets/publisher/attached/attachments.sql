-- What a publication has to know, as one JSON document: the objects of the new table in the
-- build schema, those of the old one in the live schema, and everything that hangs on the old
-- one. $1: live schema. $2: build schema. $3: names of everything that the CREATE script makes.
-- Run with an empty search_path, so that every definition names its schemas. Statements in it
-- are ready to be run once the new table has its place.
with recursive
space as (
    select
        (select oid from pg_namespace where nspname = $1) as live,
        (select oid from pg_namespace where nspname = $2) as build
),

-- Relations: those of the script, and what belongs to them (partitions, indexes, sequences).
tree (oid, new) as (
    select c.oid, c.relnamespace is not distinct from space.build
    from space
    cross join unnest(array[space.live, space.build]) n (oid)
    join pg_class c on c.relname = any ($3) and c.relnamespace = n.oid
    where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f', 'c')
    union
    select part.oid, tree.new
    from tree
    cross join lateral (
        select i.indexrelid from pg_index i where i.indrelid = tree.oid
        union all
        select i.inhrelid
        from pg_inherits i
        join pg_class p on p.oid = i.inhrelid
        where i.inhparent = tree.oid and p.relispartition
        union all
        select d.objid
        from pg_depend d
        join pg_class s on s.oid = d.objid
        where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass
        and d.refobjid = tree.oid and d.deptype in ('a', 'i') and s.relkind = 'S'
    ) part (oid)
),
rel as materialized (
    select tree.new, c.oid, c.relname, c.relkind, c.relowner, c.relacl, c.reltype,
        c.relrowsecurity, c.relforcerowsecurity, c.relreplident, n.nspname,
        format('%I.%I', n.nspname, c.relname) as name,
        format('%I.%I', case when tree.new then $1 else n.nspname end, c.relname) as place,
        case c.relkind
            when 'v' then 'view'
            when 'm' then 'materialized view'
            when 'S' then 'sequence'
            when 'i' then 'index'
            when 'I' then 'index'
            when 'c' then 'type'
            when 'f' then 'foreign table'
            else 'table'
        end as noun,
        c.relkind = 'S' and (
            select true
            from pg_depend d
            where d.classid = 'pg_class'::regclass and d.objid = c.oid
            and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')
            limit 1
        ) is not null as owned
    from tree
    join pg_class c on c.oid = tree.oid
    join pg_namespace n on n.oid = c.relnamespace
),
typ as materialized (
    select t.typnamespace is not distinct from space.build as new, t.oid, t.typname, t.typowner, t.typacl,
        t.typarray, t.typtype, format('%I.%I', n.nspname, t.typname) as name,
        format('%I.%I', $1, t.typname) as place
    from space
    cross join lateral (
        select y.oid
        from pg_type y
        where y.typname = any ($3) and y.typnamespace in (space.live, space.build)
        and y.typtype in ('e', 'd', 'r')
        union all
        select r.rngmultitypid
        from pg_type y
        join pg_range r on r.rngtypid = y.oid
        where y.typname = any ($3) and y.typnamespace in (space.live, space.build)
    ) own
    join pg_type t on t.oid = own.oid
    join pg_namespace n on n.oid = t.typnamespace
),
-- Parts of a relation that have a name and perhaps a comment of their own.
part as materialized (
    select rel.new, 'pg_constraint'::regclass as classid, k.oid, 'constraint' as noun,
        k.conname as name, rel.place, rel.oid as relation
    from rel join pg_constraint k on k.conrelid = rel.oid
    union all
    select rel.new, 'pg_trigger'::regclass, t.oid, 'trigger', t.tgname, rel.place, rel.oid
    from rel join pg_trigger t on t.tgrelid = rel.oid
    where not t.tgisinternal and t.tgparentid = 0
    union all
    select rel.new, 'pg_policy'::regclass, p.oid, 'policy', p.polname, rel.place, rel.oid
    from rel join pg_policy p on p.polrelid = rel.oid
    union all
    select rel.new, 'pg_rewrite'::regclass, w.oid, 'rule', w.rulename, rel.place, rel.oid
    from rel
    cross join lateral (
        select x.oid, x.rulename
        from pg_rewrite x
        where x.ev_class = rel.oid and x.rulename <> '_RETURN'
        offset 0
    ) w
    union all
    select rel.new, 'pg_statistic_ext'::regclass, s.oid, 'statistics',
        s.stxname, rel.place, rel.oid
    from rel join pg_statistic_ext s on s.stxrelid = rel.oid
),
-- What moves in and out by itself: owned sequences and indexes go with their table.
movable as (
    select new, noun, name, oid, relname as simple, nspname = $1 or new as moves
    from rel
    where relkind in ('r', 'p', 'v', 'm', 'S', 'f', 'c') and not owned
    union all
    select new, case typtype when 'm' then 'multirange' else 'type' end, name, oid, typname, true
    from typ
    union all
    select part.new, 'statistics', format('%I.%I', n.nspname, s.stxname), s.oid, s.stxname,
        n.nspname in ($1, $2)
    from part
    join pg_statistic_ext s on s.oid = part.oid and part.classid = 'pg_statistic_ext'::regclass
    join pg_namespace n on n.oid = s.stxnamespace
    union all
    -- The constructors of a range type stay where they were made unless they are told.
    select typ.new, 'function', p.oid::regprocedure::text, p.oid, p.proname, true
    from typ
    join pg_depend d on d.refclassid = 'pg_type'::regclass and d.refobjid = typ.oid
        and d.classid = 'pg_proc'::regclass and d.deptype = 'i'
    join pg_proc p on p.oid = d.objid
),

-- Everything that depends on the old objects, through views and functions.
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
),
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
),
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
),
outside as materialized (
    select hung.*
    from hung
    where not internal
    and not exists (select from rel where rel.oid = hung.relation and not rel.new)
    and not exists (
        select from hung view
        where view.objid = hung.relation and view.relkind in ('v', 'm')
    )
),

-- Privileges: those of the old objects, and what the live schema gives to new ones.
wanted as (
    select o.relname, null::name as attname, a.privilege_type, a.grantee, a.is_grantable
    from rel o
    cross join lateral aclexplode(o.relacl) a
    where not o.new and a.grantee <> o.relowner
    union
    select o.relname, t.attname, a.privilege_type, a.grantee, a.is_grantable
    from rel o
    join pg_attribute t on t.attrelid = o.oid
    cross join lateral aclexplode(t.attacl) a
    where not o.new and a.grantee <> o.relowner
    union
    select n.relname, null, a.privilege_type, a.grantee, a.is_grantable
    from space
    join pg_default_acl d on d.defaclnamespace = space.live
    join rel n on n.new and n.relowner = d.defaclrole
        and case when n.relkind = 'S' then 'S' else 'r' end = d.defaclobjtype
    cross join lateral aclexplode(d.defaclacl) a
    where n.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and a.grantee <> n.relowner
),
given as (
    select n.relname, null::name as attname, a.privilege_type, a.grantee, a.is_grantable
    from rel n
    cross join lateral aclexplode(n.relacl) a
    where n.new
    union all
    select n.relname, t.attname, a.privilege_type, a.grantee, a.is_grantable
    from rel n
    join pg_attribute t on t.attrelid = n.oid
    cross join lateral aclexplode(t.attacl) a
    where n.new
),
missing as (
    select distinct n.place, n.noun, m.attname, m.privilege_type, m.is_grantable,
        case when m.grantee = 0 then 'public' else quote_ident(r.rolname) end as grantee
    from (select * from wanted except select * from given) m
    join rel n on n.new and n.relname = m.relname
    left join pg_roles r on r.oid = m.grantee
    where (m.grantee = 0 or r.oid is not null)
    and (
        m.attname is null
        or exists (
            select from pg_attribute t
            where t.attrelid = n.oid and t.attname = m.attname and not t.attisdropped
        )
    )
    union
    select n.place, 'type', null, a.privilege_type, a.is_grantable,
        case when a.grantee = 0 then 'public' else quote_ident(r.rolname) end
    from typ o
    join typ n on n.new and n.typname = o.typname
    cross join lateral aclexplode(o.typacl) a
    left join pg_roles r on r.oid = a.grantee
    where not o.new and a.grantee <> o.typowner and n.typtype <> 'm'
    and (a.grantee = 0 or r.oid is not null)
),

-- Comments of the old objects for which the script has none.
told as (
    select false as new, '' as place, '' as noun, '' as name, '' as column_name, '' as target,
        '' as description
    where false
    union all
    select rel.new, rel.place, rel.noun, '', coalesce(t.attname, ''),
        case
            when t.attname is null then format('%s %s', rel.noun, rel.place)
            else format('column %s.%I', rel.place, t.attname)
        end,
        d.description
    from rel
    cross join lateral (
        select x.objsubid, x.description
        from pg_description x
        where x.classoid = 'pg_class'::regclass and x.objoid = rel.oid
        offset 0
    ) d
    left join pg_attribute t on t.attrelid = rel.oid and t.attnum = d.objsubid
        and d.objsubid <> 0
    where rel.relkind <> 'c'
    union all
    select part.new, part.place, part.noun, part.name, '',
        case
            when part.noun = 'statistics' then format(
                'statistics %I.%I', case when part.new then $1 else n.nspname end, s.stxname
            )
            else format('%s %I on %s', part.noun, part.name, part.place)
        end,
        d.description
    from part
    cross join lateral (
        select x.description
        from pg_description x
        where x.classoid = part.classid and x.objoid = part.oid
        offset 0
    ) d
    left join pg_statistic_ext s on s.oid = part.oid and part.noun = 'statistics'
    left join pg_namespace n on n.oid = s.stxnamespace
    union all
    select y.new, y.place, 'type', '', '',
        format('%s %s', case when y.typtype = 'd' then 'domain' else 'type' end, y.place),
        d.description
    from (
        select new, oid, place, typtype from typ
        union all
        select new, reltype, place, 'c' from rel where relkind = 'c'
    ) y
    cross join lateral (
        select x.description
        from pg_description x
        where x.classoid = 'pg_type'::regclass and x.objoid = y.oid
        offset 0
    ) d
),
-- A comment needs something to stand on: what the script makes, or what is carried over.
stands as (
    select place, '' as name from rel where new
    union all
    select place, '' from typ where new
    union all
    select place, name from part where new
    union all
    select place, name from part where not new and noun <> 'constraint'
),

carried (rank, label, statement) as (
    select 1, 'owner', format('alter %s %s owner to %I', n.noun, n.place, r.rolname)
    from rel o
    join rel n on n.new and n.relname = o.relname and n.relkind = o.relkind
    join pg_roles r on r.oid = o.relowner
    where not o.new and o.relowner <> n.relowner and not n.owned and n.noun <> 'index'
    union all
    select 1, 'owner', format('alter type %s owner to %I', n.place, r.rolname)
    from typ o
    join typ n on n.new and n.typname = o.typname
    join pg_roles r on r.oid = o.typowner
    where not o.new and o.typowner <> n.typowner and n.typtype <> 'm'
    union all
    select 2, 'grants', format(
        'grant %s on %s %s to %s%s',
        string_agg(
            case
                when attname is null then privilege_type
                else format('%s (%I)', privilege_type, attname)
            end,
            ', ' order by privilege_type, attname
        ),
        case when noun in ('sequence', 'type') then noun else 'table' end,
        place, grantee, case when is_grantable then ' with grant option' else '' end
    )
    from missing
    where noun <> 'index'
    group by place, noun, grantee, is_grantable
    union all
    select 3, 'row-level security', format(
        'alter table %s%s%s', n.place,
        case when o.relrowsecurity then ' enable row level security' else '' end,
        case
            when o.relrowsecurity and o.relforcerowsecurity then ', force row level security'
            when o.relforcerowsecurity then ' force row level security'
            else ''
        end
    )
    from rel o
    join rel n on n.new and n.relname = o.relname
    where not o.new and o.relkind in ('r', 'p', 'f') and n.relkind in ('r', 'p', 'f')
    and (
        o.relrowsecurity and not n.relrowsecurity
        or o.relforcerowsecurity and not n.relforcerowsecurity
    )
    union all
    select 4, format('policy %I', p.polname), format(
        'create policy %I on %s as %s for %s to %s%s%s',
        p.polname, part.place,
        case when p.polpermissive then 'permissive' else 'restrictive' end,
        case p.polcmd
            when 'r' then 'select'
            when 'a' then 'insert'
            when 'w' then 'update'
            when 'd' then 'delete'
            else 'all'
        end,
        (
            select string_agg(case when x = 0 then 'public' else quote_ident(r.rolname) end, ', ')
            from unnest(p.polroles) x
            left join pg_roles r on r.oid = x
        ),
        coalesce(' using (' || pg_get_expr(p.polqual, p.polrelid) || ')', ''),
        coalesce(' with check (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', '')
    )
    from part
    join pg_policy p on p.oid = part.oid and part.noun = 'policy'
    where not part.new and not exists (
        select from part n
        where n.new and n.noun = 'policy' and n.name = part.name and n.place = part.place
    )
    union all
    select 5, format('trigger %I', t.tgname), pg_get_triggerdef(t.oid)
    || case t.tgenabled
        when 'D' then format('; alter table %s disable trigger %I', part.place, t.tgname)
        when 'R' then format('; alter table %s enable replica trigger %I', part.place, t.tgname)
        when 'A' then format('; alter table %s enable always trigger %I', part.place, t.tgname)
        else ''
    end
    from part
    join pg_trigger t on t.oid = part.oid and part.noun = 'trigger'
    where not part.new and not exists (
        select from part n
        where n.new and n.noun = 'trigger' and n.name = part.name and n.place = part.place
    )
    union all
    select 6, format('rule %I', part.name), rtrim(pg_get_ruledef(part.oid), ';')
    from part
    where part.noun = 'rule' and not part.new and not exists (
        select from part n
        where n.new and n.noun = 'rule' and n.name = part.name and n.place = part.place
    )
    union all
    select 7, format('statistics %I', part.name), pg_get_statisticsobjdef(part.oid)
    from part
    where part.noun = 'statistics' and not part.new and not exists (
        select from part n
        where n.new and n.noun = 'statistics' and n.name = part.name and n.place = part.place
    )
    union all
    select 8, 'replica identity', format(
        'alter table %s replica identity %s', n.place,
        case o.relreplident
            when 'f' then 'full'
            when 'n' then 'nothing'
            else format('using index %I', x.relname)
        end
    )
    from rel o
    join rel n on n.new and n.relname = o.relname
    left join pg_index i on i.indrelid = o.oid and i.indisreplident
    left join pg_class x on x.oid = i.indexrelid
    where not o.new and o.relkind in ('r', 'p') and n.relkind in ('r', 'p')
    and n.relreplident = 'd'
    and (o.relreplident in ('f', 'n') or o.relreplident = 'i' and x.oid is not null)
    union all
    select 9, 'comments', format('comment on %s is %L', o.target, o.description)
    from told o
    where not o.new
    and not exists (
        select from told n
        where n.new and n.place = o.place and n.name = o.name and n.column_name = o.column_name
    )
    and exists (select from stands s where s.place = o.place and s.name = o.name)
    and (
        o.column_name = ''
        or exists (
            select from rel n
            join pg_attribute t on t.attrelid = n.oid and not t.attisdropped
            where n.new and n.place = o.place and t.attname = o.column_name
        )
    )
    union all
    select 10, format('publication %I', p.pubname), format(
        'alter publication %I add table %s%s%s', p.pubname, o.place,
        (
            select ' (' || string_agg(quote_ident(t.attname), ', ' order by t.attnum) || ')'
            from pg_attribute t
            where t.attrelid = o.oid and t.attnum = any (/*prattrs*/ null::int2[])
        ),
        ' where (' || pg_get_expr(/*prqual*/ null::pg_node_tree, u.prrelid) || ')'
    )
    from rel o
    join pg_publication_rel u on u.prrelid = o.oid
    join pg_publication p on p.oid = u.prpubid
    where not o.new
    union all
    select 11, format('security label of %s', l.provider), format(
        'security label for %I on %s is %L', l.provider,
        case
            when t.attname is null then format('%s %s', o.noun, o.place)
            else format('column %s.%I', o.place, t.attname)
        end,
        l.label
    )
    from rel o
    join pg_seclabel l on l.classoid = 'pg_class'::regclass and l.objoid = o.oid
    left join pg_attribute t on t.attrelid = o.oid and t.attnum = l.objsubid and l.objsubid <> 0
    where not o.new
)

select json_build_object(
    'live', (select quote_ident(nspname) from pg_namespace, space where oid = space.live),
    'new', (
        select coalesce(json_agg(json_build_array(noun, name, quote_ident(simple), moves)
            order by noun <> 'function', name), '[]')
        from movable where new
    ),
    'old', (
        select coalesce(json_agg(json_build_array(
            noun, name, quote_ident(simple), moves, oid::bigint
        ) order by noun <> 'function', name), '[]')
        from movable where not new
    ),
    'aside', (
        -- Where old objects wait: whether that schema exists, and whether names are taken there.
        select json_build_array(
            n.oid is not null,
            exists (
                select from rel o
                join pg_class c on c.relname = o.relname and c.relnamespace = n.oid
                where not o.new
            )
            or exists (
                select from typ o
                join pg_type t on t.typname = o.typname and t.typnamespace = n.oid
                where not o.new
            )
        )
        from (values (1)) one
        left join pg_namespace n on n.nspname = $1 || '__old'
    ),
    'taken', (
        -- Names that the script makes, held by something else in the live schema.
        select coalesce(json_agg(distinct format(
            'sequence %s belongs to %s', rel.name, d.refobjid::regclass
        )), '[]')
        from rel
        join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = rel.oid
            and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')
        where rel.owned and not rel.new
        and not exists (select from rel o where o.oid = d.refobjid)
    ),
    'hubs', (
        select coalesce(json_agg(distinct k.confrelid::regclass::text), '[]')
        from rel
        join pg_constraint k on k.conrelid = rel.oid and k.contype = 'f'
        where not rel.new
        and not exists (select from rel o where o.oid = k.confrelid)
    ),
    'inbound', (
        select coalesce(json_agg(json_build_object(
            'schema', n.nspname,
            'table', c.relname,
            'name', k.conname,
            'on', format('%I.%I', n.nspname, c.relname),
            'constraint', quote_ident(k.conname),
            'references', old.relname,
            'scrap', n.nspname in ($2, $1 || '__build')
            or coalesce(obj_description(n.oid, 'pg_namespace') like 'staging_assets: set aside%', false),
            'partitioned', c.relkind = 'p',
            'validated', k.convalidated,
            'enforced', coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true),
            'period', coalesce((to_jsonb(k) ->> 'conperiod')::boolean, false),
            'definition', pg_get_constraintdef(k.oid),
            'comment', (
                select format(
                    'comment on constraint %I on %I.%I is %L',
                    k.conname, n.nspname, c.relname, d.description
                )
                from pg_description d
                where d.classoid = 'pg_constraint'::regclass and d.objoid = k.oid
            ),
            'target', (select new.name from rel new where new.new and new.relname = old.relname),
            'columns', (
                select json_agg(json_build_array(
                    quote_ident(fa.attname), quote_ident(pa.attname),
                    format('operator(%I.%s)', o.nspname, op.oprname)
                ) order by x.ordinality)
                from unnest(k.conkey, k.confkey, k.conpfeqop)
                    with ordinality x (fk, pk, op, ordinality)
                join pg_attribute fa on fa.attrelid = k.conrelid and fa.attnum = x.fk
                join pg_attribute pa on pa.attrelid = k.confrelid and pa.attnum = x.pk
                join pg_operator op on op.oid = x.op
                join pg_namespace o on o.oid = op.oprnamespace
            )
        ) order by n.nspname, c.relname, k.conname), '[]')
        from outside
        join pg_constraint k on outside.classid = 'pg_constraint'::regclass
            and k.oid = outside.objid and k.contype = 'f'
        join pg_class c on c.oid = k.conrelid
        join pg_namespace n on n.oid = c.relnamespace
        join rel old on old.oid = k.confrelid
    ),
    'dependents', (
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
        where c.relkind in ('v', 'm') or f.prokind in ('f', 'p', 'w')
    ),
    'kept', (
        -- Defaults and policies of other tables: said again, they find the new objects.
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
            where t.attgenerated = ''
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
        ) again (label, statement)
    ),
    'unknown', (
        -- Each with the table it belongs to, if there is one.
        select coalesce(json_agg(json_build_array(
            pg_describe_object(outside.classid, outside.objid, 0), n.nspname, c.relname
        ) order by outside.objid), '[]')
        from outside
        left join pg_attrdef a on outside.classid = 'pg_attrdef'::regclass and a.oid = outside.objid
        left join pg_attribute t on t.attrelid = a.adrelid and t.attnum = a.adnum
        left join pg_class c on c.oid = coalesce(outside.relation, outside.objid)
            and (outside.relation is not null or outside.classid = 'pg_class'::regclass)
        left join pg_namespace n on n.oid = c.relnamespace
        where not (
            outside.classid = 'pg_class'::regclass and outside.relkind in ('v', 'm')
            or outside.classid = 'pg_proc'::regclass and outside.prokind in ('f', 'p', 'w')
            or outside.classid = 'pg_constraint'::regclass and outside.contype = 'f'
            or outside.classid = 'pg_policy'::regclass
            or outside.classid = 'pg_attrdef'::regclass and t.attgenerated = ''
        )
    ),
    'unpublish', (
        select coalesce(json_agg(json_build_array(quote_ident(p.pubname), o.name)), '[]')
        from rel o
        join pg_publication_rel u on u.prrelid = o.oid
        join pg_publication p on p.oid = u.prpubid
        where not o.new
    ),
    'carried', (
        select coalesce(json_agg(json_build_array(label, statement) order by rank, statement), '[]')
        from carried
    ),
    'gone', (
        select coalesce(json_agg(what order by what), '[]')
        from (
            select format('index %I', o.relname)
            from rel o
            where not o.new and o.noun = 'index'
            and not exists (select from rel n where n.new and n.relname = o.relname)
            and not exists (select from pg_constraint k where k.conindid = o.oid)
            and not exists (select from pg_inherits h where h.inhrelid = o.oid)
            union all
            select format('constraint %I', part.name)
            from part
            join pg_constraint k on k.oid = part.oid
            where not part.new and part.noun = 'constraint' and k.contype in ('p', 'u', 'f', 'c', 'x')
            and k.conparentid = 0
            and not exists (
                select from part n
                where n.new and n.noun = 'constraint' and n.name = part.name
            )
            union all
            select format('column %I', t.attname)
            from rel o
            join rel n on n.new and n.relname = o.relname
            join pg_attribute t on t.attrelid = o.oid and t.attnum > 0 and not t.attisdropped
            where not o.new and o.relkind in ('r', 'p')
            and not exists (
                select from pg_attribute m
                where m.attrelid = n.oid and m.attname = t.attname and not m.attisdropped
            )
            union all
            select format('partition %s', o.name)
            from rel o
            where not o.new and o.relkind in ('r', 'p', 'f')
            and not exists (select from rel n where n.new and n.relname = o.relname)
        ) lost (what)
    )
)
