"""The settings: environment variables in, one frozen `Settings` out, nothing touched.

An empty variable counts as one that is not set. A value that cannot be used raises SettingsError
with the variable's name, the value (never that of the database URL, which may hold a password)
and what to do.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from staging_assets.errors import SettingsError

DEFAULT_DEPARTMENT = "demo"
DEFAULT_SCHEMA = "staging"
DEFAULT_DEMO_SCALE = 0.01
MOST_WORKERS = 64
LONGEST_SCHEMA = 53
"""Bytes. Postgres cuts names at 63, and `<schema>__previous` has to fit as well."""

_LIBPQ_TARGETS = ("PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(us|ms|s|min|h|d)\Z")
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_MEMORY = re.compile(r"\d+\s*(kB|MB|GB|TB)\Z")


@dataclass(frozen=True)
class SessionSettings:
    """What every session of ours sets, in Postgres' own spelling; None leaves the server's value.

    Args:
        statement_timeout: longest time of one statement; "0" is no limit.
        lock_timeout: longest wait for one lock.
        work_mem: memory of one sort or hash, such as "64MB".
        maintenance_work_mem: memory of one index build, such as "256MB".
    """

    statement_timeout: str = "0"
    lock_timeout: str = "10s"
    work_mem: str | None = None
    maintenance_work_mem: str | None = None


@dataclass(frozen=True)
class Settings:
    """Everything that the environment decides.

    Args:
        database_url: libpq URL or conninfo of the server; None is libpq's environment or the
            embedded server. It may hold a password, so it is no part of the repr.
        libpq_environment: whether `PGHOST`, `PGSERVICE` and the like name a server.
        sql_dir: the folder of scripts, absolute.
        department: the folder under `populate_tables/`.
        schema: the schema that is built.
        etl_csv_dir: the folder of CSV files, absolute, or None.
        home: where the embedded server lives, absolute.
        workers: connections that build at the same time.
        demo_scale: size of the generated sources; 1 is about a million events.
        wait_for_lock: seconds to wait when another run holds the schema.
        sessions: what every session sets.
    """

    database_url: str | None = field(default=None, repr=False)
    libpq_environment: bool = False
    sql_dir: Path = Path("sql")
    department: str = DEFAULT_DEPARTMENT
    schema: str = DEFAULT_SCHEMA
    etl_csv_dir: Path | None = None
    home: Path = Path(".staging")
    workers: int = 1
    demo_scale: float = DEFAULT_DEMO_SCALE
    wait_for_lock: float = 0.0
    sessions: SessionSettings = field(default_factory=SessionSettings)

    @property
    def embedded(self) -> bool:
        """Whether the server is the embedded one."""
        return self.database_url is None and not self.libpq_environment


def read_settings(environ: Mapping[str, str], folder: Path | None = None) -> Settings:
    """Read all settings.

    Args:
        environ: the environment, usually `os.environ`.
        folder: what relative paths start from; the current folder when None.

    Raises SettingsError for the first value that cannot be used.
    """
    here = Path.cwd() if folder is None else folder

    def value(name: str) -> str | None:
        return environ.get(name, "").strip() or None

    def path(name: str) -> Path | None:
        text = value(name)
        return None if text is None else Path(os.path.abspath(here / Path(text).expanduser()))  # noqa: PTH100

    root = _find_root(here)
    return Settings(
        database_url=_read_url(value("STAGING_DATABASE_URL")),
        libpq_environment=any(environ.get(name) for name in _LIBPQ_TARGETS),
        sql_dir=path("STAGING_SQL_DIR") or root / "sql",
        department=_read_department(value("STAGING_DEPARTMENT")),
        schema=check_schema_name(value("STAGING_SCHEMA") or DEFAULT_SCHEMA, "STAGING_SCHEMA"),
        etl_csv_dir=path("STAGING_ETL_CSV_DIR"),
        home=path("STAGING_HOME") or root / ".staging",
        workers=check_workers(value("STAGING_WORKERS") or default_workers(), "STAGING_WORKERS"),
        demo_scale=_read_scale(value("STAGING_DEMO_SCALE")),
        wait_for_lock=_read_wait(value("STAGING_WAIT_FOR_LOCK")),
        sessions=SessionSettings(
            statement_timeout=_read_duration(environ, "STAGING_STATEMENT_TIMEOUT", "0"),
            lock_timeout=_read_duration(environ, "STAGING_LOCK_TIMEOUT", "10s"),
            work_mem=_read_memory(environ, "STAGING_WORK_MEM"),
            maintenance_work_mem=_read_memory(environ, "STAGING_MAINTENANCE_WORK_MEM"),
        ),
    )


def _find_root(here: Path) -> Path:
    """Where `sql` and `.staging` are when nothing says so.

    The current folder when it holds scripts; else the project that this module belongs to, so that
    a command works from anywhere.
    """
    project = Path(__file__).parent.parent
    if not (here / "sql").is_dir() and (project / "sql").is_dir():
        return project
    return here


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
    if name == "etl":
        raise SettingsError(f"{where}: 'etl' holds the sources and is never built. {todo}.")
    return name


def _read_url(url: str | None) -> str | None:
    """Check what can be checked without a server; the messages never show the URL."""
    where = "STAGING_DATABASE_URL"
    example = "postgresql://user@host:5432/database"
    if url is None:
        return None
    scheme, separator, rest = url.partition("://")
    if not separator:
        if "=" in url:
            return url  # libpq's other form: host=... dbname=...
        raise SettingsError(f"{where}: this is no database URL. Write {example}.")
    if scheme not in ("postgresql", "postgres", "postgresql+psycopg2", "postgresql+psycopg"):
        raise SettingsError(f"{where}: it does not start with postgresql://. Write {example}.")
    authority, _, tail = rest.partition("/")
    if authority.count("@") > 1 or "@" in tail.partition("?")[0] or re.search("[?#].*@", rest):
        raise SettingsError(
            f"{where}: its password (or user) holds one of @ / ? #. "
            "Write these characters as %40 %2F %3F %23, or leave the password to ~/.pgpass."
        )
    return f"postgresql://{rest}"


def _read_department(name: str | None) -> str:
    if name is None:
        return DEFAULT_DEPARTMENT
    if name in (".", "..") or "/" in name or "\\" in name or "\0" in name:
        raise SettingsError(
            f"STAGING_DEPARTMENT: {name!r} is no name of a folder. Give the name of one folder "
            "under populate_tables/."
        )
    return name


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


def _read_wait(text: str | None) -> float:
    if text is None:
        return 0.0
    match = _DURATION.match(text if re.search("[a-z]", text) else f"{text}s")
    if match is None:
        raise SettingsError(
            f"STAGING_WAIT_FOR_LOCK: {text!r} is no time. Give seconds, or a time such as 10min."
        )
    return float(match[1]) * _SECONDS[match[2]]


def _read_duration(environ: Mapping[str, str], name: str, default: str) -> str:
    text = environ.get(name, "").strip() or default
    # A bare number would be milliseconds to Postgres and seconds to most people.
    if text != "0" and _DURATION.match(text) is None:
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
