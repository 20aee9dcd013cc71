insert into @cdmDatabaseSchema.person (person_id, gender_concept_id) select concept_id * 10, concept_id from @cdmDatabaseSchema.concept;
