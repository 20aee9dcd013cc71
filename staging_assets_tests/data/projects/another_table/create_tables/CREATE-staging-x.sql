-- The people.
create table
    staging.people (id int);
