"""The settings: environment variables in, one frozen `Settings` out, nothing touched.

An empty variable counts as one that is not set. A value that cannot be used raises SettingsError
with the variable's name, the value (never that of the database URL, which may hold a password)
and what to do.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from staging_assets.errors import SettingsError
from staging_assets.settings.alerts import read_alert_settings
from staging_assets.settings.connection import (
    ConnectionSettings,
    SessionSettings,
    check_url,
    is_elsewhere,
)
from staging_assets.settings.limits import (
    DEFAULT_DEMO_SCALE,
    DEFAULT_DEPARTMENT,
    DEFAULT_ETL_SCHEMA,
    DEFAULT_SCHEMA,
    check_department,
    check_etl_schema,
    check_key_prefix,
    check_schema_in_files,
    check_schema_name,
    check_workers,
    default_workers,
)
from staging_assets.settings.staging_schema import StagingSchema
from staging_assets.settings.units import DURATION, read_seconds

_LIBPQ_TARGETS = ("PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE")
_MEMORY = re.compile(r"\d+\s*(kB|MB|GB|TB)\Z")


def read_settings(environ: Mapping[str, str], folder: Path | None = None) -> StagingSchema:
    """Read all settings: the value that the environment describes.

    Args:
        environ: the environment, usually `os.environ`.
        folder: what relative paths start from; the current folder when None.

    Raises SettingsError for the first value that cannot be used.
    """
    here = Path.cwd() if folder is None else folder

    def value(name: str) -> str | None:
        return environ.get(name, "").strip() or None

    def path(name: str) -> Path | None:
        return _read_path(environ, name, here)

    def paths(name: str) -> tuple[Path, ...]:
        texts = [text for text in (value(name) or "").split(os.pathsep) if text]
        return tuple(Path(os.path.abspath(here / Path(text).expanduser())) for text in texts)  # noqa: PTH100

    home = find_home(environ, here)
    alerts = read_alert_settings(environ)
    schema = check_schema_name(value("STAGING_SCHEMA") or DEFAULT_SCHEMA, "STAGING_SCHEMA")
    return StagingSchema(
        sql_dir=find_sql_dir(environ, here),
        department=check_department(
            value("STAGING_DEPARTMENT")
            or _find_only_department(
                paths("STAGING_POPULATE_DIR") or (find_sql_dir(environ, here) / "populate_tables",)
            )
            or DEFAULT_DEPARTMENT,
            "STAGING_DEPARTMENT",
        ),
        schema=schema,
        schema_in_files=check_schema_in_files(
            value("STAGING_SCHEMA_IN_FILES") or DEFAULT_SCHEMA, "STAGING_SCHEMA_IN_FILES"
        ),
        etl_schema=check_etl_schema(
            value("STAGING_ETL_SCHEMA") or DEFAULT_ETL_SCHEMA, "STAGING_ETL_SCHEMA", built=schema
        ),
        create_dirs=paths("STAGING_CREATE_DIR"),
        procedures_dirs=paths("STAGING_PROCEDURES_DIR"),
        populate_dirs=paths("STAGING_POPULATE_DIR"),
        lookup_files=paths("STAGING_LOOKUP_FILE"),
        variables=_read_variables(value("STAGING_VARIABLES") or ""),
        key_prefix=_read_key_prefix(environ, schema),
        postgres=_read_connection(environ, home),
        etl_csv_dir=path("STAGING_ETL_CSV_DIR"),
        home=home,
        workers=check_workers(value("STAGING_WORKERS") or default_workers(), "STAGING_WORKERS"),
        suited=not value("STAGING_WORKERS"),
        demo_scale=_read_scale(value("STAGING_DEMO_SCALE")),
        wait_for_lock=read_seconds(value("STAGING_WAIT_FOR_LOCK") or "0", "STAGING_WAIT_FOR_LOCK"),
        queue=value("STAGING_QUEUE") or "",
        take_over=_read_flag(environ, "STAGING_TAKE_OVER"),
        look_every=max(
            1, round(read_seconds(value("STAGING_LOOK_EVERY") or "30", "STAGING_LOOK_EVERY"))
        ),
        schedule=value("STAGING_SCHEDULE") or "",
        schedule_timezone=value("STAGING_SCHEDULE_TIMEZONE") or "UTC",
        webhook_url=alerts.webhook_url,
        alert_command=alerts.command,
        git_url=_read_git_url(value("STAGING_GIT_URL")),
        git_branch=value("STAGING_GIT_BRANCH") or "main",
    )


def _find_only_department(folders: tuple[Path, ...]) -> str | None:
    """The department whose scripts are the only ones there; None where there are none or more."""
    found = {
        script.parent.name
        for folder in folders
        for script in folder.glob("*/POPULATE*.sql")
        if script.parent.name != "lookup"
    }
    return found.pop() if len(found) == 1 else None


def find_sql_dir(environ: Mapping[str, str], folder: Path) -> Path:
    """The folder of scripts: what `STAGING_SQL_DIR` says, else `sql`.

    Args:
        environ: the environment.
        folder: what relative paths start from.
    """
    return _read_path(environ, "STAGING_SQL_DIR", folder) or _find_root(folder) / "sql"


def find_home(environ: Mapping[str, str], folder: Path) -> Path:
    """The folder of the embedded server and of Dagster's history: `STAGING_HOME`, else `.staging`.

    Args:
        environ: the environment.
        folder: what relative paths start from.
    """
    return _read_path(environ, "STAGING_HOME", folder) or _find_root(folder) / ".staging"


def is_history_in_postgres(environ: Mapping[str, str]) -> bool:
    """Whether Dagster's history is kept in the embedded server, by `STAGING_HISTORY`.

    Args:
        environ: the environment.

    Raises SettingsError when it says something else than `files` or `postgres`.
    """
    text = environ.get("STAGING_HISTORY", "").strip()
    if text not in ("", "files", "postgres"):
        raise SettingsError(f"STAGING_HISTORY: {text!r} is neither files nor postgres.")
    return text == "postgres"


def find_history_home(environ: Mapping[str, str], home: Path) -> Path:
    """Dagster's folder: `DAGSTER_HOME`, else one in `STAGING_HOME`, one for each kind of history.

    Args:
        environ: the environment.
        home: `STAGING_HOME`.

    Raises SettingsError when `STAGING_HISTORY` cannot be used.
    """
    name = "dagster_postgres" if is_history_in_postgres(environ) else "dagster"
    return Path(environ.get("DAGSTER_HOME") or home / name)


def _read_path(environ: Mapping[str, str], name: str, folder: Path) -> Path | None:
    text = environ.get(name, "").strip()
    return Path(os.path.abspath(folder / Path(text).expanduser())) if text else None  # noqa: PTH100


def _read_connection(environ: Mapping[str, str], home: Path) -> ConnectionSettings:
    url = check_url(environ.get("STAGING_DATABASE_URL", "").strip() or None, "STAGING_DATABASE_URL")
    libpq_environment = url is None and any(environ.get(name) for name in _LIBPQ_TARGETS)
    host = environ.get("PGHOST") or environ.get("PGHOSTADDR")
    asks = libpq_environment and not environ.get("PGSSLMODE") and not environ.get("PGSERVICE")
    return ConnectionSettings(
        url=url,
        libpq_environment=libpq_environment,
        sslmode="require" if asks and is_elsewhere(host) else None,
        home=home,
        sessions=SessionSettings(
            statement_timeout=_read_duration(environ, "STAGING_STATEMENT_TIMEOUT", "0"),
            lock_timeout=_read_duration(environ, "STAGING_LOCK_TIMEOUT", "10s"),
            work_mem=_read_memory(environ, "STAGING_WORK_MEM"),
            maintenance_work_mem=_read_memory(environ, "STAGING_MAINTENANCE_WORK_MEM"),
            show_values=_read_switch(environ, "STAGING_SHOW_VALUES"),
        ),
    )


def _read_key_prefix(environ: Mapping[str, str], schema: str) -> tuple[str, ...]:
    """What `STAGING_KEY_PREFIX` says; else nothing for the default schema, else its name.

    So the history of a schema built on the side is not taken for that of the live one. A name
    that asset keys cannot hold gets its other characters replaced.
    """
    text = environ.get("STAGING_KEY_PREFIX")
    if text is None:
        text = "" if schema == DEFAULT_SCHEMA else re.sub(r"[^A-Za-z0-9_]", "_", schema)
    return check_key_prefix(text, "STAGING_KEY_PREFIX")


def _read_variables(text: str) -> dict[str, str]:
    """`day=2024-01-31 '${YEAR}=2024'`: separated by blanks, quoted as in a shell."""
    try:
        parts = shlex.split(text)
    except ValueError:
        parts = [""]
    found = dict(part.partition("=")[::2] for part in parts)
    if any("=" not in part or part.startswith("=") for part in parts):
        raise SettingsError(
            "STAGING_VARIABLES: this is no list of values. Write name=value, with blanks between "
            "them, and quotes as in a shell around what holds blanks."
        )
    return found


def _read_switch(environ: Mapping[str, str], name: str) -> bool:
    text = environ.get(name, "").strip().lower()
    if text not in ("", "0", "1", "false", "true", "no", "yes", "off", "on"):
        raise SettingsError(f"{name}: {text!r} is neither yes nor no. Give 1 or 0.")
    return text in ("1", "true", "yes", "on")


def _find_root(here: Path) -> Path:
    """Where `sql` and `.staging` are when nothing says so.

    The current folder when it holds scripts; else the project that this module belongs to, so that
    a command works from anywhere.
    """
    project = Path(__file__).parents[2]
    if not (here / "sql").is_dir() and (project / "sql").is_dir():
        return project
    return here


def _read_flag(environ: Mapping[str, str], name: str) -> bool:
    text = environ.get(name, "").strip().lower()
    if text in ("", "0", "false", "no"):
        return False
    if text in ("1", "true", "yes"):
        return True
    raise SettingsError(f"{name}: {text!r} is neither yes nor no. Give 1 or 0.")


def _read_git_url(text: str | None) -> str:
    """A repository's page: Dagster knows how those of GitHub and GitLab name a line of a file."""
    if text is None:
        return ""
    if not re.match(r"https?://[^@\s]+\Z", text) or not re.search("github|gitlab", text):
        raise SettingsError(
            "STAGING_GIT_URL: it is no page of a repository on GitHub or GitLab. "
            "Give one such as https://github.com/us/etl, without a user or password."
        )
    return text.removesuffix("/").removesuffix(".git")


def _read_scale(text: str | None) -> float:
    try:
        scale = DEFAULT_DEMO_SCALE if text is None else float(text)
    except ValueError:
        scale = 0.0
    if not 0 < scale <= 1_000:
        raise SettingsError(
            f"STAGING_DEMO_SCALE: {text!r} is no scale. "
            "Give a number above 0, such as 0.01; 1 is about a million events."
        )
    return scale


def _read_duration(environ: Mapping[str, str], name: str, default: str) -> str:
    text = environ.get(name, "").strip() or default
    # A bare number would be milliseconds to Postgres and seconds to most people.
    if text != "0" and DURATION.match(text) is None:
        raise SettingsError(
            f"{name}: {text!r} is no time with a unit. "
            "Give one such as 500ms, 10s or 5min, or 0 for no limit."
        )
    return text


def _read_memory(environ: Mapping[str, str], name: str) -> str | None:
    text = environ.get(name, "").strip()
    if text and _MEMORY.match(text) is None:
        raise SettingsError(
            f"{name}: {text!r} is no amount of memory. Give one such as 64MB or 1GB."
        )
    return text or None
