create table staging.c (
    id int default staging.next_id()
);
