create table staging.bookings (
    id int primary key
);
