"""Builds a Postgres staging schema from a folder of SQL scripts, as Dagster assets or without.

These names are the public API. They are loaded when they are first used: importing this package
reads no environment and no folder, imports no Dagster, and changes nothing. What Dagster loads for
this project itself is `staging_assets.definitions`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from staging_assets.api import load_project
    from staging_assets.builder import BuildOptions, PostgresWrangler
    from staging_assets.checks import Check, CheckResult, run_checks
    from staging_assets.defs import (
        PostgresResource,
        StagingNode,
        StagingTranslator,
        build_definitions,
        install_prefix_selection,
    )
    from staging_assets.defs.component import StagingSchemaComponent
    from staging_assets.errors import (
        BuildError,
        BusyError,
        DatabaseError,
        ProjectError,
        ScriptError,
        SettingsError,
        StagingError,
    )
    from staging_assets.model import StagingProject
    from staging_assets.postgres import find_server
    from staging_assets.scheduler import run_build
    from staging_assets.settings import (
        ConnectionSettings,
        Settings,
        StagingSchema,
        read_settings,
    )

    __version__: str

__all__ = [
    "BuildError",
    "BuildOptions",
    "BusyError",
    "Check",
    "CheckResult",
    "ConnectionSettings",
    "DatabaseError",
    "PostgresResource",
    "PostgresWrangler",
    "ProjectError",
    "ScriptError",
    "Settings",
    "SettingsError",
    "StagingError",
    "StagingNode",
    "StagingProject",
    "StagingSchema",
    "StagingSchemaComponent",
    "StagingTranslator",
    "__version__",
    "build_definitions",
    "find_server",
    "install_prefix_selection",
    "load_project",
    "read_settings",
    "run_build",
    "run_checks",
]

_PLACES = {
    "api": ("load_project",),
    "builder": ("BuildOptions", "PostgresWrangler"),
    "checks": ("Check", "CheckResult", "run_checks"),
    "defs": (
        "PostgresResource",
        "StagingNode",
        "StagingTranslator",
        "build_definitions",
        "install_prefix_selection",
    ),
    "defs.component": ("StagingSchemaComponent",),
    "errors": (
        "BuildError",
        "BusyError",
        "DatabaseError",
        "ProjectError",
        "ScriptError",
        "SettingsError",
        "StagingError",
    ),
    "model": ("StagingProject",),
    "postgres": ("find_server",),
    "scheduler": ("run_build",),
    "settings": ("ConnectionSettings", "Settings", "StagingSchema", "read_settings"),
}
_PLACE = {name: place for place, names in _PLACES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Load a public name from its package (PEP 562)."""
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415 - a tenth of the import's time

        return version("staging-assets")
    if name not in _PLACE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_PLACE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """What can be asked for."""
    return sorted({*globals(), *__all__})
