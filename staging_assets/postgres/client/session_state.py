"""What a session is called, and the SQL that brings it back to how it began."""

from __future__ import annotations

from collections.abc import Iterable

from staging_assets.parser import quote_literal
from staging_assets.postgres.client.paths import SET_OWN_PATH

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

CHANGED_SETTINGS = """
select name, current_setting(name) from pg_settings where source = 'session'
and name not in ('application_name', 'client_encoding')
"""
"""What a session has set for itself."""


def find_application_name(run_id: str, node: str) -> str:
    """`staging_assets <run> <node>` within Postgres's 63 bytes; the run id is cut before it."""
    name = f"staging_assets {run_id} {node}"
    if len(name.encode()) > LONGEST_NAME:
        name = f"staging_assets {run_id[:8]} {node}"
    return name.encode()[:LONGEST_NAME].decode(errors="ignore")


def pins_sql(settings: Iterable[tuple[str, str]]) -> str:
    """SQL that brings a session back to the settings it began with."""
    parts = [
        f"pg_catalog.set_config({quote_literal(name)}, {quote_literal(value)}, false)"
        for name, value in settings
    ]
    # What is left of scripts is gone after RESET, and the path with it.
    return f"reset session authorization; reset all; {SET_OWN_PATH} select {', '.join(parts)};"
