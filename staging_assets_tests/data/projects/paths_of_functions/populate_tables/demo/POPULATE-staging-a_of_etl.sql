insert into staging.a_of_etl select staging.of_etl();
