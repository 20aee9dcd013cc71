DROP TABLE IF EXISTS mart.dogs CASCADE;
CREATE TABLE mart.dogs (dog_id int PRIMARY KEY, name text);
