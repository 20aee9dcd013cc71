"""Who uses the routines of a schema, in the catalog's words."""

USER_COLUMNS = """
    coalesce(c.oid, 0)::int8,
    pg_describe_object(
        case when w.oid is null then d.classid else 'pg_class'::regclass end,
        coalesce(w.ev_class, d.objid), case when w.oid is null then d.objsubid else 0 end
    )
"""
"""The relation that a use belongs to (0: none), and what it is called."""

USERS = """
from pg_namespace n
join pg_proc p on p.pronamespace = n.oid
join pg_depend d on d.refclassid = 'pg_proc'::regclass and d.refobjid = p.oid
left join pg_rewrite w on d.classid = 'pg_rewrite'::regclass and w.oid = d.objid
left join pg_attrdef a on d.classid = 'pg_attrdef'::regclass and a.oid = d.objid
left join pg_trigger t on d.classid = 'pg_trigger'::regclass and t.oid = d.objid
left join pg_constraint k on d.classid = 'pg_constraint'::regclass and k.oid = d.objid
left join pg_policy y on d.classid = 'pg_policy'::regclass and y.oid = d.objid
left join pg_statistic_ext s on d.classid = 'pg_statistic_ext'::regclass and s.oid = d.objid
left join pg_index i on d.classid = 'pg_class'::regclass and i.indexrelid = d.objid
left join pg_class c on c.oid = coalesce(
    w.ev_class, a.adrelid, t.tgrelid, nullif(k.conrelid, 0), y.polrelid, s.stxrelid, i.indrelid,
    case when d.classid = 'pg_class'::regclass then d.objid end
)
left join pg_proc f on d.classid = 'pg_proc'::regclass and f.oid = d.objid
"""
"""A schema `n`, its routines `p`, what depends on one, `d`: a relation's `c`, or a routine `f`."""
