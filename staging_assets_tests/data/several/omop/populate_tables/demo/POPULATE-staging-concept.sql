INSERT INTO @cdmDatabaseSchema.concept
SELECT n, 'concept ' || n, CASE WHEN n < 4 THEN 'Metadata' ELSE 'Gender' END, 'Local', '1970-01-01' FROM generate_series(1, 5) AS n;
