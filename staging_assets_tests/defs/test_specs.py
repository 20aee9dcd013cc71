"""What a folder of scripts looks like to Dagster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from staging_assets.checks import KINDS
from staging_assets.defs import StagingNode, StagingTranslator
from staging_assets.defs.translation.specs import (
    build_column_lineage,
    build_specs,
)
from staging_assets.model import StagingProject
from staging_assets.project.load import load_project
from staging_assets.settings import StagingSchema
from staging_assets_tests.end_to_end.test_commands import FOLDER
from staging_assets_tests.support.folders import make_project

STAGING_SCHEMA = StagingSchema()


@pytest.fixture
def project(tmp_path: Path) -> StagingProject:
    settings = FOLDER["staging.yaml"] + (
        "descriptions:\n  arrests: Who was arrested.\nowners:\n  arrests: [team:records]\n"
    )
    return load_project(make_project(tmp_path, {**FOLDER, "staging.yaml": settings}), "demo", KINDS)


def _by_key(
    project: StagingProject, staging: StagingSchema = STAGING_SCHEMA, **options: Any
) -> dict[str, dg.AssetSpec]:
    specs = build_specs(staging, project, **options).by_node.values()
    return {spec.key.to_user_string(): spec for spec in specs}


@pytest.fixture
def specs(project: StagingProject) -> dict[str, dg.AssetSpec]:
    return _by_key(project)


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
    again = _by_key(load_project(make_project(tmp_path / "changed", changed), "demo", KINDS))
    moved = {key for key, spec in again.items() if spec.code_version != specs[key].code_version}
    assert moved == {"staging/notes"}


def test_lineage_leads_to_the_columns_that_populate_reads(project: StagingProject) -> None:
    lineage = build_column_lineage(
        build_specs(STAGING_SCHEMA, project), project.tables["arrests"].lineage
    )
    found = {
        column: {(dep.asset_key.to_user_string(), dep.column_name) for dep in deps}
        for column, deps in lineage.deps_by_column.items()
    }
    assert found == {
        "arrest_id": {("etl/arrests", "n")},
        "officer_id": {("staging/officers", "officer_id")},
    }


def test_a_prefix_stands_before_all_keys_and_groups(project: StagingProject) -> None:
    north = _by_key(project, StagingSchema(key_prefix=("north",), department="demo"))
    assert all(key.startswith("north/staging/") for key in north)
    arrests = north["north/staging/arrests"]
    assert arrests.group_name == "north_tables"
    assert {dep.asset_key.to_user_string() for dep in arrests.deps} == {
        "north/staging/officers",
        "north/etl/arrests",
    }


def test_the_catalogue_names_the_schema_that_is_built(project: StagingProject) -> None:
    tiny = _by_key(project, StagingSchema(schema="tiny"))
    assert tiny["staging/arrests"].metadata["dagster/table_name"] == "tiny.arrests"
    assert tiny["staging/arrests"].metadata["dagster/storage_kind"] == "postgres"


class Renamed(StagingTranslator):
    def get_asset_spec(self, node: StagingNode) -> dg.AssetSpec:
        spec = super().get_asset_spec(node)
        if node.text != "officers":
            return spec
        return spec.replace_attributes(
            key=["people", "officers"], group_name="hr", owners=["team:hr"], tags={"pii": "yes"}
        )


def test_a_translator_changes_a_node_and_what_depends_on_it(project: StagingProject) -> None:
    specs = _by_key(project, translator=Renamed())
    officers = specs["people/officers"]
    assert (officers.group_name, list(officers.owners)) == ("hr", ["team:hr"])
    assert officers.tags["pii"] == "yes"
    deps = {dep.asset_key.to_user_string() for dep in specs["staging/arrests"].deps}
    assert deps == {"people/officers", "etl/arrests"}
    lineage = build_column_lineage(
        build_specs(STAGING_SCHEMA, project, Renamed()), project.tables["arrests"].lineage
    )
    (dep,) = lineage.deps_by_column["officer_id"]
    assert dep.asset_key.to_user_string() == "people/officers"
