-- Where the rows of the sources went (staging.row_accounting).

create or replace procedure staging.record_balance()
language plpgsql
as $$
declare
    unbalanced record;
begin
    -- For every source and target: rows read less rows kept less rows left out. It is zero
    -- when nothing was dropped in silence.
    insert into staging.row_accounting (target_table, source_table, outcome, reason, row_count)
    select
        target_table,
        source_table,
        'balance',
        'rows read less rows kept less rows left out',
        sum(case outcome when 'read' then row_count else -row_count end)
    from staging.row_accounting
    where outcome in ('read', 'kept', 'left out')
    group by
        target_table,
        source_table
    order by
        target_table,
        source_table;

    for unbalanced in
        select
            target_table,
            source_table,
            row_count
        from staging.row_accounting
        where
            outcome = 'balance'
            and row_count <> 0
    loop
        raise warning '% rows of % are not accounted for in %',
        unbalanced.row_count,
        unbalanced.source_table,
        unbalanced.target_table;
    end loop;
end
$$;

comment on procedure staging.record_balance () is
'Adds to staging.row_accounting one line per source and target: rows read less rows kept less rows left out; '
'warns where it is not zero.';
