"""A hub of events and ten event tables that hang on it: what bulk loads cost (W2 and W3).

At scale 1 there are 10,000 officers, a million events, and three million rows in the ten event
tables. Codes come as text and are looked up, dates come as text and are cast, as raw data does.
"""

from __future__ import annotations

from benchmarks.workload import Column, Table, Workload

LOOKUPS = 30
_VALUES = 20

_EVENT_TABLES = {
    "traffic_stops": 500_000,
    "dispatches": 450_000,
    "arrests": 400_000,
    "field_interviews": 350_000,
    "searches": 300_000,
    "citations": 300_000,
    "complaints": 250_000,
    "trainings": 200_000,
    "use_of_force": 150_000,
    "compliments": 100_000,
}


def make_events(name: str, scale: float) -> Workload:
    """Make the workload; `scale` 1 is four million rows."""
    officers, events = max(10, round(10_000 * scale)), max(100, round(1_000_000 * scale))
    sizes = {table: max(10, round(rows * scale)) for table, rows in _EVENT_TABLES.items()}
    event_tables = tuple(
        _event_table(table, rows, number) for number, (table, rows) in enumerate(sizes.items())
    )
    return Workload(
        name=name,
        title=f"{events:,} events in a hub, {sum(sizes.values()):,} rows over ten event tables",
        scale=scale,
        tables=(
            *(_lookup(number) for number in range(LOOKUPS)),
            _officers(officers),
            _hub(events),
            *event_tables,
        ),
        etl=(
            _officer_rows(officers),
            _event_rows(events, officers),
            *(
                _record_rows(table, rows, events, number)
                for number, (table, rows) in enumerate(sizes.items())
            ),
        ),
        sources=("officers", "events", *(f"{table}_records" for table in sizes)),
    )


def _lookup_name(number: int) -> str:
    return f"lookup_{number:02}"


def _lookup(number: int) -> Table:
    name = _lookup_name(number)
    return Table(
        name=name,
        columns=(
            Column("code", "int"),
            Column("value", "text", nullable=False),
            Column("description", "text"),
        ),
        lookup=tuple(
            (code, f"value {code}", f"number {code} of {name}") for code in range(_VALUES)
        ),
        size=_VALUES,
    )


def _officers(size: int) -> Table:
    return Table(
        name="officers_hub",
        serial=True,
        columns=(
            Column("officer_id", "int"),
            Column("officer_key", "int", nullable=False),
            Column("race_code", "int", (_lookup_name(0), "code")),
            Column("sex_code", "int", (_lookup_name(1), "code")),
            Column("first_name", "text"),
            Column("last_name", "text"),
            Column("hired_date", "date"),
        ),
        select=f"""select
    o.officer_key,
    r.code as race_code,
    s.code as sex_code,
    initcap(o.first_name) as first_name,
    initcap(o.last_name) as last_name,
    o.hired::date as hired_date
from etl.officers as o
left join staging.{_lookup_name(0)} as r on r.value = o.race
left join staging.{_lookup_name(1)} as s on s.value = o.sex""",
        order="o.officer_key",
        reads=(_lookup_name(0), _lookup_name(1)),
        size=size,
    )


def _hub(size: int) -> Table:
    return Table(
        name="events_hub",
        serial=True,
        columns=(
            Column("event_id", "int"),
            Column("event_key", "int", nullable=False),
            Column("officer_id", "int", ("officers_hub", "officer_id")),
            Column("event_type_code", "int", (_lookup_name(2), "code")),
            Column("unit_code", "int", (_lookup_name(3), "code")),
            Column("event_datetime", "timestamp"),
            Column("longitude", "double precision"),
            Column("latitude", "double precision"),
            Column("note", "text"),
        ),
        select=f"""select
    e.event_key,
    o.officer_id,
    t.code as event_type_code,
    u.code as unit_code,
    e.happened::timestamp as event_datetime,
    e.longitude,
    e.latitude,
    nullif(trim(e.note), '') as note
from etl.events as e
join staging.officers_hub as o on o.officer_key = e.officer_key
left join staging.{_lookup_name(2)} as t on t.value = e.kind
left join staging.{_lookup_name(3)} as u on u.value = e.unit""",
        order="e.event_key",
        reads=("officers_hub", _lookup_name(2), _lookup_name(3)),
        size=size,
    )


def _event_table(name: str, size: int, number: int) -> Table:
    status, outcome = _lookup_name(4 + 2 * number), _lookup_name(5 + 2 * number)
    return Table(
        name=name,
        serial=True,
        columns=(
            Column(f"{name}_id", "int"),
            Column("event_id", "int", ("events_hub", "event_id"), nullable=False),
            Column("status_code", "int", (status, "code")),
            Column("outcome_code", "int", (outcome, "code")),
            Column("report_date", "date"),
            Column("amount", "numeric(10, 2)"),
            Column("description", "text"),
        ),
        select=f"""select
    e.event_id,
    s.code as status_code,
    o.code as outcome_code,
    r.reported::date as report_date,
    r.amount::numeric(10, 2) as amount,
    r.description
from etl.{name}_records as r
join staging.events_hub as e on e.event_key = r.event_key
left join staging.{status} as s on s.value = r.status
left join staging.{outcome} as o on o.value = r.outcome""",
        order="r.record_key",
        reads=("events_hub", status, outcome),
        size=size,
    )


def _officer_rows(officers: int) -> str:
    return f"""create table etl.officers as
select
    i as officer_key,
    'first' || i % 997 as first_name,
    'last' || i % 4999 as last_name,
    'value ' || i % 7 as race,
    'value ' || i % 2 as sex,
    to_char(date '1985-01-01' + i % 12000, 'YYYY-MM-DD') as hired
from generate_series(1, {officers}) as i;
"""


def _event_rows(events: int, officers: int) -> str:
    return f"""create table etl.events as
select
    i as event_key,
    (1 + (i::bigint * 7919) % {officers})::int as officer_key,
    'value ' || i % {_VALUES} as kind,
    'value ' || (i / 7) % {_VALUES} as unit,
    to_char(
        timestamp '2010-01-01' + (i % 4000000) * interval '97 seconds', 'YYYY-MM-DD HH24:MI:SS'
    ) as happened,
    -87.9 + (i % 5003) / 12500.0::double precision as longitude,
    41.6 + (i % 4001) / 10000.0::double precision as latitude,
    case when i % 3 = 0 then '' else 'note on event ' || i end as note
from generate_series(1, {events}) as i;
"""


def _record_rows(table: str, rows: int, events: int, number: int) -> str:
    return f"""create table etl.{table}_records as
select
    i as record_key,
    (1 + (i::bigint * {7907 + 2 * number}) % {events})::int as event_key,
    'value ' || i % {_VALUES} as status,
    'value ' || (i / 3) % {_VALUES} as outcome,
    to_char(date '2010-01-01' + i % 4000, 'YYYY-MM-DD') as reported,
    ((i % 10007) / 7.0)::text as amount,
    'record ' || i || ' of {table}' as description
from generate_series(1, {rows}) as i;
"""
