"""Dagster's folder on this machine, made before Dagster starts: its runs, its configuration.

`dagster_command` makes it when there is none, in the first moments of a command. So nothing here
imports Dagster, a database driver or much else.
"""

from staging_assets.dagster_home.home import CONFIGURATION, POSTGRES_CONFIGURATION, make_home
from staging_assets.dagster_home.ready_history import READY, find_history_sql, lay_history

__all__ = [
    "CONFIGURATION",
    "POSTGRES_CONFIGURATION",
    "READY",
    "find_history_sql",
    "lay_history",
    "make_home",
]
