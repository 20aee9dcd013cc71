set search_path to staging;
insert into j select id from a;
