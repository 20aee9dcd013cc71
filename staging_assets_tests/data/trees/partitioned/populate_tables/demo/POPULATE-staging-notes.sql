insert into staging.notes select id, day, kind, kind from staging.events where id % 2 = 0;
