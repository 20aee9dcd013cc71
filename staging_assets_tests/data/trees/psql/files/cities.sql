CREATE TABLE staging.cities (
    id integer PRIMARY KEY,
    country text REFERENCES staging.countries,
    name text NOT NULL,
    note text
);
\ir more/index.sql
\q
\i this/is/not/read.sql
