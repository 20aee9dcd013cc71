-- What does the server do for each of these sessions? No text of a query: it may hold values.
select a.pid, concat_ws(
    '; ',
    case
        when i.pid is not null then format(
            'index on %%s: %%s%%s', i.relid::regclass, i.phase,
            case when i.blocks_total > 0 then format(' %%s %%%%', 100 * i.blocks_done / i.blocks_total) end
        )
        when v.pid is not null then format(
            'vacuum of %%s: %%s %%s %%%%', v.relid::regclass, v.phase,
            100 * v.heap_blks_scanned / greatest(v.heap_blks_total, 1)
        )
        when n.pid is not null then format(
            'analyze of %%s: %%s %%s %%%%', n.relid::regclass, n.phase,
            100 * n.sample_blks_scanned / greatest(n.sample_blks_total, 1)
        )
        when c.pid is not null then format('copy: %%s rows', c.tuples_processed)
    end,
    case
        when a.state <> 'active' then 'the server waits for the script'
        when a.wait_event_type = 'Lock' then 'waits for a lock of ' || coalesce(
            (
                select string_agg(
                    format('process %%s (%%s)', b.pid, coalesce(nullif(b.application_name, ''), 'no name')),
                    ', '
                )
                from unnest(pg_blocking_pids(a.pid)) as blocking (pid)
                join pg_stat_activity as b on b.pid = blocking.pid
            ),
            'another session'
        )
        when a.wait_event_type = 'IO' then 'reads or writes files'
        when a.wait_event_type is null then 'computes'
        else format('waits for %%s', a.wait_event)
    end
)
from pg_stat_activity as a
left join pg_stat_progress_create_index as i on i.pid = a.pid
left join pg_stat_progress_vacuum as v on v.pid = a.pid
left join pg_stat_progress_analyze as n on n.pid = a.pid
left join pg_stat_progress_copy as c on c.pid = a.pid
where a.pid = any (%(backends)s)
