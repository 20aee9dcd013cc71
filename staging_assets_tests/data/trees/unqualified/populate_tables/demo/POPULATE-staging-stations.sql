INSERT INTO stations (name) SELECT DISTINCT 'station ' || station FROM readings ORDER BY 1;
UPDATE stations SET kind = 'water' WHERE id = 2;
