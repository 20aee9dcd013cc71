create table staging.a_typed of etl.person (primary key (id));
