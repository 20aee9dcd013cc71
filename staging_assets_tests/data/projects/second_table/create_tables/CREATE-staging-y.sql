create table staging.y (
    id int primary key
);
create temporary table y_scratch (id int);
create table staging.y_scratch as select 1 as id;
drop table staging.y_scratch;
