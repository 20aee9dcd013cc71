INSERT INTO @cdmDatabaseSchema.concept SELECT n, 'concept ' || n, '1970-01-01' FROM generate_series(1, 5) AS n;
