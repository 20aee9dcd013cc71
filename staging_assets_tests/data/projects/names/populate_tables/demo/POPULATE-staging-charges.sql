insert into staging.charges
select staging.id from etl.charges as staging where staging.bookings = 1;
