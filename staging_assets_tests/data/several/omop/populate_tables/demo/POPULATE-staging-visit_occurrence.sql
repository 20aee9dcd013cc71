insert into @cdmDatabaseSchema.visit_occurrence select person_id + 1, person_id, 1, null from @cdmDatabaseSchema.person;
