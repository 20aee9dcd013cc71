CREATE INDEX cities_name ON staging.cities (name);
