/* People /* of all kinds */ */
SET client_min_messages = warning;
CREATE TABLE staging.people (
  person_id SERIAL PRIMARY KEY,
  race_code INT REFERENCES staging.lookup_races(code)
);
CREATE INDEX people_race ON staging.people(race_code);
