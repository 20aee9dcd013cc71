\set ON_ERROR_STOP on
\echo 'countries: it''s a script of psql' `date`
\timing on
BEGIN;
\set table countries
\set default 'not "known"; it''s'
DROP TABLE IF EXISTS staging.:table;
CREATE TABLE staging.:"table" (
    code text PRIMARY KEY,
    name text DEFAULT :'default',
    parts integer[] DEFAULT '{1,2,3}',
    at time DEFAULT '10:30'::time
);
\ir parts/countries_keys.sql
COPY staging.countries (code, name) FROM stdin;
de	Germany; \\set x 1
fr	O'Brien's "France"
nl	\N
\.

COMMENT ON TABLE staging.countries IS 'countries'; \echo done \\ COMMENT ON COLUMN staging.countries.code IS ':table';
COMMIT;
