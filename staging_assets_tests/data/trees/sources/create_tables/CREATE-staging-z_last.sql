create table staging.z_last (id int, place text, mood etl.mood);
