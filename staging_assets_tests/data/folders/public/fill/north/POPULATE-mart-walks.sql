INSERT INTO mart.walks (dog_id) SELECT dog FROM etl.walks;
