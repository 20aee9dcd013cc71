create table staging.c (
    id int primary key default staging.next_id(),
    check (staging.is_good(id))
);
