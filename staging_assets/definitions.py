"""What Dagster loads for this project: the value of the environment, wired up.

This is the only module that reads the environment for Dagster, and that changes Dagster. Nothing
here touches a database, so definitions load without one.
"""

from __future__ import annotations

import gc
import os
import sys
from dataclasses import replace

import dagster as dg

from staging_assets.dagster_command import begin
from staging_assets.defs import (
    LEVELS,
    alert_broken,
    build_definitions,
    build_resource,
    install_config_errors,
    install_exit_code,
    install_prefix_selection,
    install_quiet_console,
    keep_streams,
)
from staging_assets.errors import SettingsError, StagingError
from staging_assets.project import no_garbage_search
from staging_assets.settings import StagingSchema, read_alert_settings, read_settings
from staging_assets.signals import find_signal, hold_signals


def _read_staging_schema() -> StagingSchema:
    """The value that the environment describes. A URL stays in its variable."""
    staging = read_settings(os.environ)
    url = dg.EnvVar("STAGING_DATABASE_URL") if staging.connection.url else None
    return replace(staging, postgres=build_resource(staging, url))


_ONLY_BUILD = {
    ("asset", "materialize"),
    ("job", "execute"),
    ("api", "execute_run"),
    ("api", "execute_step"),
}
"""Dagster's commands that show nobody a catalogue."""


def _load() -> dg.Definitions:
    hold_signals()
    try:
        if sys.argv[1:2] and sys.argv[1] in ("asset", "job", "launch"):
            keep_streams()
        install_quiet_console(_read_log_level(), stopped=find_signal)
        install_exit_code(find_signal)
        install_config_errors()
        with no_garbage_search():
            shown = tuple(sys.argv[1:3]) not in _ONLY_BUILD
            found = build_definitions(_read_staging_schema(), shown=shown)
    except StagingError as error:
        if tuple(sys.argv[1:3]) in _ONLY_BUILD:
            alert_broken(read_alert_settings(os.environ), str(error), _warn)
        # The message says which line of which file to mend; a stack of ours would only hide it.
        sys.tracebacklimit = 0
        raise
    # The definitions stay until the process ends: no search for garbage needs to look at them.
    gc.freeze()
    return dg.Definitions.merge(found, dg.Definitions(executor=dg.in_process_executor))


def _warn(line: str) -> None:
    print(line, file=sys.stderr)


def _read_log_level() -> str:
    level = os.environ.get("STAGING_LOG_LEVEL", "").strip().upper() or "WARNING"
    if level not in LEVELS:
        raise SettingsError(f"STAGING_LOG_LEVEL: {level!r} is none of {', '.join(LEVELS)}.")
    return level


install_prefix_selection()
defs = _load()
begin()
