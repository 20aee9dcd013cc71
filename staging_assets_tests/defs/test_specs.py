"""What a folder of scripts looks like to Dagster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from staging_assets.checks import KINDS
from staging_assets.defs import StagingNode, StagingTranslator, build_definitions
from staging_assets.defs.assets.sources import build_source_specs
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


def test_scripts_are_shown_with_their_text_and_where_they_are(
    specs: dict[str, dg.AssetSpec], project: StagingProject
) -> None:
    arrests = specs["staging/arrests"].metadata
    table = project.tables["arrests"]
    assert table.populate is not None
    assert f"```sql\n{table.populate.text.rstrip()}\n```" in arrests["populate script"].value
    assert f"```sql\n{table.create.text.rstrip()}\n```" in arrests["create script"].value
    references = arrests["dagster/code_references"].code_references
    assert [(each.file_path, each.line_number, each.label) for each in references] == [
        (str(table.create.path), 1, "create script"),
        (str(table.populate.path), 1, "populate script"),
    ]
    lookup = specs["staging/lookup_races"].metadata["dagster/code_references"].code_references[-1]
    assert (
        Path(lookup.file_path)
        .read_text()
        .splitlines()[lookup.line_number - 1]
        .startswith("lookup_races")
    )
    cleanup = specs["staging/officers_cleanup"].metadata["script"].value
    assert "```python\n" in cleanup


def test_a_long_script_is_cut_and_backticks_end_no_fence(tmp_path: Path) -> None:
    long = f"create table staging.long (i int); -- ```` {'x' * 30_000}"
    files = {
        "create_tables/CREATE-staging-long.sql": long,
        "populate_tables/demo/POPULATE-staging-long.sql": "insert into staging.long select 1;",
    }
    project = load_project(make_project(tmp_path, files), "demo", KINDS)
    shown = _by_key(project)["staging/long"].metadata["create script"].value
    assert f"... {len(long) - 20_000:,} more characters\n`````" in shown
    assert "\n`````sql\n" in shown


def test_a_command_that_shows_nothing_does_without(project: StagingProject) -> None:
    metadata = _by_key(project, shown=False)["staging/arrests"].metadata
    assert set(metadata) == {
        "dagster/table_name",
        "dagster/storage_kind",
        "dagster/column_schema",
    }


def test_tags_and_kinds_are_those_of_staging_yaml(tmp_path: Path) -> None:
    said = "tags: {arrests: {domain: police}}\nkinds: {arrests: [postgres, table]}\n"
    files = {**FOLDER, "staging.yaml": FOLDER["staging.yaml"] + said}
    specs = _by_key(load_project(make_project(tmp_path, files), "demo", KINDS))
    assert specs["staging/arrests"].tags["domain"] == "police"
    assert specs["staging/arrests"].kinds == {"postgres", "table"}
    assert specs["staging/officers"].kinds == {"postgres", "sql"}


@pytest.mark.filterwarnings("error")
def test_links_lead_to_the_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    folder = make_project(tmp_path / "etl" / "sql", FOLDER)
    staging = StagingSchema(sql_dir=folder, git_url="https://github.com/us/etl", git_branch="dev")
    definitions = build_definitions(staging)
    (built,) = [each for each in definitions.assets or () if isinstance(each, dg.AssetsDefinition)]
    metadata = built.metadata_by_key[dg.AssetKey(["staging", "arrests"])]
    assert [each.url for each in metadata["dagster/code_references"].code_references] == [
        "https://github.com/us/etl/tree/dev/etl/sql/create_tables/CREATE-staging-arrests.sql#L1",
        "https://github.com/us/etl/tree/dev/etl/sql/populate_tables/demo/POPULATE-staging-arrests.sql#L1",
    ]


def test_the_keys_are_the_same_whatever_the_scripts_call_the_schemas(tmp_path: Path) -> None:
    files = {
        "create_tables/CREATE-mart-x.sql": "create table mart.x (id int);",
        "populate_tables/demo/POPULATE-mart-x.sql": (
            "insert into mart.x select e.id from etl.e as e join staging.s using (id);"
        ),
        "own/CREATE-staging-x.sql": "create table mart.x (id bigint);",
    }
    folder = make_project(tmp_path, files)
    staging = StagingSchema(
        sql_dir=folder,
        create_dirs=(folder / "own", folder / "create_tables"),
        schema="dev",
        schema_in_files="mart",
        etl_schema="src",
    )
    project = load_project(staging, "demo")
    specs = _by_key(project, staging)
    assert set(specs) == {"staging/schema", "staging/x"}
    upstream = {dep.asset_key.to_user_string() for dep in specs["staging/x"].deps}
    # A schema called `staging` that is somebody else's is not mistaken for ours.
    assert upstream == {"staging/schema", "etl/e", "staging_source/s"}
    metadata = specs["staging/x"].metadata
    assert metadata["dagster/table_name"] == "dev.x"
    assert metadata["scripts that give way"].endswith("create_tables/CREATE-mart-x.sql")
    sources = {
        spec.key.to_user_string(): spec.metadata["dagster/table_name"]
        for spec in build_source_specs(staging, project, ())
    }
    assert sources == {"etl/e": "src.e", "staging_source/s": "staging.s"}
    lineage = build_column_lineage(build_specs(staging, project), project.tables["x"].lineage)
    (source,) = lineage.deps_by_column["id"]
    assert source.asset_key.to_user_string() == "etl/e"
