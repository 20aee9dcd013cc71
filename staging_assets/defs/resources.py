"""The Postgres resource: what pg_tools' PostgresWrangler was to luigi, for Dagster."""

import os
from dataclasses import replace

import dagster as dg
from pydantic import Field

from staging_assets.builder import PostgresWrangler
from staging_assets.postgres import Server, find_server
from staging_assets.settings import Settings, read_settings
from staging_assets.sources import seed_demo


class PostgresResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The database that staging is built in.

    It holds no connection and no password: where the database is, is read from the environment
    when something asks for it, so that nothing secret shows in the UI or in run config.
    """

    schema_name: str = Field(
        default="",
        description="The schema that `wrangler` works in; empty means STAGING_SCHEMA.",
    )

    def read_settings(self) -> Settings:
        """The settings of the environment as it is now. Raises SettingsError."""
        settings = read_settings(os.environ)
        return replace(settings, schema=self.schema_name) if self.schema_name else settings

    def find_server(self) -> Server:
        """The server to work with.

        The embedded one is started when it does not run, and gets the department's generated
        sources when it has no `etl` schema yet.

        Raises DatabaseError when it cannot be started.
        """
        settings = self.read_settings()
        server = find_server(settings)
        if settings.embedded and settings.etl_csv_dir is None:
            seed_demo(server, settings.sql_dir, settings.department, settings.demo_scale)
        return server

    def wrangler(self) -> PostgresWrangler:
        """A PostgresWrangler on its own connection, for assets of your own."""
        return PostgresWrangler(self.find_server(), self.read_settings().schema)
