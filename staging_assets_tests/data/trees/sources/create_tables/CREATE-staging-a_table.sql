create table staging.a_table (id int, place text, mood etl.mood);
