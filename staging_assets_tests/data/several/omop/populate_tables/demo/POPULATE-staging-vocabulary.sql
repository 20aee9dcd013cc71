insert into @cdmDatabaseSchema.vocabulary values ('Local', 'Our own', 3);
