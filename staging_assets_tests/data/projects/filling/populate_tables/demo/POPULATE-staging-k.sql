create function pg_temp.fill() returns void language sql as $$ insert into staging.k select 1 $$;
select pg_temp.fill();
