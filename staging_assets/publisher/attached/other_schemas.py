"""What other schemas have on a whole schema: its tables, and its functions."""

from __future__ import annotations

from dataclasses import replace

from staging_assets.parser import quote_identifier
from staging_assets.postgres import Cursor, find_build_schema, has_schema
from staging_assets.publisher.attached.attachments import Attachments, read_attachments
from staging_assets.publisher.attached.routine_users import USER_COLUMNS, USERS
from staging_assets.publisher.transaction.steps import Step, run_steps

_OBJECTS = """
select c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = %(schema)s and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f', 'c')
union
select t.typname from pg_type t join pg_namespace n on n.oid = t.typnamespace
where n.nspname = %(schema)s and t.typtype in ('e', 'd', 'r')
"""

# What other schemas have on functions of this one: the relation it belongs to, and its name.
_FUNCTION_USERS = f"""
select distinct {USER_COLUMNS}
{USERS}
where n.nspname = %s and d.deptype in ('n', 'a')
and coalesce(c.relnamespace, f.pronamespace, 0) <> n.oid
"""


def read_outside(cursor: Cursor, live: str, incoming: str) -> tuple[Attachments, list[str]]:
    """Read what other schemas have on the live one; name what cannot be turned to the other.

    Foreign keys of which the other one has no table are among the latter, and left out.
    """
    names = set(_read_names(cursor, live)) | set(_read_names(cursor, incoming))
    found = read_attachments(cursor, live_schema=live, build_schema=incoming, own=sorted(names))
    outside = [d for d in found.dependents if d.schema != live]
    turned = {d.oid for d in outside}
    stays = (live, *found.kept_schemas)
    unknown = [what for what, schema, _ in found.unknown if schema not in stays]
    cursor.execute(_FUNCTION_USERS, (live,))
    unknown += [what for oid, what in cursor.fetchall() if oid not in turned]
    stuck = [f"{what}: this hangs on {live} and cannot be turned to {incoming}" for what in unknown]
    stuck += [
        f"foreign key {key}: {incoming} has no table {key.references}"
        for key in found.inbound
        if key.target is None
    ]
    inbound = tuple(key for key in found.inbound if key.target is not None)
    return replace(found, dependents=tuple(outside), inbound=inbound), stuck


def find_hanging(cursor: Cursor, schema: str) -> list[str]:
    """Name what other schemas have on a schema that is to be dropped."""
    names = _read_names(cursor, schema)
    found = read_attachments(cursor, live_schema=schema, build_schema="", own=names)
    outside = [d.label for d in found.dependents if d.schema != schema]
    outside += [f"foreign key {key}" for key in found.inbound]
    outside += [step.label for step in found.kept]
    outside += [what for what, owner, _ in found.unknown if owner != schema]
    cursor.execute(_FUNCTION_USERS, (schema,))
    outside += [what for _, what in cursor.fetchall()]
    return [
        f"{what}: this hangs on {schema}, which has to make room" for what in sorted(set(outside))
    ]


def run_drop_schema(cursor: Cursor, schema: str) -> None:
    """Drop an older previous schema, on which nothing outside hangs."""
    names = [quote_identifier(schema)]
    if has_schema(cursor.connection, find_build_schema(schema)):
        names.append(quote_identifier(find_build_schema(schema)))
    cursor.execute("set local lock_timeout = '1s'; set local client_min_messages = error")
    step = Step(f"dropping {schema}", f"drop schema {', '.join(names)} cascade")
    run_steps(cursor, [step], singly=True, relations=[])


def _read_names(cursor: Cursor, schema: str) -> list[str]:
    cursor.execute(_OBJECTS, {"schema": schema})
    return [name for (name,) in cursor.fetchall()]
