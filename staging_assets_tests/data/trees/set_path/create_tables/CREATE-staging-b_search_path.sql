SET search_path TO staging;
DROP TABLE IF EXISTS b_search_path;
CREATE TABLE b_search_path (id integer PRIMARY KEY, name text, station integer);
CREATE INDEX ON b_search_path (name);
RESET search_path;
COMMENT ON TABLE staging.b_search_path IS 'by path';
