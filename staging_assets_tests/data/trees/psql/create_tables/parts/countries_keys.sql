-- included: no semicolon at its end
\if :{?table}
ALTER TABLE ONLY staging.:table ADD CONSTRAINT countries_name UNIQUE (name)
\else
\echo it's not set
SELECT 1/0;
\endif
