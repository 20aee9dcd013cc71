-- Functions of Citus' names and arguments that only note what they were told, for a transaction in
-- which scripts are run to see what they make. `notes` stands for the name of their schema.
create schema notes;
create table notes.calls (
    number int generated always as identity,
    on_table oid,
    -- NULL: not distributed any more; `changed`: distributed as before, but for what is said.
    kind text,
    by_column text,
    beside text
);
-- Which table is named; a word of Citus', such as `default`, is none.
create function notes.beside(colocate_with text) returns text language sql
    return nullif(nullif(colocate_with, 'default'), 'none');
create function notes.create_distributed_table(
    table_name regclass, distribution_column text, distribution_type text default 'hash',
    colocate_with text default 'default', shard_count int default null
) returns void language sql begin atomic
    insert into notes.calls (on_table, kind, by_column, beside)
    values (
        table_name,
        case when distribution_column is null then 'kept on one machine' else 'distributed' end,
        distribution_column, notes.beside(colocate_with)
    );
end;
create function notes.create_distributed_table_concurrently(
    table_name regclass, distribution_column text, distribution_type text default 'hash',
    colocate_with text default 'default', shard_count int default null
) returns void language sql begin atomic
    insert into notes.calls (on_table, kind, by_column, beside)
    values (table_name, 'distributed', distribution_column, notes.beside(colocate_with));
end;
create function notes.create_reference_table(table_name regclass)
returns void language sql begin atomic
    insert into notes.calls (on_table, kind) values (table_name, 'a reference table');
end;
create function notes.undistribute_table(
    table_name regclass, cascade_via_foreign_keys boolean default false
) returns void language sql begin atomic
    insert into notes.calls (on_table) values (table_name);
end;
create function notes.alter_distributed_table(
    table_name regclass, distribution_column text default null, shard_count int default null,
    colocate_with text default null, cascade_to_colocated boolean default null
) returns void language sql begin atomic
    insert into notes.calls (on_table, kind, by_column, beside)
    values (table_name, 'changed', distribution_column, notes.beside(colocate_with));
end;
create function notes.update_distributed_table_colocation(
    table_name regclass, colocate_with text
) returns void language sql begin atomic
    insert into notes.calls (on_table, kind, beside)
    values (table_name, 'changed', notes.beside(colocate_with));
end;
-- What says nothing about a table of the scripts: it is not done.
create function notes.create_distributed_function(
    function_name regprocedure, distribution_arg_name text default null,
    colocate_with text default 'default', force_delegation boolean default null
) returns void language sql begin atomic end;
create function notes.citus_add_local_table_to_metadata(
    table_name regclass, cascade_via_foreign_keys boolean default false
) returns void language sql begin atomic end;
create function notes.remove_local_tables_from_metadata()
returns void language sql begin atomic end;
create function notes.truncate_local_data_after_distributing_table(function_name regclass)
returns void language sql begin atomic end;
create function notes.citus_schema_distribute(schemaname regnamespace)
returns void language sql begin atomic end;
create function notes.citus_schema_undistribute(schemaname regnamespace)
returns void language sql begin atomic end;
