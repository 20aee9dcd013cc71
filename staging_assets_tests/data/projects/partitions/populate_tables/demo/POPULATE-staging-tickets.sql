insert into staging.tickets select id, kind from staging.events_2020;
