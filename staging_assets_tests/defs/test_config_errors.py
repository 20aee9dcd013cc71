"""Run config that cannot be: a line that says where, what, and what may be meant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from staging_assets.defs import build_definitions
from staging_assets.defs.dagster_patches.config_errors import build_lines
from staging_assets.settings import StagingSchema
from staging_assets_tests.support.commands import find_environment
from staging_assets_tests.support.folders import make_project
from staging_assets_tests.support.forked import run_forked

FILES = {
    "create_tables/CREATE-staging-dogs.sql": "create table staging.dogs (id text);",
    "populate_tables/demo/POPULATE-staging-dogs.sql": "insert into staging.dogs"
    " select id from etl.pets;",
}


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> dg.JobDefinition:
    folder = make_project(tmp_path_factory.mktemp("config") / "sql", FILES)
    definitions = build_definitions(StagingSchema(sql_dir=folder))
    return definitions.resolve_job_def("populate_all_staging_tables")


@pytest.mark.parametrize(
    ("config", "lines"),
    [
        (
            {"rebuild": "chnged"},
            [
                "Error: run config: ops:staging_build:config:rebuild: 'chnged' is none of all,"
                " missing, changed. Did you mean changed?"
            ],
        ),
        (
            {"wokers": 3, "rebuild": "zz"},
            [
                "Error: run config: ops:staging_build:config: there is no 'wokers'. Did you mean"
                " workers?",
                "Error: run config: ops:staging_build:config:rebuild: 'zz' is none of all, missing,"
                " changed. Known: all, changed, missing.",
            ],
        ),
        (
            {"workers": "a"},
            [
                "Error: run config: Invalid scalar at path root:ops:staging_build:config:workers."
                ' Value "a" of type "<class \'str\'>" is not valid for expected type "Int".'
            ],
        ),
    ],
)
def test_a_mistake_is_a_line(
    job: dg.JobDefinition, config: dict[str, Any], lines: list[str]
) -> None:
    with pytest.raises(dg.DagsterInvalidConfigError) as caught:
        dg.validate_run_config(job, {"ops": {"staging_build": {"config": config}}})
    assert sorted(build_lines(each.message for each in caught.value.errors)) == sorted(lines)


@pytest.mark.server
def test_commands_tell_of_it_and_of_a_source_that_can_be_loaded(
    staging_home: Path, tmp_path: Path
) -> None:
    folder = make_project(tmp_path / "sql", FILES)
    (tmp_path / "csv").mkdir()
    (tmp_path / "csv" / "pets.csv").write_text("id\n1\n")
    environment = find_environment(
        STAGING_HOME=str(staging_home),
        STAGING_SQL_DIR=str(folder),
        STAGING_ETL_CSV_DIR=str(tmp_path / "csv"),
    )

    def run(step: str, config: dict[str, Any]) -> tuple[int, str, str]:
        said = json.dumps({"ops": {step: {"config": config}}})
        command = f"dagster asset materialize --select 'staging/*' --config-json '{said}'"
        ran = run_forked(command, environment)
        return ran.returncode, ran.stdout, ran.stderr

    try:
        code, out, err = run("staging_build", {"rebuild": "chnged"})
        assert (code, out) == (1, "")
        assert err.splitlines() == [err.strip()]
        assert "Did you mean changed?" in err
        code, out, err = run("staging_bild", {"rebuild": "all"})
        assert code == 1
        assert "ops:staging_bild: there is no such step. Did you mean staging_build?" in out
        code, out, err = run("staging_build", {"rebuild": "all"})
        assert code == 1
        assert "Load it: dagster asset materialize --select etl/pets" in out
    finally:
        run_forked("staging-assets db stop", environment)
