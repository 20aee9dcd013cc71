BEGIN;
SET LOCAL search_path = 'staging', public;
CREATE DOMAIN c_word AS text CHECK (value <> '');
CREATE TABLE c_local (id integer, word c_word DEFAULT 'x' NOT NULL);
COMMIT;
