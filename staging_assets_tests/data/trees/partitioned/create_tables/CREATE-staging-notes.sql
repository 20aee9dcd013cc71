create table staging.notes (
    event_id int,
    day date,
    note text,
    kind text,
    foreign key (event_id, day, kind) references staging.events on delete cascade
) partition by hash (event_id);
create table staging.notes_0 partition of staging.notes for values with (modulus 2, remainder 0);
create table staging.notes_1 partition of staging.notes for values with (modulus 2, remainder 1);
