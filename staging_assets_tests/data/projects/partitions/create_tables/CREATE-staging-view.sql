create view staging.view as select * from staging.tickets;
