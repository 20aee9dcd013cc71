-- schema: dev
create or replace function dev.f(a dev.x, b dev.x.id%type) returns setof dev.x language plpgsql as $body$
declare
    r dev.x%rowtype;
begin
    -- staging.x
    raise notice 'loading staging.x';
    for r in select * from dev.x loop
        insert into dev.y values (r.id, 'staging.x');
    end loop;
    execute 'insert into dev.z select ''staging.q'', * from ' || 'dev.x';
    execute format('truncate dev.%I, %s.staging', 'dev.x', a);
    return query execute $q$ select * from dev.x $q$;
end
$body$;
create function dev.g() returns int language sql as 'select 1 from dev.x where a = ''staging.x is''';
create function dev.h() returns int language sql begin atomic select 1 from dev.x; end;
create function dev.p() returns int language plpython3u as $$
# dev.x
plpy.execute("select * from dev.x")
$$;
do $$ begin perform dev.f(null, 1); update dev.x set id = 2; end $$;
do 'begin delete from dev.x where a = ''staging.seq''; end';
select * from crosstab('select a, b, c from dev.x order by 1') as ct (a int, b int);
