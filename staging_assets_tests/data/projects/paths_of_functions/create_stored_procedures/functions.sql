create function staging.own() returns bigint language sql set search_path = staging, pg_temp as $$ select count(*) from z $$;
create function staging.altered() returns bigint language plpgsql as $$ begin return (select count(*) from z); end $$;
create function staging.reset() returns bigint language plpgsql set search_path = staging as $$ begin return (select count(*) from z); end $$;
create function staging.of_caller() returns bigint language plpgsql as $$ begin return (select count(*) from z); end $$;
create function staging.through() returns bigint language plpgsql as $$ begin return staging.of_caller(); end $$;
create function staging.of_etl() returns bigint language sql set search_path = etl as $$ select count(*) from source $$;
create function staging.of_both() returns bigint language sql set search_path = staging, etl as $$ select count(*) from z join other using (id) $$;
