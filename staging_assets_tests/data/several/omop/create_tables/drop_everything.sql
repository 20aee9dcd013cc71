DROP TABLE IF EXISTS @cdmDatabaseSchema.person, @cdmDatabaseSchema.concept CASCADE;
