"""One node: decide whether it is built, make it, check it, hand it to the publisher.

`shadow/` makes a table beside the live one; `cleanups/` is `main(pgw)`, with the interface that
pg_tools had.
"""

from staging_assets.builder.audit import ChecksFailedError
from staging_assets.builder.branches.sequences import run_copy_sequences
from staging_assets.builder.branches.views import run_show_live, run_take_down
from staging_assets.builder.circle import Attempt, run_task
from staging_assets.builder.clean import InCleanupError
from staging_assets.builder.cleanups.run import UnrepeatableError
from staging_assets.builder.cleanups.wrangler import PostgresWrangler
from staging_assets.builder.context import (
    BuildOptions,
    NodeResult,
    Rebuild,
    RunContext,
    Status,
    Task,
)
from staging_assets.builder.records.as_left import find_drift, read_catalog, run_note_catalog
from staging_assets.builder.records.history import (
    Build,
    find_lost_builds,
    forget_builds_sql,
    is_prepared_sql,
    read_history,
    run_claim,
    run_note_failures,
    run_prepare_history,
)
from staging_assets.builder.records.made_of import MadeOf, find_always, is_always
from staging_assets.builder.shadow.keys import PREPARE
from staging_assets.builder.shadow.leftovers import clear_build_schema, has_leftovers_sql

__all__ = [
    "PREPARE",
    "Attempt",
    "Build",
    "BuildOptions",
    "ChecksFailedError",
    "InCleanupError",
    "MadeOf",
    "NodeResult",
    "PostgresWrangler",
    "Rebuild",
    "RunContext",
    "Status",
    "Task",
    "UnrepeatableError",
    "clear_build_schema",
    "find_always",
    "find_drift",
    "find_lost_builds",
    "forget_builds_sql",
    "has_leftovers_sql",
    "is_always",
    "is_prepared_sql",
    "read_catalog",
    "read_history",
    "run_claim",
    "run_copy_sequences",
    "run_note_catalog",
    "run_note_failures",
    "run_prepare_history",
    "run_show_live",
    "run_take_down",
    "run_task",
]
