insert into staging.z_last select b.* from etl.bookings as b, pg_sleep(0.2);
