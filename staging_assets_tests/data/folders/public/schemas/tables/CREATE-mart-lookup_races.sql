DROP TABLE IF EXISTS mart.lookup_races CASCADE;
CREATE TABLE mart.lookup_races (code int PRIMARY KEY, value varchar NOT NULL);
