create function staging.f_count() returns bigint language sql as $$ select count(*) from staging.f $$;
create table staging.f (
    id int primary key
);
