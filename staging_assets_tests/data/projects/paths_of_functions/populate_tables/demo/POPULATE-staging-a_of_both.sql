insert into staging.a_of_both select staging.of_both();
