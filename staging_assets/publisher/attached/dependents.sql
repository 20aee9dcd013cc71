-- What a view, materialized view or function has besides its definition: statements to run when
-- it has been made anew, and the indexes of a materialized view (unique, name, what follows ON).
-- Run with an empty search_path.
with
rel as (
    select c.*, n.nspname, format('%%I.%%I', n.nspname, c.relname) as name,
        case c.relkind when 'v' then 'view' else 'materialized view' end as noun
    from unnest(%(relations)s::oid[]) wanted (oid)
    join pg_class c on c.oid = wanted.oid
    join pg_namespace n on n.oid = c.relnamespace
),
fun as (
    select p.*, format(
        '%%s %%I.%%I(%%s)', case p.prokind when 'p' then 'procedure' else 'function' end,
        n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)
    ) as name
    from unnest(%(functions)s::oid[]) wanted (oid)
    join pg_proc p on p.oid = wanted.oid
    join pg_namespace n on n.oid = p.pronamespace
),
said (oid, rank, statement) as (
    select rel.oid, 1, format('alter %%s %%s owner to %%I', noun, name, r.rolname)
    from rel join pg_roles r on r.oid = rel.relowner
    where r.rolname <> current_user
    union all
    select rel.oid, 2, format(
        'grant %%s on %%s to %%s%%s', string_agg(a.privilege_type, ', '), name,
        case when a.grantee = 0 then 'public' else quote_ident(r.rolname) end,
        case when a.is_grantable then ' with grant option' else '' end
    )
    from rel
    cross join lateral aclexplode(rel.relacl) a
    left join pg_roles r on r.oid = a.grantee
    where a.grantee <> rel.relowner and (a.grantee = 0 or r.oid is not null)
    group by rel.oid, name, a.grantee, r.rolname, a.is_grantable
    union all
    select rel.oid, 2, format(
        'grant %%s on %%s to %%s%%s',
        string_agg(format('%%s (%%I)', a.privilege_type, t.attname), ', '), name,
        case when a.grantee = 0 then 'public' else quote_ident(r.rolname) end,
        case when a.is_grantable then ' with grant option' else '' end
    )
    from rel
    join pg_attribute t on t.attrelid = rel.oid
    cross join lateral aclexplode(t.attacl) a
    left join pg_roles r on r.oid = a.grantee
    where a.grantee <> rel.relowner and (a.grantee = 0 or r.oid is not null)
    group by rel.oid, name, a.grantee, r.rolname, a.is_grantable
    union all
    select rel.oid, 3, format(
        'comment on %%s is %%L',
        case
            when t.attname is null then format('%%s %%s', noun, name)
            else format('column %%s.%%I', name, t.attname)
        end,
        d.description
    )
    from rel
    join pg_description d on d.classoid = 'pg_class'::regclass and d.objoid = rel.oid
    left join pg_attribute t on t.attrelid = rel.oid and t.attnum = d.objsubid and d.objsubid <> 0
    union all
    select rel.oid, 3, format('comment on index %%I.%%I is %%L', rel.nspname, x.relname, d.description)
    from rel
    join pg_index i on i.indrelid = rel.oid
    join pg_class x on x.oid = i.indexrelid
    join pg_description d on d.classoid = 'pg_class'::regclass and d.objoid = x.oid
    union all
    select rel.oid, 4, format(
        'alter view %%s alter column %%I set default %%s', name, t.attname,
        pg_get_expr(a.adbin, a.adrelid)
    )
    from rel
    join pg_attrdef a on a.adrelid = rel.oid
    join pg_attribute t on t.attrelid = rel.oid and t.attnum = a.adnum
    union all
    select rel.oid, 5, pg_get_triggerdef(t.oid) || coalesce(
        format('; comment on trigger %%I on %%s is %%L', t.tgname, name, d.description), ''
    )
    from rel
    join pg_trigger t on t.tgrelid = rel.oid and not t.tgisinternal
    left join pg_description d on d.classoid = 'pg_trigger'::regclass and d.objoid = t.oid
    union all
    select rel.oid, 6, rtrim(pg_get_ruledef(w.oid), ';')
    from rel
    join pg_rewrite w on w.ev_class = rel.oid and w.rulename <> '_RETURN'
    union all
    select rel.oid, 7, format(
        'alter materialized view %%s alter column %%I set %%s', name, t.attname, set.what
    )
    from rel
    join pg_attribute t on t.attrelid = rel.oid and t.attnum > 0 and not t.attisdropped
    cross join lateral (
        select format('statistics %%s', t.attstattarget)
        where nullif(t.attstattarget, -1) is not null
        union all
        select format('(%%s)', string_agg(x, ', '))
        from unnest(t.attoptions) x
        where x like 'n\_distinct%%'
        having count(*) > 0
    ) set (what)
    where rel.relkind = 'm'
    union all
    select rel.oid, 7, format('alter materialized view %%s cluster on %%I', name, x.relname)
    from rel
    join pg_index i on i.indrelid = rel.oid and i.indisclustered
    join pg_class x on x.oid = i.indexrelid
    union all
    select rel.oid, 8, pg_get_statisticsobjdef(s.oid)
    from rel
    join pg_statistic_ext s on s.stxrelid = rel.oid
    union all
    select fun.oid, 1, format('alter %%s owner to %%I', name, r.rolname)
    from fun join pg_roles r on r.oid = fun.proowner
    where r.rolname <> current_user
    union all
    select fun.oid, 2, format('revoke all on %%s from public', name)
    from fun
    where fun.proacl is not null
    union all
    select fun.oid, 3, format(
        'grant execute on %%s to %%s%%s', name,
        case when a.grantee = 0 then 'public' else quote_ident(r.rolname) end,
        case when a.is_grantable then ' with grant option' else '' end
    )
    from fun
    cross join lateral aclexplode(fun.proacl) a
    left join pg_roles r on r.oid = a.grantee
    where a.grantee <> fun.proowner and (a.grantee = 0 or r.oid is not null)
    union all
    select fun.oid, 4, format('comment on %%s is %%L', name, d.description)
    from fun
    join pg_description d on d.classoid = 'pg_proc'::regclass and d.objoid = fun.oid
),
indexed (oid, is_unique, name, rest) as (
    select rel.oid, case when i.indisunique then 'unique ' else '' end, quote_ident(x.relname),
        substr(
            pg_get_indexdef(x.oid),
            length(format(
                'CREATE %%sINDEX %%I ON %%s', case when i.indisunique then 'UNIQUE ' else '' end,
                x.relname, rel.name
            )) + 1
        )
    from rel
    join pg_index i on i.indrelid = rel.oid
    join pg_class x on x.oid = i.indexrelid
)
select wanted.oid::bigint,
    array(select statement from said where said.oid = wanted.oid order by rank, statement),
    (
        select coalesce(json_agg(json_build_array(is_unique, name, rest) order by name), '[]')
        from indexed where indexed.oid = wanted.oid
    )
from unnest(%(relations)s::oid[] || %(functions)s::oid[]) wanted (oid)
