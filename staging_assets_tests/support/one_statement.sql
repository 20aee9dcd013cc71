-- No definition of ours comes in a message with other statements. Texts in quotes and comments may
-- hold semicolons, and a DO block does; definitions of routines are left out for theirs.
create schema one_statement;
create function one_statement.refuse() returns event_trigger language plpgsql
set search_path = pg_catalog as $refuse$
declare
    message text := current_query();
begin
    if current_setting('application_name') !~ '^staging_assets' or message ~* '^\s*do\M' then
        return;
    end if;
    message := regexp_replace(
        message, $$--[^\n]*|/[*].*?[*]/|'(?:[^']|'')*'|"(?:[^"]|"")*"$$, '', 'g'
    );
    message := regexp_replace(message, '(\$\w*\$).*?\1', '', 'g');
    if message ~ ';\s*[^\s;]' then
        raise 'cannot insert multiple commands into a prepared statement: %', current_query();
    end if;
end
$refuse$;
create event trigger one_statement on ddl_command_start
when tag in (
    'ALTER INDEX', 'ALTER SCHEMA', 'ALTER SEQUENCE', 'ALTER TABLE', 'ALTER TYPE', 'ALTER VIEW',
    'COMMENT', 'CREATE INDEX', 'CREATE SCHEMA', 'CREATE SEQUENCE', 'CREATE TABLE',
    'CREATE TABLE AS', 'CREATE VIEW', 'DROP INDEX', 'DROP SCHEMA', 'DROP SEQUENCE', 'DROP TABLE',
    'DROP VIEW', 'GRANT', 'REVOKE'
)
execute function one_statement.refuse();
