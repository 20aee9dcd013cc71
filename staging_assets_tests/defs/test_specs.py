"""What a folder of scripts looks like to Dagster."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from staging_assets.checks import KINDS
from staging_assets.defs.specs import build_column_lineage, build_key, build_specs, find_node
from staging_assets.model import StagingProject
from staging_assets.project.load import load_project
from staging_assets_tests.end_to_end.test_commands import FOLDER
from staging_assets_tests.support.folders import make_project


@pytest.fixture
def project(tmp_path: Path) -> StagingProject:
    settings = FOLDER["staging.yaml"] + (
        "descriptions:\n  arrests: Who was arrested.\nowners:\n  arrests: [team:records]\n"
    )
    return load_project(make_project(tmp_path, {**FOLDER, "staging.yaml": settings}), "demo", KINDS)


@pytest.fixture
def specs(project: StagingProject) -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in build_specs(project)}


def test_each_node_is_an_asset_in_its_group(specs: dict[str, dg.AssetSpec]) -> None:
    assert {key: spec.group_name for key, spec in specs.items()} == {
        "staging/schema": "schema",
        "staging/lookup_races": "lookups",
        "staging/stored_procedures/numbers": "stored_procedures",
        "staging/officers": "tables",
        "staging/arrests": "tables",
        "staging/notes": "tables",
        "staging/officers_cleanup": "cleanups",
    }


def test_dependencies_are_those_of_the_scripts(specs: dict[str, dg.AssetSpec]) -> None:
    upstream = {
        key: {dep.asset_key.to_user_string() for dep in spec.deps} for key, spec in specs.items()
    }
    assert upstream == {
        "staging/schema": set(),
        "staging/lookup_races": {"staging/schema"},
        "staging/stored_procedures/numbers": {"staging/schema"},
        "staging/officers": {
            "staging/lookup_races",
            "staging/stored_procedures/numbers",
            "etl/officers",
        },
        "staging/arrests": {"staging/officers", "etl/arrests"},
        "staging/notes": {"staging/schema"},
        "staging/officers_cleanup": {"staging/officers"},
    }


def test_descriptions_owners_and_columns_are_shown(specs: dict[str, dg.AssetSpec]) -> None:
    arrests = specs["staging/arrests"]
    assert arrests.description == "Who was arrested."
    assert list(arrests.owners) == ["team:records"]
    schema = arrests.metadata["dagster/column_schema"]
    assert [(column.name, column.type) for column in schema.columns] == [
        ("arrest_id", "int"),
        ("officer_id", "int"),
    ]


def test_the_code_version_changes_with_the_script_alone(
    tmp_path: Path, specs: dict[str, dg.AssetSpec]
) -> None:
    script = "create_tables/CREATE-staging-notes.sql"
    changed = {**FOLDER, script: "create table staging.notes (note text, at date);"}
    again = build_specs(load_project(make_project(tmp_path / "changed", changed), "demo", KINDS))
    moved = {
        spec.key.to_user_string()
        for spec in again
        if spec.code_version != specs[spec.key.to_user_string()].code_version
    }
    assert moved == {"staging/notes"}


def test_lineage_leads_to_the_columns_that_populate_reads(project: StagingProject) -> None:
    lineage = build_column_lineage(project.tables["arrests"].lineage)
    found = {
        column: {(dep.asset_key.to_user_string(), dep.column_name) for dep in deps}
        for column, deps in lineage.deps_by_column.items()
    }
    assert found == {
        "arrest_id": {("etl/arrests", "n")},
        "officer_id": {("staging/officers", "officer_id")},
    }


@pytest.mark.parametrize("node", ["schema", "arrests", "stored_procedures/dates"])
def test_a_key_leads_back_to_its_node(node: str) -> None:
    assert find_node(build_key(node)) == node
