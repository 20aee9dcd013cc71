DROP TABLE IF EXISTS measurements;
CREATE TABLE measurements (
    id integer PRIMARY KEY,
    station integer REFERENCES stations,
    mood mood,
    doubled integer,
    CHECK (doubled >= 0)
) PARTITION BY RANGE (id);
CREATE TABLE measurements_1 PARTITION OF measurements FOR VALUES FROM (0) TO (2);
CREATE TABLE measurements_rest PARTITION OF measurements DEFAULT;
CREATE INDEX ON measurements (station);
