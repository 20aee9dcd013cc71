"""What values may be, and what they are when nobody says."""

from __future__ import annotations

import os
import re

from staging_assets.errors import SettingsError

DEFAULT_DEPARTMENT = "demo"
DEFAULT_SCHEMA = "staging"
DEFAULT_ETL_SCHEMA = "etl"
DEFAULT_DEMO_SCALE = 0.01
DEFAULT_LOOK_EVERY = 30
"""Seconds."""
MOST_WORKERS = 64
LONGEST_NAME = 63
"""Bytes, of any name in Postgres."""
LONGEST_SCHEMA = 53
"""Bytes. Postgres cuts names at 63, and `<schema>__previous` has to fit as well."""


def default_workers() -> int:
    """The cores that this process may use, at most 8."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, min(8, len(os.sched_getaffinity(0))))
    return max(1, min(8, os.cpu_count() or 1))


def check_workers(value: str | int, where: str) -> int:
    """Return the number of connections, or raise SettingsError naming `where`."""
    try:
        workers = int(value)
    except ValueError:
        workers = 0
    if not 1 <= workers <= MOST_WORKERS:
        raise SettingsError(
            f"{where}: {value!r} is no number of connections. "
            f"Give a whole number from 1 to {MOST_WORKERS}."
        )
    return workers


def check_schema_name(name: str, where: str) -> str:
    """Return the name when a schema may be called that, or raise SettingsError naming `where`.

    Any characters will do (names are quoted where they have to be); what is refused is what
    Postgres keeps for itself, what the sources are called, and what would be cut off.
    """
    todo = "Choose another name, such as staging_dev"
    if not name or "\0" in name:
        raise SettingsError(f"{where}: {name!r} is no name for a schema. {todo}.")
    if len(name.encode()) > LONGEST_SCHEMA:
        raise SettingsError(
            f"{where}: {name!r} is longer than {LONGEST_SCHEMA} bytes. Choose a shorter name."
        )
    if name.startswith("pg_") or name == "information_schema":
        raise SettingsError(f"{where}: {name!r} belongs to Postgres itself. {todo}.")
    if name == DEFAULT_ETL_SCHEMA:
        raise SettingsError(f"{where}: 'etl' holds the sources and is never built. {todo}.")
    return name


def check_schema_in_files(name: str, where: str) -> str:
    """Return the name when scripts may call their schema that, or raise SettingsError."""
    todo = "Give the name that stands before the dot in the scripts, such as mart"
    if not name or "\0" in name or len(name.encode()) > LONGEST_NAME:
        raise SettingsError(f"{where}: {name!r} is no name for a schema. {todo}.")
    if name.startswith("pg_") or name == "information_schema":
        raise SettingsError(f"{where}: {name!r} belongs to Postgres itself. {todo}.")
    if name == DEFAULT_ETL_SCHEMA:
        raise SettingsError(
            f"{where}: 'etl' is what scripts call the schema of the sources, which is never "
            f"built. {todo}; where the scripts build into etl, rename it in them."
        )
    return name


def check_etl_schema(name: str, where: str, *, built: str) -> str:
    """Return the name when the schema of the sources may be called that, or raise SettingsError.

    Args:
        name: in the database.
        where: what says so.
        built: the schema that is built.
    """
    todo = "Choose another name, such as etl_north"
    if not name or "\0" in name or len(name.encode()) > LONGEST_NAME:
        raise SettingsError(f"{where}: {name!r} is no name for a schema. {todo}.")
    if name.startswith("pg_") or name == "information_schema":
        raise SettingsError(f"{where}: {name!r} belongs to Postgres itself. {todo}.")
    if name in {built, *(f"{built}__{what}" for what in ("build", "old", "previous"))}:
        raise SettingsError(
            f"{where}: {name!r} is the schema that is built, or one of its own, and cannot hold "
            f"the sources as well. {todo}."
        )
    return name


def check_department(name: str, where: str) -> str:
    """Return the name when a department's folder may be called that, or raise SettingsError."""
    if name in (".", "..") or "/" in name or "\\" in name or "\0" in name:
        raise SettingsError(
            f"{where}: {name!r} is no name of a folder. Give the name of one folder "
            "under populate_tables/."
        )
    return name


def check_key_prefix(text: str, where: str) -> tuple[str, ...]:
    """Return the parts of a key prefix such as `north` or `texas/north`; none for an empty one.

    Raises SettingsError naming `where`.
    """
    parts = tuple(part for part in text.strip().strip("/").split("/") if part)
    if not all(re.fullmatch(r"[A-Za-z0-9_]+", part) for part in parts):
        raise SettingsError(
            f"{where}: {text!r} cannot stand in asset keys. "
            "Give letters, digits and _, such as north."
        )
    return parts
