insert into staging.e select staging.writes();
