"""A server, a session, and what it says.

`client/` connects, keeps sessions and locks, and asks the catalogs; `abilities/` is what servers
can do that are not plain Postgres (Citus, a standby); `messages/` makes errors and notices fit for
people, without secrets; `embedded/` is the PostgreSQL of our own.
"""

from staging_assets.postgres.abilities.abilities import Abilities, find_abilities
from staging_assets.postgres.abilities.citus import (
    Distribution,
    noting_path_sql,
    read_distributions,
    read_notes,
    run_recover,
    scratch_settings_sql,
)
from staging_assets.postgres.abilities.one_statement import find_cursor_class
from staging_assets.postgres.client.branch import (
    BRANCH,
    Branch,
    BranchKey,
    KeptAside,
    forget_branch_sql,
    note_branch_keys_sql,
    note_kept_sql,
    read_branch,
    run_note_branch,
)
from staging_assets.postgres.client.catalog import (
    BUILDS,
    FREE_CONNECTIONS,
    LOADS,
    MARK,
    RELEASES,
    find_build_schema,
    has_functions,
    has_rows,
    has_schema,
    has_table,
    has_values,
)
from staging_assets.postgres.client.engine import hide_values, make_engine
from staging_assets.postgres.client.owed_keys import (
    OWED_KEYS,
    OwedKey,
    fetch_owed_keys,
    make_owed_keys_sql,
    owed_keys_sql,
    owed_keys_table,
    read_owed_keys,
)
from staging_assets.postgres.client.paths import (
    LEND_OWN_PATH,
    OWN_PATH,
    SET_LOCAL_USERS_PATH,
    SET_OWN_PATH,
    TAKE_OWN_PATH_BACK,
    USERS_PATH,
)
from staging_assets.postgres.client.presence import (
    Presence,
    find_database_identity,
    find_present,
)
from staging_assets.postgres.client.routines import RoutineRow, ServerRoutines, read_routine_rows
from staging_assets.postgres.client.row_states import row_state_sql
from staging_assets.postgres.client.schema_lock import (
    SchemaLock,
    find_running,
    has_orphans_sql,
    run_end_orphans,
)
from staging_assets.postgres.client.scripts import (
    Outcome,
    run_definitions,
    run_script,
    run_statement,
)
from staging_assets.postgres.client.server import Server
from staging_assets.postgres.client.session import Session
from staging_assets.postgres.client.silence import is_silent
from staging_assets.postgres.client.untouched import check_untouched
from staging_assets.postgres.connect import find_place, find_server, is_asleep
from staging_assets.postgres.driver import Connection, Cursor
from staging_assets.postgres.driver.ahead import find_waiting, send_ahead, take_back
from staging_assets.postgres.embedded.binaries import find_extensions as find_embedded_extensions
from staging_assets.postgres.embedded.server import EmbeddedServer
from staging_assets.postgres.key_joins import SET_LOCAL_SORTED, sorted_keys_sql
from staging_assets.postgres.messages.errors import FailedStatement, find_safe_text, script_error
from staging_assets.postgres.messages.likely_names import (
    Meant,
    find_column,
    find_meant,
    find_named,
)
from staging_assets.postgres.messages.notices import Log
from staging_assets.postgres.messages.redaction import (
    find_detail_columns,
    find_safe_detail,
    find_safe_message,
)
from staging_assets.postgres.pg_dump import dump_schema, find_pg_dump
from staging_assets.postgres.psql import find_psql, find_public_dsn, find_variables

__all__ = [
    "BRANCH",
    "BUILDS",
    "FREE_CONNECTIONS",
    "LEND_OWN_PATH",
    "LOADS",
    "MARK",
    "OWED_KEYS",
    "OWN_PATH",
    "RELEASES",
    "SET_LOCAL_SORTED",
    "SET_LOCAL_USERS_PATH",
    "SET_OWN_PATH",
    "TAKE_OWN_PATH_BACK",
    "USERS_PATH",
    "Abilities",
    "Branch",
    "BranchKey",
    "Connection",
    "Cursor",
    "Distribution",
    "EmbeddedServer",
    "FailedStatement",
    "KeptAside",
    "Log",
    "Meant",
    "Outcome",
    "OwedKey",
    "Presence",
    "RoutineRow",
    "SchemaLock",
    "Server",
    "ServerRoutines",
    "Session",
    "check_untouched",
    "dump_schema",
    "fetch_owed_keys",
    "find_abilities",
    "find_build_schema",
    "find_column",
    "find_cursor_class",
    "find_database_identity",
    "find_detail_columns",
    "find_embedded_extensions",
    "find_meant",
    "find_named",
    "find_pg_dump",
    "find_place",
    "find_present",
    "find_psql",
    "find_public_dsn",
    "find_running",
    "find_safe_detail",
    "find_safe_message",
    "find_safe_text",
    "find_server",
    "find_variables",
    "find_waiting",
    "forget_branch_sql",
    "has_functions",
    "has_orphans_sql",
    "has_rows",
    "has_schema",
    "has_table",
    "has_values",
    "hide_values",
    "is_asleep",
    "is_silent",
    "make_engine",
    "make_owed_keys_sql",
    "note_branch_keys_sql",
    "note_kept_sql",
    "noting_path_sql",
    "owed_keys_sql",
    "owed_keys_table",
    "read_branch",
    "read_distributions",
    "read_notes",
    "read_owed_keys",
    "read_routine_rows",
    "row_state_sql",
    "run_definitions",
    "run_end_orphans",
    "run_note_branch",
    "run_recover",
    "run_script",
    "run_statement",
    "scratch_settings_sql",
    "script_error",
    "send_ahead",
    "sorted_keys_sql",
    "take_back",
]
