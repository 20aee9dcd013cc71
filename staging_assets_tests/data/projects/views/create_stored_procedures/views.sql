create or replace view staging.seen as select id from staging.a join etl.a using (id);
