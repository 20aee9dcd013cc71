"""Whether Postgres' counters can be believed, and since when they count."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from staging_assets.parser import quote_identifier, quote_literal
from staging_assets.postgres import MARK, Connection, find_build_schema

_SERVER = """
select
    case
        when pg_is_in_recovery() then 'the server is a standby'
        when current_setting('track_counts') <> 'on' then 'the server counts nothing: track_counts'
    end,
    md5(concat_ws(
        ' ',
        case when has_function_privilege('pg_control_system()', 'execute')
            then (select system_identifier from pg_control_system()) end,
        case when not pg_is_in_recovery()
                and has_function_privilege('pg_walfile_name(pg_lsn)', 'execute')
            then left(pg_walfile_name(pg_current_wal_lsn()), 8) end,
        d.oid,
        pg_stat_get_db_stat_reset_time(d.oid)
    ))
from pg_database as d
where d.datname = current_database()
"""


@dataclass(frozen=True)
class Counting:
    """What holds for all counters.

    Args:
        always: why they say nothing; None when they do.
        since: changes whenever they may have begun anew: another server or database, a reset, a
            crash.
    """

    always: str | None
    since: str


def make_mark_sql(schema: str) -> str:
    """SQL that makes the table of the mark. The build schema must exist."""
    return f"create unlogged table if not exists {_spell(schema)} (mark text not null)"


def read_counting(connection: Connection, schema: str, *, marks: bool) -> Counting:
    """Read whether and since when the server counts.

    Args:
        schema: that is built; the mark is beside it.
        marks: whether to leave a mark where there is none; its table is there then. Without one
            nothing compares equal.
    """
    with connection.cursor() as cursor:
        is_there = marks
        if not marks:
            cursor.execute(f"select to_regclass({quote_literal(_spell(schema))}) is not null")
            is_there = cursor.fetchone() == (True,)
        mark = f"(select min(mark) from {_spell(schema)})" if is_there else "null::text"  # noqa: S608
        cursor.execute(f"select s.*, {mark} from ({_SERVER}) as s")  # noqa: S608 - quoted
        row = cursor.fetchone()
        assert row is not None
        always, since, found = row
        if found is None and marks:
            found = secrets.token_hex(8)
            cursor.execute(f"insert into {_spell(schema)} values ({quote_literal(found)})")  # noqa: S608
    return Counting(always, f"{since} {found}" if found else "")


def _spell(schema: str) -> str:
    return f"{quote_identifier(find_build_schema(schema))}.{quote_identifier(MARK)}"
