create function staging.code_of(tab text, v text) returns int language plpgsql as $$
declare c int; begin execute format('select code from staging.%I where value = $1', tab) into c using v; return c; end $$;
