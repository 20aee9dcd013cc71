set search_path = staging, etl;
insert into staging.a_by_caller select staging.sum_ids(), (select count(*) from bookings);
