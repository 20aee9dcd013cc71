"""What a script may have meant by a name that Postgres does not know."""

from __future__ import annotations

import difflib
import re

import psycopg2

from staging_assets.builder import RunContext
from staging_assets.errors import StagingError
from staging_assets.postgres import Session

_QUOTED = re.compile(r'"((?:[^"\n]|"")+)"')
_CALLED = re.compile(r"function ([^\s(]+)\(")
_KNOWN = """
select n.nspname::text, c.relname::text from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.relnamespace
where c.relkind operator(pg_catalog.=) any (array['r', 'p', 'v', 'm', 'f', 'S']::"char"[])
and n.nspname operator(pg_catalog.!~) '^pg_' and n.nspname operator(pg_catalog.!~) '__'
and n.nspname operator(pg_catalog.<>) 'information_schema'
"""
_FUNCTIONS = """
select n.nspname::text, p.proname::text from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) p.pronamespace
where n.nspname operator(pg_catalog.!~) '^pg_'
and n.nspname operator(pg_catalog.<>) 'information_schema'
"""


def find_meant(session: Session, work: RunContext, message: str, sqlstate: str) -> str:
    """Say which relation or function may be meant; empty when nothing is like it.

    Args:
        session: whose transaction has ended.
        work: the run.
        message: what failed, as people read it.
        sqlstate: 42P01 (a relation is missing) or 42883 (a function is).
    """
    first = message.split("\n", 1)[0]
    found = (_CALLED if sqlstate == "42883" else _QUOTED).search(first)
    if found is None:
        return ""
    schema, _, name = found[1].replace('"', "").rpartition(".")
    schemas = work.project.schemas
    try:
        known = {
            (schemas.in_scripts(where, work.schema), what)
            for where, what in session.run(_FUNCTIONS if sqlstate == "42883" else _KNOWN)
        }
    except (StagingError, psycopg2.Error):
        return ""
    if sqlstate == "42883":
        made = [item.functions for item in work.project.procedures.values()]
        known |= {(each.schema, each.name) for of_script in made for each in of_script}
    else:
        known |= {(schemas.staging, table) for table in work.project.tables}
    meant = schemas.in_scripts(schema, work.schema)
    if not meant:
        places = sorted(where for where, what in known if what == name and where != "public")
        if places:
            listed = " or ".join(f"{where}.{name}" for where in places)
            return f"\nDid you mean {listed}? Scripts name the schema of whatever they use."
    if (meant, name) in known:
        return ""
    spelled = [f"{where}.{what}" for where, what in sorted(known)]
    alike = difflib.get_close_matches(f"{meant or schemas.staging}.{name}", spelled, 2, 0.8)
    return f"\nDid you mean {' or '.join(alike)}?" if alike else ""
