-- Logical replication.

-- carry replica_identity: What identified a row for subscribers, if the script says nothing of it?
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

-- carry publications: Which publications held the old table, with which columns and rows?
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

-- answer unpublish: Which publications hold the old table?
select coalesce(json_agg(json_build_array(quote_ident(p.pubname), o.name)), '[]')
from rel o
join pg_publication_rel u on u.prrelid = o.oid
join pg_publication p on p.oid = u.prpubid
where not o.new
