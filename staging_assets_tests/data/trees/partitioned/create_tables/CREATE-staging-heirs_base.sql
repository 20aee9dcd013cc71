create table staging.heirs_base (id int, check (id > 0));
