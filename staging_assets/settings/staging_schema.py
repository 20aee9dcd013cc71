"""The value: what a staging schema is. Everything that builds, checks or shows one takes it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from staging_assets.settings.alerts import AlertSettings
from staging_assets.settings.connection import ConnectionSettings, Connects, SessionSettings
from staging_assets.settings.limits import (
    DEFAULT_DEMO_SCALE,
    DEFAULT_DEPARTMENT,
    DEFAULT_ETL_SCHEMA,
    DEFAULT_LOOK_EVERY,
    DEFAULT_SCHEMA,
    check_etl_schema,
    check_schema_in_files,
)


@dataclass(frozen=True)
class StagingSchema:
    """One staging schema: its scripts, its database, and how it is built and shown.

    Args:
        sql_dir: the folder of scripts.
        create_dirs, procedures_dirs, populate_dirs: folders of scripts elsewhere, the first one
            wins; empty: their places in `sql_dir`.
        lookup_files: lookup files elsewhere, whose rows are added up.
        variables: values of parameters in scripts, by how scripts spell them (`day` is psql's
            `:day`); they win over `variables` in `staging.yaml`.
        department: the folder under `populate_tables/`.
        schema: the schema that is built, whatever the scripts call it.
        schema_in_files: what the scripts call it, in SQL and in the names of files. It is exact,
            as Postgres has it: `mart` for `MART.x`, and `Mart` for `"Mart".x`.
        etl_schema: where CSV files are loaded, and what `etl` in the scripts means.
        postgres: where the database is: `ConnectionSettings`, or a `PostgresResource`.
        key_prefix: what stands before `staging` in asset keys; `("north",)` gives
            `north/staging/arrests`. Jobs, steps and the resource then carry it in their names, so
            that several can stand in one code location.
        group_names: names for the asset groups `schema`, `lookups`, `stored_procedures`, `tables`,
            `cleanups` and `etl`, where they should be called otherwise.
        etl_csv_dir: the folder of CSV files that are loaded into `etl`, or None.
        home: the folder of what is remembered of the scripts (and of the embedded server's data).
        workers: connections that build at the same time.
        suited: whether that is only a default, so that another number may suit the server.
        demo_scale: size of the generated sources; 1 is about a million events.
        wait_for_lock: seconds to wait when another run holds the schema.
        queue: the queue whose workers execute its runs, for `deploy/celery`; empty: none.
        take_over: whether a schema that was last built for another department may be built.
        look_every: seconds between two looks of the sensors that keep a schema up.
        schedule, schedule_timezone: when Dagster's daemon builds what changed: five fields as in a
            crontab, and where the clock stands; empty: never.
        webhook_url, alert_command: told when a night has stopped, as `AlertSettings` has it; they
            may hold a secret, so they are no part of the repr.
        git_url, git_branch: where the scripts are kept, such as `https://github.com/us/etl` and
            `main`: the catalogue then links to them there.
    """

    sql_dir: Path = Path("sql")
    department: str = DEFAULT_DEPARTMENT
    schema: str = DEFAULT_SCHEMA
    schema_in_files: str = DEFAULT_SCHEMA
    etl_schema: str = DEFAULT_ETL_SCHEMA
    create_dirs: tuple[Path, ...] = ()
    procedures_dirs: tuple[Path, ...] = ()
    populate_dirs: tuple[Path, ...] = ()
    lookup_files: tuple[Path, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    postgres: Connects = field(default_factory=ConnectionSettings)
    key_prefix: tuple[str, ...] = ()
    group_names: Mapping[str, str] = field(default_factory=dict)
    etl_csv_dir: Path | None = None
    home: Path = Path(".staging")
    workers: int = 1
    suited: bool = False
    demo_scale: float = DEFAULT_DEMO_SCALE
    wait_for_lock: float = 0.0
    queue: str = ""
    take_over: bool = False
    look_every: int = DEFAULT_LOOK_EVERY
    schedule: str = ""
    schedule_timezone: str = "UTC"
    webhook_url: str | None = field(default=None, repr=False)
    alert_command: str | None = field(default=None, repr=False)
    git_url: str = ""
    git_branch: str = "main"

    def __post_init__(self) -> None:
        """Refuse names of schemas that contradict each other, whoever gives them."""
        check_schema_in_files(self.schema_in_files, "schema_in_files")
        check_etl_schema(self.etl_schema, "etl_schema", built=self.schema)

    @property
    def connection(self) -> ConnectionSettings:
        """Where the database is. Raises SettingsError when that cannot be told."""
        return self.postgres.connection_settings()

    @property
    def sessions(self) -> SessionSettings:
        """What every session sets."""
        return self.connection.sessions

    @property
    def embedded(self) -> bool:
        """Whether the server is the embedded one."""
        return self.connection.embedded

    @property
    def alerts(self) -> AlertSettings:
        """Whom to tell when a night has stopped."""
        return AlertSettings(self.webhook_url, self.alert_command)

    @property
    def suffix(self) -> str:
        """What the names of jobs, steps and the resource end in: `_north`, or nothing."""
        return "".join(f"_{part}" for part in self.key_prefix)

    @property
    def run_tags(self) -> dict[str, str]:
        """Tags of every run of its jobs.

        What it writes to, for a limit of one run for each; and the queue that dagster-celery's
        launcher puts it into.
        """
        return {"staging_schema": self.pool, **self.step_tags}

    @property
    def step_tags(self) -> dict[str, str]:
        """Tags of every step: the queue, for runs that are not of a job of ours."""
        return {"dagster-celery/queue": self.queue} if self.queue else {}

    @property
    def pool(self) -> str:
        """Dagster's pool of what writes to the schema: a limit of 1 means one run at a time."""
        parts = ("staging", *self.key_prefix, self.department, self.schema)
        plain = [re.sub(r"[^A-Za-z0-9_]", "_", part) for part in parts]
        name = "_".join(plain)
        return name if plain == list(parts) else f"{name}_{_hash(chr(0).join(parts))[:8]}"

    def group_name(self, group: str) -> str:
        """What a group is called; with a key prefix `north`, `tables` is `north_tables`."""
        if group in self.group_names:
            return self.group_names[group]
        return "_".join([*self.key_prefix, group])

    @property
    def identity(self) -> dict[str, str]:
        """What tells it from others, without secrets: it travels with every run."""
        return {
            "department": self.department,
            "schema": self.schema,
            "key prefix": "/".join(self.key_prefix),
            "sources": "" if self.etl_schema == DEFAULT_ETL_SCHEMA else self.etl_schema,
        }

    @property
    def fingerprint(self) -> str:
        """A short hash of the identity."""
        text = "\0".join(f"{name}={value}" for name, value in self.identity.items())
        return _hash(text)[:16]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


Settings = StagingSchema
"""The same value by its former name: what `read_settings` gives."""
