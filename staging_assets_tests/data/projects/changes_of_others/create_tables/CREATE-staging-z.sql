drop function if exists staging.z_touch();
drop function if exists staging.z_touch() cascade;
create function staging.z_touch() returns trigger language plpgsql as 'begin return new; end';
create table staging.z (
    id int primary key
);
