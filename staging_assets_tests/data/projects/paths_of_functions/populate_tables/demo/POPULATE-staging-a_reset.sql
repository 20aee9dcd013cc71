insert into staging.a_reset select staging.reset();
