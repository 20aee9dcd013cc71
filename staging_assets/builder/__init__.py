"""One node: decide whether it is built, make it, check it, hand it to the publisher.

`shadow/` makes a table beside the live one; `cleanups/` is `main(pgw)`, with the interface that
pg_tools had.
"""

from staging_assets.builder.audit import ChecksFailedError
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
from staging_assets.builder.history import (
    Build,
    read_history,
    remember,
    run_claim,
    run_prepare_history,
)
from staging_assets.builder.shadow.keys import PREPARE
from staging_assets.builder.shadow.leftovers import clear_build_schema

__all__ = [
    "PREPARE",
    "Attempt",
    "Build",
    "BuildOptions",
    "ChecksFailedError",
    "InCleanupError",
    "NodeResult",
    "PostgresWrangler",
    "Rebuild",
    "RunContext",
    "Status",
    "Task",
    "UnrepeatableError",
    "clear_build_schema",
    "read_history",
    "remember",
    "run_claim",
    "run_prepare_history",
    "run_task",
]
