create table staging.a_copy (like etl.bookings including defaults, again etl.mood default 'sad'::etl.mood);
