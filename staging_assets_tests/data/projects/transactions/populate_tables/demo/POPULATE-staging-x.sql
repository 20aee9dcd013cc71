begin;
insert into staging.x select 1;
COMMIT;
rollback;
savepoint a;
rollback to savepoint a;
\copy staging.x from 'x.csv'
select 1;
copy staging.x from stdin;
vacuum analyze staging.x;
create index concurrently on staging.x (id);
do $$
begin
    insert into staging.x select 1;
    commit;
end
$$;
create database other;
end;
