insert into staging.a_copy (id, place, mood) table etl.bookings;
