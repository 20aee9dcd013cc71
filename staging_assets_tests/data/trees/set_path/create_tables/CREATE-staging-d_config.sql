SELECT pg_catalog.set_config('search_path', 'etl, staging', false);
SELECT pg_catalog.set_config('search_path', '', false);
CREATE TABLE staging.d_config (id integer);
SELECT set_config('search_path', '"staging"', false);
ALTER TABLE d_config ADD COLUMN word staging.c_word;
DO $$ BEGIN
    PERFORM set_config('search_path', 'staging', true);
    EXECUTE 'create index d_index on d_config (id)';
    ALTER TABLE d_config ADD PRIMARY KEY (id);
END $$;
