-- What the engine sees of Citus 12.1, on a plain Postgres: its functions note their calls and keep
-- the catalog of distributed tables, and what it refuses is refused in its words.
create schema citus;
create type citus.distribution_type as enum ('hash', 'range', 'append');
create table citus.calls (number int generated always as identity, call text, argument text);
create table citus.pg_dist_partition (
    logicalrelid regclass not null primary key, partmethod "char" not null, partkey text,
    colocationid int not null default 0, repmodel "char" not null
);
alter table citus.pg_dist_partition set schema pg_catalog;
create sequence citus.groups;

create function column_to_column_name(table_name regclass, column_var_text text) returns text
language sql as 'select column_var_text';

create function citus.note(call text, argument text) returns void language sql
as 'insert into citus.calls (call, argument) values (call, argument)';

-- A distributed table references distributed tables beside it and reference tables, and a reference
-- table references its like.
create function citus.check_keys(of_table regclass) returns void language plpgsql as $$
declare
    ours pg_catalog.pg_dist_partition;
    other regclass;
    theirs pg_catalog.pg_dist_partition;
begin
    select * into ours from pg_catalog.pg_dist_partition where logicalrelid = of_table;
    for other in select confrelid::regclass from pg_constraint where conrelid = of_table
        and contype = 'f' and confrelid <> of_table
    loop
        select * into theirs from pg_catalog.pg_dist_partition where logicalrelid = other;
        if ours.repmodel = 't' and theirs.repmodel = 's' then
            raise feature_not_supported using message = 'cannot create foreign key constraint since'
                ' foreign keys from reference tables and local tables to distributed tables are not'
                ' supported';
        elsif theirs is null or theirs.repmodel = 's' and theirs.colocationid <> ours.colocationid
        then
            raise feature_not_supported using message = 'cannot create foreign key constraint since'
                ' relations are not colocated or not referencing a reference table';
        end if;
    end loop;
end
$$;

create function create_distributed_table(
    table_name regclass, distribution_column text,
    distribution_type citus.distribution_type default 'hash',
    colocate_with text default 'default', shard_count int default null
) returns void language plpgsql as $$
declare
    placed int;
begin
    perform citus.note('create_distributed_table', table_name::text);
    if colocate_with = 'default' then
        select min(colocationid) into placed from pg_catalog.pg_dist_partition
        where repmodel = 's' and colocationid < 1000;
        placed := coalesce(placed, nextval('citus.groups'));
    elsif colocate_with = 'none' then
        placed := 1000 + nextval('citus.groups');
    else
        perform citus.note('colocate_with', colocate_with::regclass::text);
        select colocationid into strict placed from pg_catalog.pg_dist_partition
        where logicalrelid = colocate_with::regclass;
    end if;
    insert into pg_catalog.pg_dist_partition
    values (table_name, 'h', distribution_column, placed, 's');
    perform citus.check_keys(table_name);
end
$$;

create function create_reference_table(table_name regclass) returns void language plpgsql as $$
begin
    perform citus.note('create_reference_table', table_name::text);
    insert into pg_catalog.pg_dist_partition values (table_name, 'n', null, 0, 't');
    perform citus.check_keys(table_name);
end
$$;

create function undistribute_table(
    table_name regclass, cascade_via_foreign_keys boolean default false
) returns void language plpgsql as $$
begin
    perform citus.note('undistribute_table', table_name::text);
    delete from pg_catalog.pg_dist_partition where logicalrelid = table_name;
end
$$;

create function create_distributed_function(
    function_name regprocedure, distribution_arg_name text default null,
    colocate_with text default 'default', force_delegation boolean default null
) returns void language sql
as 'select citus.note(''create_distributed_function'', function_name::text)';

create function citus_schema_distribute(schemaname regnamespace) returns void language sql
as 'select citus.note(''citus_schema_distribute'', schemaname::text)';

create function recover_prepared_transactions() returns int language sql
as 'select citus.note(''recover_prepared_transactions'', null); select 0';

-- What is dropped is not distributed any more.
create function citus.forget() returns event_trigger language plpgsql as $$
begin
    delete from pg_catalog.pg_dist_partition as p using pg_event_trigger_dropped_objects() as d
    where d.classid = 'pg_class'::regclass and p.logicalrelid::oid = d.objid;
end
$$;
create event trigger citus_drop_trigger on sql_drop execute function citus.forget();

-- Sequences of distributed tables give other numbers on each machine, and are not altered.
create function citus.keep_sequences() returns event_trigger language plpgsql as $$
begin
    if current_query() !~* '\mrename\M' and exists (
        select from pg_event_trigger_ddl_commands() as c
        join pg_depend as d on d.classid = c.classid and d.objid = c.objid and d.deptype in ('a', 'i')
        join pg_catalog.pg_dist_partition as p on p.logicalrelid::oid = d.refobjid
    ) then
        raise 'Altering a distributed sequence is currently not supported.';
    end if;
end
$$;
create event trigger citus_keep_sequences on ddl_command_end when tag in ('ALTER SEQUENCE')
execute function citus.keep_sequences();

-- Keys that are added later.
create function citus.keep_keys() returns event_trigger language plpgsql as $$
begin
    perform citus.check_keys(p.logicalrelid) from pg_event_trigger_ddl_commands() as c
    join pg_catalog.pg_dist_partition as p on p.logicalrelid::oid = c.objid;
end
$$;
create event trigger citus_keep_keys on ddl_command_end when tag in ('ALTER TABLE')
execute function citus.keep_keys();
