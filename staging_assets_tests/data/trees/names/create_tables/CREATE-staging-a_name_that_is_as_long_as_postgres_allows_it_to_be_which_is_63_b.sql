create table staging.a_name_that_is_as_long_as_postgres_allows_it_to_be_which_is_63_b (
    id serial primary key,
    another_name_that_is_as_long_as_postgres_allows_it_to_be_63_b int unique
);
create index on staging.a_name_that_is_as_long_as_postgres_allows_it_to_be_which_is_63_b (id, another_name_that_is_as_long_as_postgres_allows_it_to_be_63_b);
