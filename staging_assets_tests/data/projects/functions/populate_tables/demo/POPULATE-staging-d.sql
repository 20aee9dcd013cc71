insert into staging.d
select staging.code_of('lookup_kinds', kind) from staging.all_of() join etl.kinds using (id);
