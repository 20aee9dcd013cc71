create view staging.w as
with staging (id) as (select id from staging.a)
select staging.id, 'x'::staging.a_kind as kind from staging
union all
select a.id, a.kind from staging.a as a;
