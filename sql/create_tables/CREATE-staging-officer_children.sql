create table staging.officer_children (
    officer_id int not null references staging.officers_hub (officer_id),
    number_of_children int,
    last_modified timestamp
);

create index officer_children_officer_id_idx on staging.officer_children (officer_id);

comment on table staging.officer_children is 'How many children officers have; further rows are later readings';
comment on column staging.officer_children.officer_id is 'Officer of the hub whom the row is about';
comment on column staging.officer_children.number_of_children is 'How many children the officer had at last_modified';
comment on column staging.officer_children.last_modified is 'When the source last changed the row';
