"""Imports what commands import, and runs none of it: the process that commands are forked from.

Dagster's own modules are named one by one, because it imports them when it needs them. One that
another release does not have is left to the command.
"""

from __future__ import annotations

import gc
from contextlib import suppress
from importlib import import_module

_COMMANDS = ("dagster._cli", "staging_assets.cli", "staging_assets.dagster_command")
_LATER = """
alembic.autogenerate
alembic.command
dagster._core.assets
dagster._core.definitions.antlr_asset_selection.antlr_asset_selection
dagster._core.definitions.external_asset
dagster._core.definitions.freshness_evaluator
dagster._core.definitions.repository_definition.repository_data_builder
dagster._core.execution.plan.active
dagster._core.executor.in_process
dagster._core.instance.factory
dagster._core.instance.runs.run_domain
dagster._core.op_concurrency_limits_counter
dagster._core.run_coordinator.queued_run_coordinator
dagster._core.storage.legacy_storage
dagster._core.storage.local_compute_log_manager
dagster._core.storage.sqlite_storage
dagster._core.system_config.composite_descent
dagster._core.types.transform_typing
dagster._core.utility_ops
dagster._core.workspace.autodiscovery
dagster._daemon.controller
dagster._daemon.daemon
dagster._utils.test.definitions
dagster_shared.serdes.pack
mako.ext.pygmentplugin
mako.template
rich.traceback
sqlalchemy.dialects.mysql
sqlalchemy.dialects.postgresql
sqlalchemy.dialects.sqlite
sqlalchemy.engine.strategies
sqlalchemy.ext.compiler
staging_assets.defs
staging_assets.defs.dagster_patches.event_log
structlog.dev
structlog.stdlib
structlog.testing
upath
watchdog.observers
"""

gc.disable()
for _module in _COMMANDS:
    import_module(_module)
for _module in _LATER.split():
    with suppress(ImportError):
        import_module(_module)
gc.enable()
# What is there when a command begins is not searched for garbage: it would be copied.
gc.collect()
gc.freeze()
