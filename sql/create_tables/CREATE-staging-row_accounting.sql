create table staging.row_accounting (
    target_table text not null,
    source_table text not null,
    outcome text not null check (outcome in ('read', 'kept', 'left out', 'balance')),
    reason text,
    row_count bigint not null,
    unique (target_table, source_table, outcome, reason)
);

comment on table staging.row_accounting is 'Where the rows of the sources went: read, kept, and left out by reason';
comment on column staging.row_accounting.target_table is 'Staging table that the rows were meant for';
comment on column staging.row_accounting.source_table
is 'Table they come from, in etl unless the name says otherwise';
comment on column staging.row_accounting.outcome
is 'read, kept, left out; balance is read less kept less left out, and 0 when nothing was dropped in silence';
comment on column staging.row_accounting.reason is 'Why rows were left out; null for rows read and kept';
comment on column staging.row_accounting.row_count is 'How many rows';
