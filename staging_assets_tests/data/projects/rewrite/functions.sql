-- schema: dev
create or replace function staging.f(a staging.x, b staging.x.id%type) returns setof staging.x language plpgsql as $body$
declare
    r staging.x%rowtype;
begin
    -- staging.x
    raise notice 'loading staging.x';
    for r in select * from staging.x loop
        insert into staging.y values (r.id, 'staging.x');
    end loop;
    execute 'insert into staging.z select ''staging.q'', * from ' || 'staging.x';
    execute format('truncate staging.%I, %s.staging', 'staging.x', a);
    return query execute $q$ select * from staging.x $q$;
end
$body$;
create function staging.g() returns int language sql as 'select 1 from staging.x where a = ''staging.x is''';
create function staging.h() returns int language sql begin atomic select 1 from staging.x; end;
create function staging.p() returns int language plpython3u as $$
# staging.x
plpy.execute("select * from staging.x")
$$;
do $$ begin perform staging.f(null, 1); update staging.x set id = 2; end $$;
do 'begin delete from staging.x where a = ''staging.seq''; end';
select * from crosstab('select a, b, c from staging.x order by 1') as ct (a int, b int);
