insert into @cdmDatabaseSchema.domain
select distinct on (domain_id) domain_id, domain_id, concept_id from @cdmDatabaseSchema.concept order by 1, 3;
