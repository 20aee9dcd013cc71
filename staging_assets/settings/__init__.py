"""What is built, and where: values, and the one reader of the environment that makes them.

`StagingSchema` is the value that everything takes. Nothing below `definitions` and `cli` looks at
the environment.
"""

from staging_assets.settings.alerts import AlertSettings, read_alert_settings
from staging_assets.settings.connection import (
    ConnectionSettings,
    Connects,
    SessionSettings,
    check_url,
    is_elsewhere,
)
from staging_assets.settings.environment import (
    find_history_home,
    find_home,
    find_sql_dir,
    is_history_in_postgres,
    read_settings,
)
from staging_assets.settings.limits import (
    DEFAULT_DEPARTMENT,
    DEFAULT_ETL_SCHEMA,
    DEFAULT_LOOK_EVERY,
    DEFAULT_SCHEMA,
    check_department,
    check_etl_schema,
    check_key_prefix,
    check_schema_in_files,
    check_schema_name,
    check_workers,
    default_workers,
)
from staging_assets.settings.staging_schema import Settings, StagingSchema
from staging_assets.settings.units import read_seconds
from staging_assets.settings.variables import VARIABLES, Variable, build_table

__all__ = [
    "DEFAULT_DEPARTMENT",
    "DEFAULT_ETL_SCHEMA",
    "DEFAULT_LOOK_EVERY",
    "DEFAULT_SCHEMA",
    "VARIABLES",
    "AlertSettings",
    "ConnectionSettings",
    "Connects",
    "SessionSettings",
    "Settings",
    "StagingSchema",
    "Variable",
    "build_table",
    "check_department",
    "check_etl_schema",
    "check_key_prefix",
    "check_schema_in_files",
    "check_schema_name",
    "check_url",
    "check_workers",
    "default_workers",
    "find_history_home",
    "find_home",
    "find_sql_dir",
    "is_elsewhere",
    "is_history_in_postgres",
    "read_alert_settings",
    "read_seconds",
    "read_settings",
]
