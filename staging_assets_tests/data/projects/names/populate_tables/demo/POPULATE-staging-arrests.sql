with bookings as (select * from etl.bookings), charges(id) as (select id from staging.charges)
insert into staging.arrests (id)
select b.id from bookings as b join charges using (id), lateral (select * from raw."Odd Table") as o
where extract(year from b.at) > 2000 and b.kind is distinct from o.kind
    -- and b.id in (select id from staging.bookings)
    and b.text <> 'from staging.bookings';
