INSERT INTO staging.people (race_code)
SELECT r.code
FROM etl.people p LEFT JOIN staging.lookup_races r ON r.value LIKE '%' || p.race || '%';
