"""What Dagster sees: assets, asset checks, jobs, resources, and how a run is told to people.

Only this package and `definitions` import Dagster. `build_definitions` is the way in.
`reporting/` is what people are told; `dagster_patches/` is where Dagster itself is changed, and
nothing there acts unless it is called. `component` is loaded by who asks for it: no command waits
for it.
"""

from staging_assets.defs.alerts.channels import run_alert
from staging_assets.defs.alerts.of_a_run import alert_blind, alert_broken
from staging_assets.defs.alerts.overdue import build_overdue_alert, find_overdue
from staging_assets.defs.assets.build import build_staging_assets
from staging_assets.defs.assets.resources import PostgresResource, build_resource
from staging_assets.defs.dagster_patches.config_errors import install_config_errors
from staging_assets.defs.dagster_patches.prefix_selection import install_prefix_selection
from staging_assets.defs.dagster_patches.quiet_console import install_quiet_console
from staging_assets.defs.definitions import build_definitions
from staging_assets.defs.history.runs import read_runs
from staging_assets.defs.reporting.log import LEVELS
from staging_assets.defs.reporting.stopping import install_exit_code
from staging_assets.defs.reporting.streams import keep_streams
from staging_assets.defs.runs.dead_runs import look_once
from staging_assets.defs.translation.translator import StagingNode, StagingTranslator

__all__ = [
    "LEVELS",
    "PostgresResource",
    "StagingNode",
    "StagingTranslator",
    "alert_blind",
    "alert_broken",
    "build_definitions",
    "build_overdue_alert",
    "build_resource",
    "build_staging_assets",
    "find_overdue",
    "install_config_errors",
    "install_exit_code",
    "install_prefix_selection",
    "install_quiet_console",
    "keep_streams",
    "look_once",
    "read_runs",
    "run_alert",
]
