"""What a session is called, and the SQL that brings it back to how it began."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from staging_assets.parser import quote_literal
from staging_assets.postgres.abilities.abilities import find_abilities
from staging_assets.postgres.client.beginning import find_set
from staging_assets.postgres.client.paths import SET_OWN_PATH, USERS_PATH
from staging_assets.postgres.driver import Connection

LONGEST_NAME = 63

DEALLOCATE = """
do $$
declare
    prepared text;
begin
    for prepared in select name from pg_prepared_statements where name !~ '^staging_assets' loop
        execute format('deallocate %I', prepared);
    end loop;
end
$$;
"""
"""Drops what scripts have prepared; what our own modules have prepared stays."""


def find_application_name(run_id: str, node: str) -> str:
    """`staging_assets <run> <node>` within Postgres's 63 bytes; the run id is cut before it."""
    name = f"staging_assets {run_id} {node}"
    if len(name.encode()) > LONGEST_NAME:
        name = f"staging_assets {run_id[:8]} {node}"
    return name.encode()[:LONGEST_NAME].decode(errors="ignore")


def run_prepare_worker(connection: Connection, prepared: Sequence[str]) -> str:
    """Prepare a session for building, in one message.

    Args:
        connection: in autocommit mode, outside a transaction.
        prepared: statements that it prepares.

    Returns SQL that brings it back to the settings it begins with, and the path of scripts.
    """
    # Intermediate commits need no flush each: the run ends with one.
    late = {"synchronous_commit": "off"} if find_abilities(connection).late_commits else {}
    steps = [*(f"set {name} to {value}" for name, value in late.items()), *prepared]
    if steps:
        with connection.cursor() as cursor:
            cursor.execute(";".join(steps))
    settings = {**find_set(connection), **late, "search_path": USERS_PATH}
    # The driver has set this one where the server's is another.
    settings["datestyle"] = connection.get_parameter_status("DateStyle") or "ISO"
    return _pins_sql(settings.items())


def _pins_sql(settings: Iterable[tuple[str, str]]) -> str:
    """SQL that brings a session back to the settings it began with."""
    parts = [
        f"pg_catalog.set_config({quote_literal(name)}, {quote_literal(value)}, false)"
        for name, value in settings
    ]
    # What is left of scripts is gone after RESET, and the path with it.
    return f"reset session authorization; reset all; {SET_OWN_PATH} select {', '.join(parts)};"
