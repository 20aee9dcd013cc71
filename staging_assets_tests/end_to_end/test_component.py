"""The component in a fresh `dg` project whose environment has the wheel."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.postgres import Server
from staging_assets_tests.support.commands import find_environment
from staging_assets_tests.support.folders import make_project
from staging_assets_tests.support.installations import build_wheel, install, lend, make_empty

PROJECT = {
    "pyproject.toml": (
        '[project]\nname = "police"\nversion = "0.1.0"\n'
        '[tool.dg]\ndirectory_type = "project"\n[tool.dg.project]\nroot_module = "police"\n'
    ),
    "src/police/__init__.py": "",
    "src/police/definitions.py": (
        "from pathlib import Path\nfrom dagster import definitions, load_from_defs_folder\n\n\n"
        "@definitions\ndef defs():\n"
        "    return load_from_defs_folder(path_within_project=Path(__file__).parent)\n"
    ),
    "src/police/defs/__init__.py": "",
    "sql/create_tables/CREATE-staging-dogs.sql": "create table staging.dogs (id int);",
    "sql/populate_tables/north/POPULATE-staging-dogs.sql": (
        "insert into staging.dogs values (1), (2);"
    ),
}
FIVE_LINES = """\
type: staging_assets.StagingSchemaComponent
attributes:
  sql_dir: "{{ project_root }}/sql"
  department: north
  postgres: {url: "{{ env.NORTH_URL }}"}
"""

pytestmark = pytest.mark.timeout(900)


def run_dg(
    project: Path, *words: str, database: str | None = None
) -> subprocess.CompletedProcess[str]:
    variables = {"PYTHONPATH": str(project / "src"), "COLUMNS": "200"}
    if database is not None:
        variables["NORTH_URL"] = database
    return subprocess.run(
        [str(project / ".venv" / "bin" / "dg"), *words],
        cwd=project,
        env=find_environment(**variables),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_a_fresh_project_lists_scaffolds_checks_and_builds_it(
    run_folder: Path, tmp_path: Path, database: Server, witness: Connection
) -> None:
    project = make_project(tmp_path / "police", PROJECT)
    venv = make_empty(project / ".venv")
    install(venv, "--no-deps", build_wheel(run_folder), f"dagster-dg-cli=={version('dagster')}")
    lend(Path(sys.prefix), venv)

    listed = run_dg(project, "list", "components")
    assert "staging_assets.StagingSchemaComponent" in listed.stdout, listed.stderr

    made = run_dg(project, "scaffold", "defs", "staging_assets.StagingSchemaComponent", "north")
    assert made.returncode == 0, made.stdout + made.stderr
    file = project / "src" / "police" / "defs" / "north" / "defs.yaml"
    lines = [line for line in file.read_text().splitlines() if line]
    assert [line.split(":")[0].strip() for line in lines] == [
        "type",
        "attributes",
        "sql_dir",
        "department",
    ]

    file.write_text(FIVE_LINES.replace("department", "departmnt"))
    wrong = run_dg(project, "check", "defs", database=database.dsn)
    assert wrong.returncode != 0
    assert f"{file}:4 - " in wrong.stdout
    assert "'departmnt' was unexpected" in wrong.stdout

    file.write_text(FIVE_LINES.replace("north\n", "nowhere/else\n"))
    wrong = run_dg(project, "check", "defs", database=database.dsn)
    assert wrong.returncode != 0
    screen = wrong.stdout + wrong.stderr
    assert f"{file}: department: 'nowhere/else' is no name of a folder." in screen

    file.write_text(FIVE_LINES)
    built = run_dg(project, "launch", "--assets", "group:tables", database=database.dsn)
    assert built.returncode == 0, built.stdout + built.stderr
    with witness.cursor() as cursor:
        cursor.execute("select count(*) from staging.dogs")
        assert cursor.fetchone() == (2,)
