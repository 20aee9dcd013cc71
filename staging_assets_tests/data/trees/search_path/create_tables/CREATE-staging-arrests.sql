create table staging.arrests (id int primary key, place text);
