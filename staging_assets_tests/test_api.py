"""The public API: its names, its promise to do nothing when imported, and its page's examples."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

import staging_assets
from staging_assets.postgres import Server
from staging_assets_tests.support.databases import fresh_database
from staging_assets_tests.support.folders import make_project

PAGE = (Path(__file__).parents[1] / "docs" / "api.md").read_text()
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
CREATE = "create table staging.dogs (id int primary key, name text);"
FOLDER = {
    "sql/create_tables/CREATE-staging-dogs.sql": CREATE,
    "sql/populate_tables/north/POPULATE-staging-dogs.sql": (
        "insert into staging.dogs values (1, 'Rex'), (2, 'Bo');"
    ),
    "sql/populate_tables/south/POPULATE-staging-dogs.sql": (
        "insert into staging.dogs values (7, 'Ida');"
    ),
}


def test_every_public_name_is_there_and_on_its_page() -> None:
    for name in staging_assets.__all__:
        assert getattr(staging_assets, name) is not None
        assert f"`{name}" in PAGE, f"docs/api.md does not say what {name} is"
    assert set(staging_assets.__all__) <= set(dir(staging_assets))


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        getattr(staging_assets, "nothing")  # noqa: B009


def test_the_version_is_that_of_the_installation() -> None:
    assert staging_assets.__version__ == version("staging-assets")


def test_the_package_says_that_it_is_typed() -> None:
    assert (Path(staging_assets.__file__).parent / "py.typed").exists()


def test_everything_but_dagsters_part_does_without_dagster() -> None:
    code = (
        "import sys, staging_assets as s;"
        "[getattr(s, n) for n in s.__all__ if n not in"
        " ('PostgresResource', 'StagingNode', 'StagingTranslator', 'build_definitions',"
        " 'install_prefix_selection', 'StagingSchemaComponent')];"
        "print('dagster' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "False\n", done.stderr


@pytest.fixture
def databases(server: Server) -> Iterator[tuple[Server, Server]]:
    with fresh_database(server) as north, fresh_database(server) as south:
        yield north, south


def run_python(folder: Path, code: str, **environ: str) -> str:
    (folder / "example.py").write_text(code)
    done = subprocess.run(
        [sys.executable, "example.py"],
        cwd=folder,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_example_of_two_departments_builds_both(
    databases: tuple[Server, Server], tmp_path: Path
) -> None:
    north, south = databases
    folder = make_project(tmp_path, FOLDER)
    run = (
        "\nimport dagster as dg\n"
        'job = dg.define_asset_job("all", selection=dg.AssetSelection.all())\n'
        "both = dg.Definitions.merge(defs, dg.Definitions(jobs=[job]))\n"
        'result = both.resolve_job_def("all").execute_in_process()\n'
        'print(result.output_for_node("dogs_everywhere"))\n'
        "for event in result.get_asset_materialization_events():\n"
        "    made = event.materialization\n"
        "    print(made.asset_key.to_user_string(), *(made.metadata[n].value for n in\n"
        '        ("department", "schema", "database") if n in made.metadata))\n'
        "print(sorted(job.name for job in defs.resolve_all_job_defs()))\n"
    )
    told = run_python(tmp_path, EXAMPLES[0] + run, NORTH_URL=north.dsn, SOUTH_URL=south.dsn)
    lines = told.splitlines()
    assert "3" in lines
    assert f"north/staging/dogs north staging {north.database}" in lines
    assert f"south/staging/dogs south staging {south.database}" in lines
    assert "'populate_all_staging_tables_north'" in lines[-1]
    assert "'staging_checks_south'" in lines[-1]
    assert folder == tmp_path


def test_the_example_of_a_translator_is_one(tmp_path: Path) -> None:
    make_project(tmp_path, FOLDER)
    run = (
        "\nfrom pathlib import Path\n"
        "from staging_assets import StagingSchema, build_definitions\n"
        'staging = StagingSchema(sql_dir=Path("sql"), department="north")\n'
        "defs = build_definitions(staging, ByTeam())\n"
        "print(sorted({spec.group_name for spec in defs.resolve_all_asset_specs()}))\n"
    )
    assert run_python(tmp_path, EXAMPLES[1] + run) == "['police', 'schema']\n"


def test_the_example_without_dagster_builds_and_checks(
    databases: tuple[Server, Server], tmp_path: Path
) -> None:
    make_project(tmp_path, FOLDER)
    told = run_python(
        tmp_path,
        EXAMPLES[2],
        STAGING_DATABASE_URL=databases[0].dsn,
        STAGING_SQL_DIR="sql",
        STAGING_DEPARTMENT="north",
    )
    assert "dogs built 2" in told
    assert "dogs table_not_empty holds" in told
