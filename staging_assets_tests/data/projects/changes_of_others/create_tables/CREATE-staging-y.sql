drop schema staging cascade;
drop table if exists staging.y, staging.x cascade;
create table staging.y (
    id int primary key,
    x int references staging.x (id)
);
alter table staging.x add column y int;
create index on staging.x (id);
truncate staging.x;
delete from staging.x;
update staging.x set id = 1;
create trigger t after insert on staging.x execute function staging.f();
do $$ begin drop table staging.x; end $$;
do $$ begin execute 'drop table staging.x'; end $$;
drop sequence if exists staging.y_id_seq;
drop type if exists staging.mood;
alter schema staging owner to somebody;
