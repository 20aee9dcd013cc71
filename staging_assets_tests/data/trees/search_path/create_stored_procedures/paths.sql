alter function staging.last_id() set search_path = staging, pg_temp;
alter function staging.nothing() reset search_path;
