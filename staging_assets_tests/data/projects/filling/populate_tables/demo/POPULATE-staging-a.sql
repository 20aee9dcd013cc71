insert into staging.a select 1 on conflict do nothing;
