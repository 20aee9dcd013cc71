insert into staging.arrests select id, place from etl.bookings, pg_sleep(0.2);
