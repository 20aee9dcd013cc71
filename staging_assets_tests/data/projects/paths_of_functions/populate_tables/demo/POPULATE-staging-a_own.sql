insert into staging.a_own select staging.own();
