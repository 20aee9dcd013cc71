INSERT INTO mart.walks (dog_id, walked_at, minutes)
SELECT dog_id, at, minutes FROM etl.walks w JOIN mart.dogs d ON d.dog_id = w.dog ORDER BY at;
