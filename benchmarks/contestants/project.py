"""This project, by the command that people type."""

from __future__ import annotations

from benchmarks.contestants.common import (
    PYTHON,
    ROOT,
    WORKERS,
    Changes,
    Command,
    Setup,
    clean_environment,
)
from benchmarks.workload import Table

LITERAL = "dagster asset materialize --select staging/*"
CHANGED = "staging-assets build --rebuild changed"


class Project:
    """The literal command in the activated environment, in the project's root.

    What has changed it builds with `staging-assets build --rebuild changed`, which becomes the same
    command with another setting.
    """

    name = "this-project"
    builds = True
    keys = True

    def prepare(self, setup: Setup) -> Command:
        return self._activated(setup, LITERAL)

    def prepare_changes(self, setup: Setup) -> Changes:
        """The run before has left in the database what each table was built of."""
        folder = setup.written.sql / "populate_tables" / setup.workload.department

        def edit(table: Table) -> None:
            (folder / f"POPULATE-staging-{table.name}.sql").write_text(table.insert())

        return Changes(self.prepare(setup), edit, self._activated(setup, CHANGED))

    def _activated(self, setup: Setup, words: str) -> Command:
        environment = clean_environment(
            STAGING_DATABASE_URL=setup.server.url,
            STAGING_SQL_DIR=str(setup.written.sql),
            STAGING_DEPARTMENT=setup.workload.department,
            STAGING_WORKERS=str(WORKERS),
            STAGING_HOME=str(setup.folder / "home"),
            **setup.workload.environment,
        )
        activate = PYTHON.parent / "activate"
        return Command(("bash", "-c", f"source '{activate}' && {words}"), environment, ROOT)
