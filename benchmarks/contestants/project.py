"""This project, by the command that people type."""

from __future__ import annotations

from benchmarks.contestants.common import PYTHON, ROOT, WORKERS, Command, Setup, clean_environment

LITERAL = "dagster asset materialize --select staging/*"


class Project:
    """The literal command in the activated environment, in the project's root."""

    name = "this-project"
    builds = True
    keys = True

    def prepare(self, setup: Setup) -> Command:
        environment = clean_environment(
            STAGING_DATABASE_URL=setup.server.url,
            STAGING_SQL_DIR=str(setup.written.sql),
            STAGING_DEPARTMENT=setup.workload.department,
            STAGING_WORKERS=str(WORKERS),
            STAGING_HOME=str(setup.folder / "home"),
            **setup.workload.environment,
        )
        activate = PYTHON.parent / "activate"
        return Command(("bash", "-c", f"source '{activate}' && {LITERAL}"), environment, ROOT)
