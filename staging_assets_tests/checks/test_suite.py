"""Checks as Dagster has them: their specs, their results, and runs that build nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.checks import (
    KINDS,
    Check,
    CheckResult,
    build_error,
    describe_check,
    find_checks,
)
from staging_assets.defs import build_definitions
from staging_assets.defs.assets.asset_checks import build_check_result, build_check_specs
from staging_assets.defs.translation.specs import build_specs
from staging_assets.model import StagingProject
from staging_assets.postgres.client.server import Server
from staging_assets.project.load import load_project
from staging_assets.scheduler.run import BuildOptions, run_build
from staging_assets.settings import ConnectionSettings, StagingSchema
from staging_assets_tests.support.databases import fresh_database
from staging_assets_tests.support.folders import make_project
from staging_assets_tests.support.webhook import listening

FILES = {
    "create_tables/CREATE-staging-officers.sql": "create table staging.officers"
    " (officer_id int primary key);",
    "populate_tables/demo/POPULATE-staging-officers.sql": "insert into staging.officers"
    " select generate_series(1, 20);",
    "create_tables/CREATE-staging-arrests.sql": "create table staging.arrests (event_id int"
    " primary key, officer_id int references staging.officers (officer_id), note text);",
    "populate_tables/demo/POPULATE-staging-arrests.sql": "insert into staging.arrests"
    " select i, i, 'note' from generate_series(1, 20) as i;",
    "populate_tables/demo/staging-arrests-cleanup.py": "def main(pgw):\n"
    "    pgw.execute(\"update staging.arrests set note = 'clean'\")\n",
    "create_tables/CREATE-staging-notes.sql": "create table staging.notes (text text);",
    "create_tables/CREATE-staging-lookup_races.sql": "create table staging.lookup_races"
    " (code int primary key, value text);",
    "populate_tables/lookup/lookup_tables.yaml": "lookup_races: {columns: [code, value],"
    " rows: [[0, Unknown]]}\n",
    "staging.yaml": """
cleanups: {arrests: note}
checks:
  arrests:
    - {min_rows: 10, description: There are arrests.}
    - {unique: officer_id, severity: warn}
    - {not_null: note, blocking: false}
  lookup_races: {table_not_empty: {severity: warn}}
  "lookup_*": [unique: code]
