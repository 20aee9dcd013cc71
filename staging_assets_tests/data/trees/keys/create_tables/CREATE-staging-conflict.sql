create table staging.conflict (id int primary key, n int not null default 0, hub_c int);
alter table staging.conflict add constraint conflict_hub foreign key (hub_c)
    references staging.hub (c) not valid;
create unique index conflict_hub_c on staging.conflict (hub_c) where hub_c is not null;
