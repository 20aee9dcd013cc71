-- schema: a$$b'c"d\e%f g; own:
create table "a$$b'c""d\e%f g".x (id int);
select '"a$$b''c""d\e%f g".x'::regclass, E'"a$$b''c""d\\e%f g".x'::regclass, $q1$"a$$b'c""d\e%f g".x$q1$::regclass, 'a$$b''c"d\e%f g' = table_schema;
do $q2$ begin execute format('insert into "a$$b''c""d\e%%f g".x select %L', 1); execute 'insert into "a$$b''c""d\e%f g".x select ''staging.y'''; end $q2$;
do $a$ begin execute $q3$ select 1 from "a$$b'c""d\e%f g".x $q3$; end $a$;
set search_path to "a$$b'c""d\e%f g";
