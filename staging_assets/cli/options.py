"""Options that every command which looks at a staging schema has; they win over the environment."""

from __future__ import annotations

import argparse
import os

from staging_assets.settings import StagingSchema, read_settings

_OPTIONS = (
    ("--sql-dir", "STAGING_SQL_DIR", "DIR", "the folder of scripts"),
    ("--department", "STAGING_DEPARTMENT", "NAME", "the folder under populate_tables/"),
    ("--schema", "STAGING_SCHEMA", "NAME", "the schema to look at"),
)


def add_schema_options(parser: argparse.ArgumentParser) -> None:
    """Add the options to a command."""
    for option, variable, metavar, text in _OPTIONS:
        parser.add_argument(option, metavar=metavar, help=f"{text} (default: {variable})")


def read_staging_schema(options: argparse.Namespace) -> StagingSchema:
    """The value of the environment, with what the command line says in its place.

    Raises SettingsError, which names the variable that the option stands for.
    """
    said = {
        variable: getattr(options, option.lstrip("-").replace("-", "_"))
        for option, variable, _, _ in _OPTIONS
    }
    return read_settings({**os.environ, **{k: v for k, v in said.items() if v is not None}})
