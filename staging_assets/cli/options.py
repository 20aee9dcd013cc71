"""Options that every command which looks at a staging schema has; they win over the environment."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

from staging_assets.settings import StagingSchema, read_settings

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    ("--sql-dir", "STAGING_SQL_DIR", "DIR", "the folder of scripts"),
    ("--department", "STAGING_DEPARTMENT", "NAME", "the folder under populate_tables/"),
    ("--schema", "STAGING_SCHEMA", "NAME", "the schema to look at"),
)


def schema_options(command: F) -> F:
    """Add the options to a command; the values come as `sql_dir`, `department` and `schema`."""
    for option, variable, metavar, text in reversed(_OPTIONS):
        add = click.option(option, metavar=metavar, help=f"{text} (default: {variable})")
        command = add(command)
    return command


def read_staging_schema(**said: str | None) -> StagingSchema:
    """The value of the environment, with what the command line says in its place.

    Args:
        said: of `schema_options`: `sql_dir`, `department`, `schema`; None where nothing is said.

    Raises SettingsError, which names the variable that the option stands for.
    """
    variables = {
        option.lstrip("-").replace("-", "_"): variable for option, variable, _, _ in _OPTIONS
    }
    given = {variables[name]: value for name, value in said.items() if value is not None}
    return read_settings({**os.environ, **given})
