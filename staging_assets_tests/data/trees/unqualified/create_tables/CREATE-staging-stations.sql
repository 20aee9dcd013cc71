DROP TABLE IF EXISTS stations CASCADE;
DROP SEQUENCE IF EXISTS stations_number;
DROP TYPE IF EXISTS station_kind;
CREATE TYPE station_kind AS ENUM ('air', 'water');
CREATE SEQUENCE stations_number START WITH 100;
CREATE TABLE stations (
    id serial PRIMARY KEY,
    number integer DEFAULT nextval('stations_number'),
    name text NOT NULL UNIQUE,
    kind station_kind DEFAULT 'air',
    kinds station_kind[] DEFAULT array['water']::station_kind[]
);
ALTER SEQUENCE stations_number OWNED BY stations.number;
CREATE INDEX stations_lower ON stations (lower(name));
COMMENT ON TABLE stations IS 'Where stations stand';
COMMENT ON COLUMN stations.kind IS 'what';
GRANT SELECT ON stations TO PUBLIC;
