insert into staging.a_altered select staging.altered();
