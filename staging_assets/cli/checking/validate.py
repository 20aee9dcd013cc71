"""`staging-assets validate`: all that is wrong with the scripts, before anything is built."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass

import click
import psycopg2

from staging_assets.checks import KINDS, find_script_faults
from staging_assets.cli.common.exit_codes import EXIT_PROJECT_WRONG
from staging_assets.cli.common.options import read_staging_schema, schema_options
from staging_assets.errors import DatabaseError, Problem, ProjectError
from staging_assets.model import StagingProject, say
from staging_assets.postgres import find_embedded_extensions, find_safe_text, find_server
from staging_assets.project import load_project, tell_lacking
from staging_assets.settings import StagingSchema
from staging_assets.sources import find_csv_files

EXIT_FOUND = 2


@dataclass(frozen=True)
class _Verdict:
    """What is wrong, and what came of it."""

    problems: Sequence[Problem]
    warnings: Sequence[str] = ()
    summary: str = ""
    code: int = 0


@click.command(
    epilog="\b\nExit codes: 0 all is well (warnings or not), 1 it could not be found out, 2 the\n"
    "server has something against the scripts, 3 the folder of scripts is wrong."
)
@schema_options
@click.option(
    "--database", is_flag=True, help="let the server read each script as well; nothing is built"
)
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def validate(database: bool, as_json: bool, **said: str | None) -> int:
    """Say all that is wrong with the scripts, at once. Nothing is built, no server is needed.

    With --database each script is planned on the server in transactions that are rolled back, and
    every name in it that is not there is told, with what may be meant.
    """
    staging = read_staging_schema(**said)
    verdict = _find_verdict(staging, database=database)
    if as_json:
        found = {
            "valid": not verdict.problems,
            "database": database and verdict.code != EXIT_PROJECT_WRONG,
            "problems": [asdict(problem) for problem in verdict.problems],
            "warnings": list(verdict.warnings),
        }
        print(json.dumps(found, indent=2))
    else:
        for problem in verdict.problems:
            print(problem)
        for warning in verdict.warnings:
            print(f"warning: {warning}")
        print(verdict.summary)
    return verdict.code


def _find_verdict(staging: StagingSchema, *, database: bool) -> _Verdict:
    try:
        project = load_project(staging, staging.department, KINDS)
        if staging.etl_csv_dir is not None:
            find_csv_files(staging.etl_csv_dir, project.config.csv)
    except ProjectError as error:
        count = say(len(error.problems), "problem")
        later = "; the server was not asked" if database else ""
        summary = f"{staging.sql_dir}: {count}{later}"
        return _Verdict(error.problems, (), summary, EXIT_PROJECT_WRONG)
    where = f"{staging.sql_dir}, department {staging.department}"
    parts = [
        say(len(project.tables), "table"),
        say(len(project.procedures), "script") + " of procedures",
        say(len(project.cleanups), "cleanup"),
    ]
    if database:
        return _ask_server(staging, project, where)
    lacking: list[str] = []
    if staging.embedded:
        lacking = tell_lacking(project, find_embedded_extensions(), "the embedded server")
    return _Verdict((), lacking, f"{where}: {_sum_up(lacking)}: {', '.join(parts)}")


def _ask_server(staging: StagingSchema, project: StagingProject, where: str) -> _Verdict:
    server = find_server(staging.postgres)
    failure: psycopg2.Error | None = None
    try:
        with closing(server.connect_own("validate")) as connection:
            with connection.cursor() as cursor:
                cursor.execute("select name::text from pg_available_extensions")
                available = {name for (name,) in cursor.fetchall()}
            connection.rollback()
            found = find_script_faults(connection, project, staging.schema)
    except psycopg2.Error as error:
        failure = error
    if failure is not None:
        raise DatabaseError(
            f"{server}: {find_safe_text(failure)}. Scripts are tried in a schema that is made for "
            "the moment: the role needs CREATE on the database."
        )
    called = "the embedded server" if staging.embedded else "the server"
    told = [*tell_lacking(project, available, called), *found.warnings]
    if found.problems:
        count = say(len(found.problems), "problem")
        return _Verdict(found.problems, told, f"{where}: {count}, by {server}", EXIT_FOUND)
    return _Verdict((), told, f"{where}: {_sum_up(told)}, by {server}")


def _sum_up(warnings: Sequence[str]) -> str:
    return f"no problem, {say(len(warnings), 'warning')}" if warnings else "all is well"
