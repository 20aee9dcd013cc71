insert into staging.cycle_free select c from staging.child;
