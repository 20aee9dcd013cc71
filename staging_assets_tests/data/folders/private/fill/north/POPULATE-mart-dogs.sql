INSERT INTO mart.dogs
SELECT id, mart.tidy(name), mart.age_of(born::date), mart.race_of(race) FROM etl.dogs;
