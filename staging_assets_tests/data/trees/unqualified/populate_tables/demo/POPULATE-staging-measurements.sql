WITH stations AS (SELECT 1 AS one)
INSERT INTO measurements (id, station, mood, doubled)
SELECT r.id, r.station, r.mood::mood, twice(r.id) FROM readings r, stations;
DELETE FROM measurements USING stations s WHERE s.id = measurements.station AND measurements.id = 3;
