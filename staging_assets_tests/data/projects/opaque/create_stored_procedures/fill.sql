create procedure staging.fill_f(source text) language plpgsql as $$ begin insert into staging.f select id from staging.b join etl.z using (id); end $$;
