-- The new objects in the build schema, and the old ones in the live schema.

-- with space: Which are the two schemas?
space as (
    select
        (select oid from pg_namespace where nspname = $1) as live,
        (select oid from pg_namespace where nspname = $2) as build
)

-- with tree: Which relations are the script's, or belong to one of them (partitions, indexes,
-- sequences)?
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
)

-- with rel: What is each of them, what is it called now, and what will it be called?
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
)

-- with typ: Which types are the script's (enums, domains, ranges with their multiranges)?
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
)

-- with part: Which parts of a relation have a name, and perhaps a comment, of their own?
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
)

-- with movable: What moves in and out by itself (owned sequences and indexes go with their table)?
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
)

-- answer live: What is the live schema called, as SQL?
select quote_ident(nspname) from pg_namespace, space where oid = space.live

-- answer new: What moves in?
select coalesce(json_agg(json_build_array(noun, name, quote_ident(simple), moves)
    order by noun <> 'function', name), '[]')
from movable where new

-- answer old: What moves out?
select coalesce(json_agg(json_build_array(
    noun, name, quote_ident(simple), moves, oid::bigint
) order by noun <> 'function', name), '[]')
from movable where not new

-- answer bytes: How much room do the new tables take on disk, with their indexes and all?
select coalesce(json_object_agg(
    relname,
    case relkind
        when 'p' then (select sum(pg_total_relation_size(t.relid)) from pg_partition_tree(rel.oid) t)
        else pg_total_relation_size(oid)
    end
), '{}')
from rel where new and relkind in ('r', 'p', 'm')

-- answer retired: Does the schema exist in which old objects wait, and has it some of their names?
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

-- answer taken: Which names that the script makes does something else hold in the live schema?
select coalesce(json_agg(distinct format(
    'sequence %s belongs to %s', rel.name, d.refobjid::regclass
)), '[]')
from rel
join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = rel.oid
    and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')
where rel.owned and not rel.new
and not exists (select from rel o where o.oid = d.refobjid)
