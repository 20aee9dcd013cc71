"""Options that every command which looks at a staging schema has; they win over the environment."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import Any, TypeVar

import click

from staging_assets.errors import SettingsError
from staging_assets.model import STAGING, StagingProject
from staging_assets.settings import StagingSchema, read_settings

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    ("--sql-dir", "STAGING_SQL_DIR", "DIR", "the folder of scripts"),
    ("--department", "STAGING_DEPARTMENT", "NAME", "the folder under populate_tables/"),
    ("--schema", "STAGING_SCHEMA", "NAME", "the schema to look at"),
    ("--schema-in-files", "STAGING_SCHEMA_IN_FILES", "NAME", "what the scripts call it"),
    ("--etl-schema", "STAGING_ETL_SCHEMA", "NAME", "the schema that is `etl` in the scripts"),
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
    return read_settings({**os.environ, **find_said_variables(**said)})


def find_branch(staging: StagingSchema, live: str) -> str:
    """The schema that is built as a branch of the live one: what was named, or its `_next`.

    Args:
        staging: of the environment and the command line.
        live: the schema that it differs from.
    """
    return staging.schema if staging.schema != live else f"{live}_next"


def find_said_variables(**said: str | None) -> dict[str, str]:
    """The variables that options stand for, with what was said.

    Args:
        said: of `schema_options`.
    """
    variables = {
        option.lstrip("-").replace("-", "_"): variable for option, variable, _, _ in _OPTIONS
    }
    return {variables[name]: value for name, value in said.items() if value is not None}


def find_asset_key(staging: StagingSchema, node: str) -> str:
    """What Dagster calls a node: `staging/arrests`, behind the key prefix where there is one.

    Args:
        staging: whose it is.
        node: its text, such as `arrests_cleanup`.
    """
    return "/".join([*staging.key_prefix, STAGING, node])


def find_nodes(
    staging: StagingSchema, project: StagingProject, patterns: Sequence[str]
) -> list[str]:
    """The nodes that are meant, in build order.

    Args:
        staging: whose they are.
        project: the folder of scripts.
        patterns: names of nodes or their asset keys, with stars in them or not.

    Raises SettingsError for a pattern that means none, with the nearest names.
    """
    keys = {node: find_asset_key(staging, node) for node in project.nodes}
    found: set[str] = set()
    for pattern in patterns:
        meant = [
            node
            for node, key in keys.items()
            if fnmatchcase(node, pattern) or fnmatchcase(key, pattern)
        ]
        if not meant:
            near = difflib.get_close_matches(pattern, [*keys, *keys.values()], 3)
            ask = (
                f"Did you mean {', '.join(near)}?" if near else "staging-assets ls lists them all."
            )
            raise SettingsError(f"{pattern}: the scripts make nothing of that name. {ask}")
        found.update(meant)
    return [node for node in project.nodes if node in found]
