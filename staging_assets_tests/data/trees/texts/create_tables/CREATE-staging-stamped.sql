create table staging.stamped (id int generated always as identity, stamp text);
create trigger stamped_stamp before insert on staging.stamped
for each row execute function staging.stamp('staging.data', 'staging');
