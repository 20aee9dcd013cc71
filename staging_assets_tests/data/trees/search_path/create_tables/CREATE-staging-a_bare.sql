create table staging.a_bare (id int, place text);
