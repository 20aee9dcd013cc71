create table staging.tickets (
    id int default nextval('staging.ticket'),
    kind staging.kind
);
