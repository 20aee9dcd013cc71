-- Operators and functions in public that fit calls on catalog columns better than Postgres' own do.
-- Whoever calls one leaves a trace in the sequence public.touched, and fails.
-- The thousands of objects are made in several transactions: each holds a lock while its transaction lasts.
create sequence public.touched;
create function public.spring(what text) returns void language plpgsql as $$
begin
    begin
        perform pg_catalog.nextval('public.touched');
    exception when others then null;  -- in a transaction that may only read
    end;
    raise exception 'TRAP: %', what;
end $$;
do $do$
declare
    kinds text[] := '{oid,regclass,regtype,regproc,regprocedure,regnamespace,name,"\"char\"",int2,int4,int8,text,bool,xid,_oid,_text,_name,int2vector,oidvector,pg_node_tree,aclitem,_aclitem}';
    one text;
    other text;
    operator text;
    made text;
    number int := 0;
begin
    foreach one in array kinds loop
        one := trim(one, '"');
        foreach other in array kinds loop
            other := trim(other, '"');
            foreach operator in array '{=,<>,~,!~,||,<,>,<=,>=,+,~~,->>}'::text[] loop
                if exists (
                    select from pg_operator o
                    where o.oprname = operator and o.oprnamespace = 'pg_catalog'::regnamespace
                    and o.oprleft = (
                        select t.oid from pg_type t where t.typname = one
                        and t.typnamespace = 'pg_catalog'::regnamespace
                    )
                    and o.oprright = (
                        select t.oid from pg_type t where t.typname = other
                        and t.typnamespace = 'pg_catalog'::regnamespace
                    )
                ) then
                    continue;
                end if;
                number := number + 1;
                made := format(
                    'create function public.trap_%s(pg_catalog.%I, pg_catalog.%I) returns %s'
                    ' language plpgsql as $$begin perform public.spring(%L); return null; end$$;'
                    'create operator public.%s (function = public.trap_%s,'
                    ' leftarg = pg_catalog.%I, rightarg = pg_catalog.%I)',
                    number, one, other, case when operator in ('||', '+', '->>') then 'text' else 'bool' end,
                    format('%s %s %s', one, operator, other), operator, number, one, other
                );
                execute made;
            end loop;
        end loop;
        foreach operator in array '{unnest,quote_literal,quote_ident,quote_nullable,format,concat,to_json,to_jsonb,array_length,array_to_string,cardinality,count,replace,obj_description,pg_describe_object,lower,upper,length,substr,coalesce_,split_part,starts_with,position,hashtext,md5,pg_get_constraintdef,pg_get_indexdef,pg_get_expr,format_type,json_build_array,to_regclass,to_regtype,pg_table_is_visible,has_schema_privilege,set_config,current_setting,array_position,array_remove,generate_subscripts}'::text[] loop
            foreach made in array array['%1$I', '%1$I, pg_catalog.text', '%1$I, pg_catalog.name', 'pg_catalog.text, pg_catalog.%1$I', '%1$I, pg_catalog.%1$I', 'pg_catalog.text, pg_catalog.%1$I, pg_catalog.%1$I', 'pg_catalog.text, variadic pg_catalog.name[]', 'pg_catalog.text, variadic pg_catalog.text[]'] loop
                begin
                    execute format(
                        'create function public.%I(' || replace(format(made, one), one, 'pg_catalog.' || quote_ident(one)) || ') returns text language plpgsql'
                        ' as $$begin perform public.spring(%L); return null; end$$',
                        operator, operator || ' of ' || one
                    );
                exception when others then null;  -- there is one already, or no such type
                end;
            end loop;
        end loop;
        commit;
    end loop;
end $do$;
