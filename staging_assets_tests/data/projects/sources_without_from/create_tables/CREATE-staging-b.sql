create table staging.b of etl.typed;
