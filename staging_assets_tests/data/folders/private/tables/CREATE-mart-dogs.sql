DROP TABLE IF EXISTS mart.dogs CASCADE;
CREATE TABLE mart.dogs (
    dog_id int PRIMARY KEY,
    name text NOT NULL,
    age int,
    race_code int REFERENCES mart.lookup_races (code)
);
COMMENT ON TABLE mart.dogs IS 'As they are here';