""",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("checks") / "sql", FILES)


@pytest.fixture(scope="module")
def project(folder: Path) -> StagingProject:
    return load_project(folder, "demo", KINDS)


def test_there_is_one_check_an_asset_unless_more_are_declared(project: StagingProject) -> None:
    specs = build_check_specs(project, build_specs(StagingSchema(), project))
    assert {(spec.asset_key.to_user_string(), spec.name) for spec in specs} == {
        ("staging/schema", "schema_exists"),
        ("staging/schema", "schema_matches_scripts"),
        ("staging/schema", "foreign_keys_valid"),
        ("staging/officers", "table_not_empty"),
        ("staging/arrests", "table_not_empty"),
        ("staging/arrests", "min_rows"),
        ("staging/arrests", "officer_id_unique"),
        ("staging/arrests", "note_not_null"),
        ("staging/arrests_cleanup", "note_has_values"),
        ("staging/notes", "table_exists"),
        ("staging/lookup_races", "table_not_empty"),
        ("staging/lookup_races", "code_unique"),
    }


def test_all_block_unless_they_are_warnings_or_say_otherwise(project: StagingProject) -> None:
    free = {
        (spec.asset_key.path[-1], spec.name)
        for spec in build_check_specs(project, build_specs(StagingSchema(), project))
        if not spec.blocking
    }
    assert free == {
        ("arrests", "officer_id_unique"),
        ("arrests", "note_not_null"),
        ("lookup_races", "table_not_empty"),
    }


def test_every_check_has_a_description(project: StagingProject) -> None:
    described = {
        (spec.asset_key.path[-1], spec.name): spec.description
        for spec in build_check_specs(project, build_specs(StagingSchema(), project))
    }
    assert described["arrests", "min_rows"] == "There are arrests."
    assert described["arrests", "officer_id_unique"] == "No two rows are equal in officer_id."
    assert described["arrests_cleanup", "note_has_values"] is not None
    assert all(described.values())


@pytest.mark.parametrize(
    ("kind", "arguments", "words"),
    [
        ("min_rows", {"rows": 1000}, "At least 1,000 rows."),
        (
            "row_count_change",
            {"drop": 5, "growth": 50},
            "At most 5 % fewer rows and at most 50 % more rows than in the last build.",
        ),
        ("accepted_values", {"column": "c", "values": [1, "a"]}, "c is one of 1, a, or NULL."),
        (
            "relationship",
            {"column": "race_code", "to": "lookup_races", "to_column": "code"},
            "Every race_code is in lookup_races.code.",
        ),
        ("column_value", {"condition": "age > {0}", "rows": "all"}, "Every row: age > {0}"),
        ("column_value", {"condition": "felony", "rows": "any"}, "Any row: felony"),
        ("sql", {"query": "select '{x}'"}, "This returns no rows: select '{x}'"),
    ],
)
def test_a_check_is_described_in_words(kind: str, arguments: dict[str, Any], words: str) -> None:
    assert describe_check(Check(kind, kind, "arrests", arguments)) == words


def test_numbers_are_numbers_and_the_query_is_code() -> None:
    result = CheckResult(
        "min_rows",
        "arrests",
        False,
        "WARN",
        False,
        {"rows": 5, "age in hours": 2.5, "sql": "select 1;", "failing keys": [{"id": "1"}]},
        "5 rows",
    )
    told = build_check_result(result, dg.AssetKey(["staging", "arrests"]))
    assert (told.check_name, told.passed, told.description) == ("min_rows", False, "5 rows")
    assert told.severity is dg.AssetCheckSeverity.WARN
    assert told.metadata == {
        "rows": dg.IntMetadataValue(5),
        "age in hours": dg.FloatMetadataValue(2.5),
        "sql": dg.MarkdownMetadataValue("```sql\nselect 1;\n```"),
        "failing keys": dg.JsonMetadataValue([{"id": "1"}]),
    }


def test_a_check_that_could_not_be_evaluated_says_so() -> None:
    result = build_error(Check("odd", "sql", "arrests", severity="WARN"), "no such table (42P01)")
    told = build_check_result(result, dg.AssetKey(["staging", "arrests"]))
    assert not told.passed
    assert told.severity is dg.AssetCheckSeverity.ERROR
    assert told.description == "could not be evaluated: no such table (42P01)"
    assert told.metadata["evaluated"] == dg.BoolMetadataValue(False)


@dataclass
class Runs:
    """Runs of Dagster, in this process, on a schema of their own."""

    defs: dg.Definitions
    witness: Connection

    def sql(self, text: str) -> list[tuple[Any, ...]]:
        with self.witness.cursor() as cursor:
            cursor.execute(text)
            return cursor.fetchall() if cursor.description else []

    def check(self) -> dg.ExecuteInProcessResult:
        """Run the job of all checks."""
        return self.defs.resolve_job_def("staging_checks").execute_in_process(raise_on_error=False)

    def materialize(self, selection: dg.AssetSelection) -> dg.ExecuteInProcessResult:
        """What `dagster asset materialize --select` does."""
        job = dg.define_asset_job("some", selection=selection)
        both = dg.Definitions.merge(self.defs, dg.Definitions(jobs=[job]))
        return both.resolve_job_def("some").execute_in_process(raise_on_error=False)


def read_checks(result: dg.ExecuteInProcessResult) -> dict[tuple[str, str], bool]:
    return {
        (each.asset_key.path[-1], each.check_name): each.passed
        for each in result.get_asset_check_evaluations()
    }


def read_failure(result: dg.ExecuteInProcessResult) -> str:
    (event,) = result.get_step_failure_events()
    failure = event.step_failure_data
    assert failure.user_failure_data is not None
    return str(failure.user_failure_data.description)


@pytest.fixture(scope="module")
def built(server: Server, folder: Path, project: StagingProject) -> Iterator[Server]:
    with fresh_database(server) as database:
        build(database, project)
        yield database


def build(database: Server, project: StagingProject, *nodes: str) -> None:
    options = BuildOptions(schema="staging", run_id="test")
    chosen = nodes or project.nodes
    results = list(
        run_build(database, project, chosen, options, {}, lambda *_: None, threading.Event())
    )
    assert {result.status for result in results} == {"built"}


def find_value(folder: Path, server: Server, webhook: str | None = None) -> StagingSchema:
    postgres = ConnectionSettings(url=server.dsn)
    return StagingSchema(sql_dir=folder, postgres=postgres, webhook_url=webhook)


@pytest.fixture
def runs(built: Server, folder: Path, project: StagingProject) -> Iterator[Runs]:
    """Runs on a healthy schema, which is mended afterwards."""
    with closing(built.connect("witness", autocommit=True)) as witness:
        yield Runs(build_definitions(find_value(folder, built)), witness)
    build(built, project, "officers", "lookup_races", "arrests", "arrests_cleanup")


def test_a_run_of_all_checks_evaluates_each_and_builds_nothing(
    runs: Runs, project: StagingProject
) -> None:
    files = "select oid, relfilenode from pg_class order by 1"
    before = runs.sql(files)
    result = runs.check()
    assert result.success
    checks = read_checks(result)
    assert all(checks.values())
    assert len(checks) == sum(len(checks) for checks in find_checks(project).values()) == 12
    assert result.get_asset_materialization_events() == []
    assert runs.sql(files) == before


def test_a_failed_check_fails_the_run_and_is_named(runs: Runs) -> None:
    runs.sql("delete from staging.arrests where event_id > 5")
    result = runs.check()
    assert not result.success
    assert read_failure(result) == "checks failed: min_rows on staging/arrests"
    assert [name for name, passed in read_checks(result).items() if not passed] == [
        ("arrests", "min_rows")
    ]


def test_a_failed_check_that_does_not_block_fails_a_run_of_checks_as_well(runs: Runs) -> None:
    runs.sql("update staging.arrests set note = null where event_id = 1")
    result = runs.check()
    assert not result.success
    assert read_failure(result) == "checks failed: note_not_null on staging/arrests"


def test_warnings_alone_do_not_fail_the_run(runs: Runs) -> None:
    runs.sql("update staging.arrests set officer_id = 1; truncate staging.lookup_races")
    result = runs.check()
    assert result.success
    assert [name for name, passed in read_checks(result).items() if not passed] == [
        ("arrests", "officer_id_unique"),
        ("lookup_races", "table_not_empty"),
    ]


def test_drift_and_broken_keys_fail_the_run(runs: Runs) -> None:
    runs.sql(
        "set session_replication_role = replica; delete from staging.officers where officer_id = 3;"
        " reset session_replication_role; alter table staging.arrests add column extra int"
    )
    checks = read_checks(runs.check())
    assert {name for name, passed in checks.items() if not passed} == {
        ("schema", "schema_matches_scripts"),
        ("schema", "foreign_keys_valid"),
    }


def test_the_checks_of_one_table_can_be_run_alone(runs: Runs) -> None:
    runs.sql("truncate staging.lookup_races")
    key = dg.AssetKey(["staging", "arrests"])
    result = runs.materialize(dg.AssetSelection.checks_for_assets(key))
    assert result.success
    assert set(read_checks(result)) == {
        ("arrests", "table_not_empty"),
        ("arrests", "min_rows"),
        ("arrests", "officer_id_unique"),
        ("arrests", "note_not_null"),
    }
    assert result.get_asset_materialization_events() == []


def test_a_subset_runs_the_checks_of_what_it_touches_and_no_others(runs: Runs) -> None:
    runs.sql("truncate staging.lookup_races")
    result = runs.materialize(dg.AssetSelection.assets(["staging", "officers"]))
    assert result.success
    assert set(read_checks(result)) == {("officers", "table_not_empty")}


def test_a_schema_that_is_not_there_is_said_in_one_line(
    runs: Runs, folder: Path, built: Server
) -> None:
    staging = replace(find_value(folder, built), schema="staging_dev")
    runs.defs = build_definitions(staging)
    result = runs.check()
    assert not result.success
    assert read_failure(result).startswith('schema "staging_dev" in ')
    assert "\n" not in read_failure(result)
    assert read_checks(result) == {}


@pytest.mark.parametrize("build", [False, True], ids=["checks only", "rebuild"])
def test_a_run_tells_the_webhook_what_failed(
    runs: Runs, folder: Path, built: Server, build: bool
) -> None:
    runs.sql("truncate staging.lookup_races; delete from staging.arrests where event_id > 5")
    short = "insert into staging.arrests select i, i, 'note' from generate_series(1, 5) as i;"
    path = folder / "populate_tables/demo/POPULATE-staging-arrests.sql"
    with listening() as hook:
        staging = find_value(folder, built, hook.url)
        runs.defs = _with_script(staging, path, short if build else path.read_text())
        arrests = dg.AssetSelection.assets(["staging", "arrests"])
        result = runs.materialize(arrests) if build else runs.check()
    assert not result.success
    (body,) = hook.bodies
    told = {(each["asset"], each["check"], each["severity"]) for each in body["checks"]}
    warned = {("staging/lookup_races", "table_not_empty", "WARN")}
    assert told == {("staging/arrests", "min_rows", "ERROR")} | (set() if build else warned)


def _with_script(staging: StagingSchema, path: Path, text: str) -> dg.Definitions:
    """Definitions of the folder with one script changed, which is changed back at once."""
    before = path.read_text()
    path.write_text(text)
    try:
        return build_definitions(staging)
    finally:
        path.write_text(before)


def test_a_webhook_that_is_down_changes_nothing(runs: Runs, folder: Path, built: Server) -> None:
    runs.sql("truncate staging.lookup_races")
    runs.defs = build_definitions(find_value(folder, built, "http://127.0.0.1:1/hook"))
    assert runs.check().success
