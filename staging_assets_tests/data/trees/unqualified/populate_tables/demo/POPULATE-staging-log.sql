call fill_log();
insert into log select count(*) from totals;
