insert into staging.s values (E'\');
