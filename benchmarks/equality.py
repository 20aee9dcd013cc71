"""Whether two contestants ended with the same rows and the same keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812

# Columns that hold the time of the run are left out. Views are looked at too: one contestant makes
# its tables elsewhere, and views of them here.
_TABLES = """
select
    c.relname::text,
    coalesce(
        array_agg(a.attname::text order by a.attnum) filter (
            where a.attname is not null
            and coalesce(pg_get_expr(d.adbin, d.adrelid), '') !~* 'current_timestamp|now\\(\\)'
        ),
        '{}'
    )
from pg_class as c
left join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
left join pg_attrdef as d on d.adrelid = c.oid and d.adnum = a.attnum
where c.relnamespace = to_regnamespace('staging') and c.relkind in ('r', 'p', 'v')
    and not c.relispartition
group by 1
order by 1
"""

_KEYS = """
select
    'constraint ' || con.conname || ' on ' || c.relname || ': ' || pg_get_constraintdef(con.oid)
    || case when con.convalidated then '' else ' (not validated)' end
from pg_constraint as con
join pg_class as c on c.oid = con.conrelid
where con.connamespace = to_regnamespace('staging') and con.contype in ('p', 'u', 'f', 'x')
union all
select 'index: ' || indexdef
from pg_indexes
where schemaname = 'staging'
order by 1
"""

# The hash of a row does not depend on where it stands, and neither does the sum of the hashes:
# the same number as for the rows in order, without sorting them.
_ROWS = """
select count(*), coalesce(sum(hashtextextended(row({columns})::text, 0)), 0)::text
from staging.{table}
"""
_COUNT = "select count(*), '' from staging.{table}"


@dataclass(frozen=True)
class Outcome:
    """What a contestant left behind.

    Args:
        rows: table to its number of rows and the hash of them.
        keys: every key and index, as Postgres spells it.
    """

    rows: dict[str, tuple[int, str]]
    keys: tuple[str, ...] = field(repr=False)

    @property
    def total(self) -> int:
        return sum(count for count, _ in self.rows.values())


def read_outcome(connection: Connection, *, hashes: bool = True) -> Outcome:
    """Read the schema `staging`; without `hashes`, numbers of rows only."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        tables = cursor.fetchall()
        rows: dict[str, tuple[int, str]] = {}
        for table, columns in tables:
            query = sql.SQL(_ROWS if hashes else _COUNT).format(
                table=sql.Identifier(table),
                columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
            )
            cursor.execute(query)
            rows[table] = _pair(cursor.fetchone())
        cursor.execute(_KEYS)
        return Outcome(rows, tuple(text for (text,) in cursor.fetchall()))


def find_differences(expected: Outcome, found: Outcome, *, keys: bool = True) -> list[str]:
    """Say what differs; hashes are compared where both have them.

    Args:
        keys: whether keys and indexes are compared too.
    """
    differences = []
    for table in sorted(expected.rows.keys() | found.rows.keys()):
        one, other = expected.rows.get(table), found.rows.get(table)
        if one is None or other is None:
            differences.append(f"table {table} is {'missing' if other is None else 'too many'}")
        elif one[0] != other[0]:
            differences.append(f"table {table} has {other[0]} rows, not {one[0]}")
        elif one[1] and other[1] and one[1] != other[1]:
            differences.append(f"table {table} has other rows")
    if keys:
        differences += [f"missing {key}" for key in sorted(set(expected.keys) - set(found.keys))]
        differences += [f"too many: {key}" for key in sorted(set(found.keys) - set(expected.keys))]
    return differences


def _pair(row: tuple[Any, ...] | None) -> tuple[int, str]:
    assert row is not None
    return int(row[0]), str(row[1])
