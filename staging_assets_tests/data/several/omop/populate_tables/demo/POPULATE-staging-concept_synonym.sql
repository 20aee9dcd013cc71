insert into @cdmDatabaseSchema.concept_synonym select concept_id, upper(concept_name) from @cdmDatabaseSchema.concept;
