"""The Postgres resource: what pg_tools' PostgresWrangler was to luigi, for Dagster."""

from pathlib import Path

import dagster as dg
from pydantic import Field

from staging_assets.builder import PostgresWrangler
from staging_assets.errors import SettingsError
from staging_assets.model import ETL, STAGING, SchemaNames
from staging_assets.postgres import Server, find_server
from staging_assets.settings import (
    ConnectionSettings,
    SessionSettings,
    StagingSchema,
    check_url,
)
from staging_assets.sources import seed_demo


class PostgresResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The database that staging is built in.

    Give a URL, or host, user and the rest one by one; with neither, it is libpq's environment or
    the embedded server, as `libpq_environment` and `home` say. Write what is secret as
    `dg.EnvVar("...")`: then the UI and the run config hold the variable's name alone. It holds no
    connection, and what is given is checked when it is used.

    ```python
    postgres = PostgresResource(url=dg.EnvVar("NORTH_URL"), lock_timeout="30s")
    ```
    """

    url: str = Field(default="", repr=False, description="postgresql://user@host:5432/database")
    host: str = Field(default="", description="Host name, address, or the folder of a socket.")
    port: int = Field(default=0, description="0 means libpq's own, 5432.")
    user: str = Field(default="", description="Empty means libpq's own.")
    password: str = Field(
        default="",
        repr=False,
        description='Write dg.EnvVar("..."), or better use ~/.pgpass or `passfile`.',
    )
    dbname: str = Field(default="", description="The database.")
    sslmode: str = Field(
        default="", description="Empty means libpq's own on this machine, require elsewhere."
    )
    passfile: str = Field(default="", description="A file of passwords, as ~/.pgpass.")
    libpq_environment: bool = Field(
        default=False, description="Whether PGHOST, PGSERVICE and the like name the server."
    )
    home: str = Field(
        default=".staging", description="Folder of the embedded server, when nothing names one."
    )
    statement_timeout: str = Field(default="0", description="Longest time of one statement.")
    lock_timeout: str = Field(default="10s", description="Longest wait for one lock.")
    work_mem: str = Field(default="", description="Memory of one sort; empty: the server's.")
    maintenance_work_mem: str = Field(
        default="", description="Memory of one index build; empty: the server's."
    )
    show_values: bool = Field(
        default=False, description="Whether messages may show values from rows."
    )
    schema_name: str = Field(
        default=STAGING, description="The schema that `wrangler` takes `staging` to mean."
    )
    schema_in_files: str = Field(
        default=STAGING, description="What scripts call that schema, where it is not `staging`."
    )
    etl_schema: str = Field(
        default=ETL, description="The schema that `wrangler` takes `etl` to mean."
    )

    def connection_settings(self) -> ConnectionSettings:
        """Where the database is.

        Raises SettingsError when the URL is none, or the variable that should hold it is not set.
        """
        return ConnectionSettings(
            url=check_url(_read(self.url), "url of the Postgres resource"),
            host=_read(self.host),
            port=self.port or None,
            user=_read(self.user),
            password=_read(self.password),
            dbname=_read(self.dbname),
            sslmode=_read(self.sslmode),
            passfile=_read(self.passfile),
            libpq_environment=self.libpq_environment,
            home=Path(self.home).absolute(),
            sessions=SessionSettings(
                statement_timeout=self.statement_timeout,
                lock_timeout=self.lock_timeout,
                work_mem=self.work_mem or None,
                maintenance_work_mem=self.maintenance_work_mem or None,
                show_values=self.show_values,
            ),
        )

    def find_server(self) -> Server:
        """The server to work with; the embedded one is started when it does not run.

        Raises SettingsError or DatabaseError.
        """
        return find_server(self.connection_settings())

    def wrangler(self) -> PostgresWrangler:
        """A PostgresWrangler on its own connection, for assets of your own.

        `with postgres.wrangler() as pgw:` gives its connections back at the end.
        """
        schemas = SchemaNames(self.schema_in_files, self.etl_schema)
        return PostgresWrangler(self.find_server(), self.schema_name, schemas=schemas)


def _read(value: str) -> str | None:
    """A field's text; that of a variable when Dagster has not put it in yet."""
    if isinstance(value, dg.EnvVar):
        text = value.get_value()
        if text is None:
            raise SettingsError(
                f"the Postgres resource: the variable {value.env_var_name} is not set. Set it."
            )
        value = text
    return value.strip() or None


def find_database(staging: StagingSchema, postgres: PostgresResource) -> Server:
    """The server of a staging schema.

    The embedded one is started when it does not run, and gets the department's generated sources
    when it has no `etl` schema yet.

    Raises SettingsError or DatabaseError.
    """
    server = postgres.find_server()
    if postgres.connection_settings().embedded and staging.etl_csv_dir is None:
        schemas = SchemaNames(staging.schema_in_files, staging.etl_schema)
        seed_demo(server, staging.sql_dir, staging.department, staging.demo_scale, schemas)
    return server


def build_resource(staging: StagingSchema, url: str | None = None) -> PostgresResource:
    """The resource of a staging schema's connection, field by field.

    Args:
        staging: where its database is, and what scripts call the schemas.
        url: what stands in place of the URL, such as the variable that holds it.
    """
    connection = staging.connection
    sessions = connection.sessions
    return PostgresResource(
        url=url or connection.url or "",
        host=connection.host or "",
        port=connection.port or 0,
        user=connection.user or "",
        password=connection.password or "",
        dbname=connection.dbname or "",
        sslmode=connection.sslmode or "",
        passfile=connection.passfile or "",
        libpq_environment=connection.libpq_environment,
        home=str(connection.home),
        statement_timeout=sessions.statement_timeout,
        lock_timeout=sessions.lock_timeout,
        work_mem=sessions.work_mem or "",
        maintenance_work_mem=sessions.maintenance_work_mem or "",
        show_values=sessions.show_values,
        schema_name=staging.schema,
        schema_in_files=staging.schema_in_files,
        etl_schema=staging.etl_schema,
    )
