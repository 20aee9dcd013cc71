"""A staging schema as a component: five lines of YAML in a `dg` project, instead of Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import dagster as dg
from dagster.components.component_scaffolding import scaffold_component
from pydantic import ConfigDict, Field

from staging_assets.defs.definitions import build_definitions
from staging_assets.defs.translation.translator import StagingTranslator
from staging_assets.errors import SettingsError
from staging_assets.settings import (
    DEFAULT_DEPARTMENT,
    DEFAULT_ETL_SCHEMA,
    DEFAULT_LOOK_EVERY,
    DEFAULT_SCHEMA,
    ConnectionSettings,
    SessionSettings,
    StagingSchema,
    check_department,
    check_etl_schema,
    check_key_prefix,
    check_schema_in_files,
    check_schema_name,
    check_url,
    check_workers,
    default_workers,
)

_Value = TypeVar("_Value")


class ComponentDatabase(dg.Model, dg.Resolvable):
    """The database of a component. Nothing of it is shown by Dagster."""

    model_config = ConfigDict(extra="forbid")

    url: str | None = Field(
        default=None,
        repr=False,
        description='postgresql://user@host:5432/database; write "{{ env.NORTH_URL }}".',
        examples=["{{ env.NORTH_URL }}"],
    )
    host: str | None = Field(default=None, description="Host name, or the folder of a socket.")
    port: int | None = Field(default=None, description="5432 when not given.")
    user: str | None = Field(default=None, description="libpq's own when not given.")
    dbname: str | None = Field(default=None, description="The database.")
    sslmode: str | None = Field(default=None, description="At least require, elsewhere.")
    passfile: str | None = Field(default=None, description="A file of passwords, as ~/.pgpass.")
    statement_timeout: str = Field(default="0", description="Longest time of one statement.")
    lock_timeout: str = Field(default="10s", description="Longest wait for one lock.")
    work_mem: str | None = Field(default=None, description="Memory of one sort.")
    maintenance_work_mem: str | None = Field(default=None, description="That of an index build.")


class StagingSchemaScaffolder(dg.Scaffolder):
    """Writes the five lines that `dg scaffold defs` begins with."""

    def scaffold(self, request: dg.ScaffoldRequest) -> None:
        """Write `defs.yaml`, or what `dg` wants instead.

        Args:
            request: what is asked for, and where.
        """
        attributes = {"sql_dir": "{{ project_root }}/sql", "department": DEFAULT_DEPARTMENT}
        scaffold_component(request, attributes)


@dg.scaffold_with(StagingSchemaScaffolder)
class StagingSchemaComponent(dg.Component, dg.Model, dg.Resolvable):
    """Builds a Postgres staging schema from a folder of SQL scripts: every table is an asset.

    ```yaml
    type: staging_assets.StagingSchemaComponent
    attributes:
      sql_dir: "{{ project_root }}/sql"
      department: north
      postgres: {url: "{{ env.NORTH_URL }}"}
    ```

    Relative paths start from the folder of the YAML file. A subclass may give `translator`.
    """

    model_config = ConfigDict(extra="forbid")

    sql_dir: str = Field(description="The folder of scripts, which holds create_tables.")
    department: str = Field(
        default=DEFAULT_DEPARTMENT, description="The folder under populate_tables."
    )
    schema_name: str = Field(
        default=DEFAULT_SCHEMA,
        description="The schema that is built, whatever the scripts call it.",
    )
    schema_in_files: str = Field(
        default=DEFAULT_SCHEMA,
        description="What the scripts call it, in SQL and in the names of files.",
        examples=["mart"],
    )
    etl_schema: str = Field(
        default=DEFAULT_ETL_SCHEMA,
        description="Where CSV files are loaded, and what etl in the scripts means.",
    )
    postgres: ComponentDatabase = Field(
        default=ComponentDatabase(),
        description="Where the database is; the embedded server when nothing names one.",
    )
    create_dirs: Sequence[str] = Field(
        default=(), description="Folders of CREATE scripts elsewhere; the first one wins."
    )
    procedures_dirs: Sequence[str] = Field(default=(), description="As create_dirs.")
    populate_dirs: Sequence[str] = Field(default=(), description="As create_dirs.")
    lookup_files: Sequence[str] = Field(
        default=(), description="Lookup files elsewhere, whose rows are added up."
    )
    key_prefix: str = Field(
        default="",
        description="Stands before `staging` in asset keys, so that several can be merged.",
        examples=["north"],
    )
    group_names: Mapping[str, str] = Field(
        default={},
        description="Other names for the groups schema, lookups, tables and so on.",
    )
    etl_csv_dir: str | None = Field(
        default=None, description="A folder of CSV files that are loaded into etl."
    )
    home: str | None = Field(
        default=None,
        description="Folder of the embedded server; .staging in the project when not given.",
    )
    workers: int | None = Field(default=None, description="Connections that build at once.")
    wait_for_lock: float = Field(
        default=0.0, ge=0, description="Seconds to wait when another run holds the schema."
    )
    queue: str = Field(default="", description="The queue whose workers execute its runs.")
    take_over: bool = Field(
        default=False,
        description="Whether a schema that was last built for another department may be built.",
    )
    look_every: int = Field(
        default=DEFAULT_LOOK_EVERY, ge=1, description="Seconds between looks of the automation."
    )
    schedule: str = Field(
        default="",
        description="When the daemon builds what changed: five fields as in a crontab.",
        examples=["0 5 * * *"],
    )
    schedule_timezone: str = Field(default="UTC", description="Where the schedule's clock stands.")
    webhook_url: str | None = Field(
        default=None, repr=False, description="Told when a night has stopped; may hold a secret."
    )
    alert_command: str | None = Field(
        default=None, repr=False, description="The same by a shell's command line."
    )

    @property
    def translator(self) -> StagingTranslator | None:
        """What changes what Dagster shows of a node; for subclasses."""
        return None

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """The definitions of the staging schema.

        Args:
            context: where the YAML file is.

        Raises ProjectError with every problem of the folder, or SettingsError.
        """
        return build_definitions(self.build_staging_schema(context), self.translator)

    def build_staging_schema(self, context: dg.ComponentLoadContext) -> StagingSchema:
        """The value that the YAML file describes.

        Args:
            context: where the YAML file is.

        Raises SettingsError, naming the file and the field, for a value that cannot be used.
        """
        folder = context.path if context.path.is_dir() else context.path.parent
        file = next((each for each in folder.glob("defs.y*ml")), context.path)

        def checked(check: Callable[[str, str], _Value], field: str, value: str) -> _Value:
            return check(value, f"{file}: {field}")

        def paths(texts: Sequence[str]) -> tuple[Path, ...]:
            return tuple((folder / text).resolve() for text in texts)

        home = Path(context.project_root, ".staging") if self.home is None else folder / self.home
        workers = default_workers() if self.workers is None else self.workers
        return StagingSchema(
            sql_dir=(folder / self.sql_dir).resolve(),
            department=checked(check_department, "department", self.department),
            schema=checked(check_schema_name, "schema_name", self.schema_name),
            schema_in_files=checked(check_schema_in_files, "schema_in_files", self.schema_in_files),
            etl_schema=check_etl_schema(
                self.etl_schema, f"{file}: etl_schema", built=self.schema_name
            ),
            create_dirs=paths(self.create_dirs),
            procedures_dirs=paths(self.procedures_dirs),
            populate_dirs=paths(self.populate_dirs),
            lookup_files=paths(self.lookup_files),
            postgres=_build_connection(self.postgres, f"{file}: postgres", home.absolute()),
            key_prefix=checked(check_key_prefix, "key_prefix", self.key_prefix),
            group_names=self.group_names,
            etl_csv_dir=None if self.etl_csv_dir is None else folder / self.etl_csv_dir,
            home=home.absolute(),
            workers=check_workers(workers, f"{file}: workers"),
            suited=self.workers is None,
            wait_for_lock=self.wait_for_lock,
            queue=self.queue,
            take_over=self.take_over,
            look_every=self.look_every,
            schedule=self.schedule,
            schedule_timezone=self.schedule_timezone,
            webhook_url=self.webhook_url,
            alert_command=self.alert_command,
        )


def _build_connection(database: ComponentDatabase, where: str, home: Path) -> ConnectionSettings:
    named = database.url or database.host or database.dbname
    if not named and (database.port or database.user or database.sslmode or database.passfile):
        raise SettingsError(
            f"{where}: it names no database. Give url, or host and dbname; for the embedded server "
            "leave port, user, sslmode and passfile out."
        )
    return ConnectionSettings(
        url=check_url(database.url, where),
        host=database.host,
        port=database.port,
        user=database.user,
        dbname=database.dbname,
        sslmode=database.sslmode,
        passfile=database.passfile,
        home=home,
        sessions=SessionSettings(
            statement_timeout=database.statement_timeout,
            lock_timeout=database.lock_timeout,
            work_mem=database.work_mem,
            maintenance_work_mem=database.maintenance_work_mem,
        ),
    )
