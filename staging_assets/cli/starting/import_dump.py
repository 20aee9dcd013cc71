"""`staging-assets import`: a dump, other files of SQL, or a database, as a folder of scripts."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

import click

from staging_assets.errors import SettingsError
from staging_assets.postgres import dump_schema, find_server
from staging_assets.settings import ConnectionSettings, check_department, check_url, read_settings
from staging_assets.trees import ImportOptions, Made, build_report, run_import

EXIT_LEFT = 2


@click.command(
    name="import",
    epilog="\b\nExit codes: 0 the new folder can be built, 2 a person has to look at it first.",
)
@click.argument("places", metavar="[SOURCE] NEW", nargs=-1)
@click.option(
    "--from-database",
    is_flag=True,
    help="SOURCE is the URL of a database; without it, the one that is set",
)
@click.option("--schema", metavar="NAME", help="which schema (default: the one with most tables)")
@click.option(
    "--department",
    default="main",
    show_default=True,
    help="whose POPULATE scripts the rows become",
)
@click.option("--rows", is_flag=True, help="with --from-database: take the rows of all tables")
@click.option(
    "--lookups", multiple=True, metavar="PATTERN", help="tables whose rows go to the lookup YAML"
)
@click.option("--csv", multiple=True, metavar="PATTERN", help="tables whose rows go to CSV files")
@click.option("--no-owner", is_flag=True, help="leave out who owns what")
@click.option("--no-privileges", is_flag=True, help="leave out grants")
@click.option(
    "--variable",
    multiple=True,
    metavar="NAME=VALUE",
    help="a parameter in the files, as they spell it: '@cdm=staging'",
)
def import_(
    *,
    places: tuple[str, ...],
    from_database: bool,
    schema: str | None,
    department: str,
    rows: bool,
    lookups: tuple[str, ...],
    csv: tuple[str, ...],
    no_owner: bool,
    no_privileges: bool,
    variable: tuple[str, ...],
) -> int:
    """Make a project in NEW of SOURCE: a dump, or a folder of .sql files.

    Each table gets a CREATE script with its keys, indexes, comments and grants; functions and
    types have scripts of their own, and rows go to POPULATE scripts. Nothing is written over, and
    all is written or nothing. NEW/IMPORT.md says what there is and what is left to do.
    """
    check_department(department, "--department")
    options = ImportOptions(
        schema=schema,
        department=department,
        lookups=lookups,
        csv=csv,
        owners=not no_owner,
        privileges=not no_privileges,
        variables=dict(map(_read_variable, variable)),
    )
    if not 2 - from_database <= len(places) <= 2:
        raise click.UsageError("name the dump and the new folder: import dump.sql NEW")
    source, new = places[0] if len(places) > 1 else None, Path(places[-1])
    if from_database:
        made = _import_database(source, new, options, rows=rows)
    else:
        made = run_import(Path(source or ""), new, options)
    print(build_report(made))
    print(f"This is in {new}/IMPORT.md. Now:\n\n    cd {new}\n    set -a; . ./settings.env; set +a")
    print("    staging-assets build")
    return EXIT_LEFT if made.left else 0


def _import_database(source: str | None, new: Path, options: ImportOptions, *, rows: bool) -> Made:
    """Import a live database by way of a dump, which is removed afterwards."""
    if source is None:
        connection = read_settings(os.environ).postgres
    else:
        connection = ConnectionSettings(url=check_url(source, "import --from-database"))
    patterns = (*options.lookups, *options.csv)

    def with_rows(name: str) -> bool:
        return rows or any(fnmatchcase(name, pattern) for pattern in patterns)

    with tempfile.TemporaryDirectory(prefix="staging-assets-import-") as folder:
        dump = Path(folder) / "database.sql"
        schema = dump_schema(find_server(connection), options.schema, dump, with_rows=with_rows)
        return run_import(dump, new, replace(options, schema=schema))


def _read_variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise SettingsError(f"--variable {text}: write NAME=VALUE, such as '@cdm=staging'.")
    return name, value
