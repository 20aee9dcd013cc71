-- schema: dev
select staging.id, staging.* from etl.raw as staging where staging.kind = 1;
select staging.id from etl.staging where staging.id in (select id from dev.x);
select s.staging, s.id as staging from dev.s as s;
with staging as (select 1 as id) select staging.id from staging join dev.x on x.id = staging.id;
update etl.y staging set a = 1 from dev.x where staging.id = x.id;
select staging.id from dev.id;
