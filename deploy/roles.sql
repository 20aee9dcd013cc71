-- The roles of a department's database. As a superuser, in that database:
--   psql -v ON_ERROR_STOP=1 -v builder=builder -v reader=reader -f roles.sql postgresql://...
-- It can be run again. Passwords are set elsewhere: \password builder, or by your own means.
select format('create role %I login', :'builder') where to_regrole(quote_ident(:'builder')) is null \gexec
select format('create role %I nologin', :'reader') where to_regrole(quote_ident(:'reader')) is null \gexec

-- Nobody else makes things here: what somebody puts into public, scripts would find.
revoke create on schema public from public;

-- The builder makes and owns the schemas staging, staging__build and their like.
grant connect, create, temporary on database :"DBNAME" to :"builder";
grant connect on database :"DBNAME" to :"reader";
-- The sources are read, those to come as well when their owner is whoever runs this.
create schema if not exists etl;
grant usage on schema etl to :"builder";
grant select on all tables in schema etl to :"builder";
alter default privileges in schema etl grant select on tables to :"builder";

-- The live schema is the builder's, and readers read it: also tables that are built later, since
-- default privileges go with the schema. What another role has built before:
--   reassign owned by OTHER to builder;
create schema if not exists staging authorization :"builder";
grant usage on schema staging to :"reader";
alter default privileges for role :"builder" in schema staging grant select on tables to :"reader";
