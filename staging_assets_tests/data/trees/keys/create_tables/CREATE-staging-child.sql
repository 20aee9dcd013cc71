create table staging.child (
    id int generated always as identity primary key,
    a int not null,
    b text,
    c int references staging.hub (c) on delete set null on update cascade,
    parent int constraint child_of_child references staging.child on delete cascade,
    constraint child_hub foreign key (a, b) references staging.hub (a, b)
        match full on delete cascade deferrable initially deferred,
    constraint child_hub_again foreign key (a, b) references staging.hub (a, b)
        on delete set null (b)
);
create unique index child_identity on staging.child (id, a);
alter table staging.child replica identity using index child_identity;
comment on constraint child_hub on staging.child is 'Both or none.';
