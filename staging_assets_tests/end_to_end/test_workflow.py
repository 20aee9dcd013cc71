"""The workflow for a repository of one's own scripts: its commands, run as a runner runs them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.postgres.client.server import Server
from staging_assets_tests.support.commands import ROOT, find_environment
from staging_assets_tests.support.folders import make_project

WORKFLOW: dict[str, Any] = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
SCHEMA = "ci_4711"

FILES = {
    "etl/demo/1-arrests.sql": "create schema etl; create table etl.arrests as"
    " select i as event_id, current_setting('staging_assets.demo_scale')::numeric as scale"
    " from generate_series(1, 20) as i;",
    "create_tables/CREATE-staging-arrests.sql": "create table staging.arrests"
    " (event_id int primary key, scale numeric);",
    "populate_tables/demo/POPULATE-staging-arrests.sql": "insert into staging.arrests"
    " select event_id, scale from etl.arrests;",
    "staging.yaml": "checks: {arrests: [min_rows: 10]}\n",
}


@dataclass
class Runner:
    """Runs the steps of a job as GitHub's runner does: bash -e -o pipefail, in the root."""

    environment: dict[str, str]
    values: dict[str, str]

    def fill(self, text: str) -> str:
        """Put in what stands in ${{ }}; an expression that is not known is an error."""
        return re.sub(r"\$\{\{\s*(.+?)\s*\}\}", lambda match: self.values[match[1]], str(text))

    def run(self, job: str, name: str) -> subprocess.CompletedProcess[str]:
        (step,) = [step for step in WORKFLOW["jobs"][job]["steps"] if step.get("name") == name]
        declared = {**WORKFLOW["jobs"][job].get("env", {}), **step.get("env", {})}
        environment = {name: self.fill(value) for name, value in declared.items()}
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", self.fill(step["run"])],
            cwd=ROOT,
            env={**find_environment(), **environment, **self.environment},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            stdin=subprocess.DEVNULL,
        )


@pytest.fixture
def runner(database: Server, tmp_path: Path, staging_home: Path) -> Iterator[Runner]:
    folder = make_project(tmp_path / "sql", FILES)
    yield Runner(
        {
            "STAGING_DATABASE_URL": database.dsn,
            "STAGING_SQL_DIR": str(folder),
            "STAGING_HOME": str(staging_home),
        },
        {"github.run_id": "4711", "runner.temp": str(tmp_path), "github.ref": "main"},
    )


def names(job: str) -> list[str]:
    return [step["name"] for step in WORKFLOW["jobs"][job]["steps"] if "run" in step]


def find_count(witness: Connection, schema: str) -> int:
    with witness.cursor() as cursor:
        cursor.execute("select count(*) from pg_namespace where nspname like %s", (f"{schema}%",))
        return int(cursor.fetchall()[0][0])


def test_the_steps_are_those_that_are_promised() -> None:
    assert names("code") == ["Install", "Lint", "Test"]
    assert names("staging") == [
        "Install",
        "Validate the folder of scripts",
        "Make the sources",
        "Build everything",
        "Check everything",
        "Drop the schema",
    ]


@pytest.mark.parametrize("name", ["Install", "Lint", "Test"])
def test_what_make_does_is_there(runner: Runner, name: str) -> None:
    (step,) = [step for step in WORKFLOW["jobs"]["code"]["steps"] if step.get("name") == name]
    assert re.fullmatch(r"make [a-z]+", step["run"])
    done = subprocess.run(
        ["make", "--dry-run", step["run"].split()[1]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_everything_is_built_and_checked_and_a_failed_check_fails_its_step(
    runner: Runner, witness: Connection, tmp_path: Path
) -> None:
    for name in names("staging")[1:-1]:
        done = runner.run("staging", name)
        assert done.returncode == 0, f"{name}: {done.stdout}\n{done.stderr}"
    with witness.cursor() as cursor:
        cursor.execute(f"select count(*), min(scale)::float8 from {SCHEMA}.arrests")
        assert cursor.fetchall() == [(20, pytest.approx(0.1))]
    assert read_report(tmp_path) == ("5", "0")
    with witness.cursor() as cursor:
        cursor.execute(f"delete from {SCHEMA}.arrests where event_id > 5")
    assert runner.run("staging", "Check everything").returncode == 2
    assert read_report(tmp_path) == ("5", "1")
    assert runner.run("staging", "Drop the schema").returncode == 0
    assert find_count(witness, SCHEMA) == 0


def read_report(folder: Path) -> tuple[str | None, str | None]:
    """How many checks there were and how many failed."""
    suites = ElementTree.parse(folder / "reports" / "checks.xml").getroot()
    return suites.get("tests"), suites.get("failures")


def test_a_folder_that_is_wrong_fails_before_anything_is_built(
    runner: Runner, tmp_path: Path
) -> None:
    (tmp_path / "sql" / "staging.yaml").write_text("checks: {arests: [min_rows: 1]}\n")
    done = runner.run("staging", "Validate the folder of scripts")
    assert done.returncode != 0
    assert "staging.yaml:1:10: there is no table 'arests'" in done.stdout + done.stderr


def test_a_broken_source_fails_its_step(runner: Runner, tmp_path: Path) -> None:
    (tmp_path / "sql" / "etl" / "demo" / "1-arrests.sql").write_text("create schema etl; nonsense;")
    assert runner.run("staging", "Make the sources").returncode != 0


def test_the_reports_are_kept_and_the_schema_dropped_whatever_happens() -> None:
    last = WORKFLOW["jobs"]["staging"]["steps"][-2:]
    assert [step["if"] for step in last] == ["always()", "always()"]
    assert last[0]["with"]["path"] == "${{ runner.temp }}/reports"


def test_the_server_is_that_of_the_service() -> None:
    job = WORKFLOW["jobs"]["staging"]
    service = job["services"]["postgres"]
    assert job["env"]["PGPASSWORD"] == service["env"]["POSTGRES_PASSWORD"]
    assert service["ports"] == ["5432:5432"]
    assert ":5432/" in job["env"]["STAGING_DATABASE_URL"]
