/*postgresql OMOP CDM Indices*/
CREATE INDEX idx_person_id  ON @cdmDatabaseSchema.person  (person_id ASC);
CLUSTER @cdmDatabaseSchema.person  USING idx_person_id ;
CREATE INDEX idx_gender ON @cdmDatabaseSchema.person (gender_concept_id ASC);
CREATE INDEX idx_visit_person_id_1  ON @cdmDatabaseSchema.visit_occurrence  (person_id ASC);
COMMENT ON INDEX @cdmDatabaseSchema.idx_gender IS 'by gender';
CREATE UNIQUE INDEX idx_concept_code ON @cdmDatabaseSchema.concept (concept_name ASC);
CLUSTER @cdmDatabaseSchema.concept USING idx_concept_code ;
CREATE INDEX idx_concept_domain_id ON @cdmDatabaseSchema.concept (domain_id ASC);
