create table staging.visits (
    visit_id int primary key,
    visited_on date not null,
    minutes int check (minutes >= 0),
    outcome_code int references staging.lookup_outcomes (code)
);

create index visits_visited_on on staging.visits (visited_on);
comment on table staging.visits is 'One row a visit';
