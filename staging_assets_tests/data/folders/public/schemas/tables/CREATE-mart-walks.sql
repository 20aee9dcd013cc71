/* Walks, one a row */
DROP TABLE IF EXISTS mart.walks CASCADE;
CREATE TABLE mart.walks (
    walk_id serial PRIMARY KEY,
    dog_id int REFERENCES mart.dogs (dog_id),
    walked_at timestamp,
    minutes int,
    long_walk boolean
);
CREATE INDEX ON mart.walks (dog_id);
