create table staging.cycle_free (c int, unique (c));
alter table staging.cycle_free add foreign key (c) references staging.hub (c);
alter table staging.cycle_free add primary key (c);
