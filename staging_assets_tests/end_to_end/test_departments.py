"""Several departments in one project, and in one workspace, as Dagster's own server shows them."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from staging_assets.postgres import Server
from staging_assets_tests.support.commands import find_environment, run_typed
from staging_assets_tests.support.databases import fresh_database
from staging_assets_tests.support.departments import SCRIPTS, make_host
from staging_assets_tests.support.folders import make_project
from staging_assets_tests.support.forked import run_forked
from staging_assets_tests.support.webserver import (
    answers,
    ask,
    find_free_port,
    launch,
    running,
    wait_for_run,
    wait_until,
)

BIN = Path(sys.prefix) / "bin"
JOBS = [
    "create_all_staging_tables",
    "observe_sources",
    "populate_all_staging_tables",
    "populate_lookup_tables",
    "populate_stored_procedures",
    "promote_staging",
    "rollback_staging",
    "staging_checks",
    "staging_retention",
]


@dataclass(frozen=True)
class Host:
    """The project with two departments: its web server and their databases."""

    address: str
    north: Server
    south: Server
    folder: Path
    environment: dict[str, str]


@pytest.fixture(scope="module")
def host(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    folder = make_host(tmp_path_factory.mktemp("host"))
    port = find_free_port()
    command = [str(BIN / "dagster-webserver"), "-h", "127.0.0.1", "-p", str(port)]
    log = folder / "webserver.log"
    with fresh_database(server) as north, fresh_database(server) as south:
        environment = find_environment(
            NORTH_URL=north.dsn, SOUTH_URL=south.dsn, DAGSTER_HOME=str(folder / "dagster")
        )
        with running([*command, "-w", "workspace.yaml"], environment, folder, log):
            address = f"http://127.0.0.1:{port}"
            wait_until(lambda: answers(address), "the web server", log=log)
            yield Host(address, north, south, folder, environment)


def rows(server: Server, query: str) -> list[tuple[Any, ...]]:
    connection = server.connect("tests", autocommit=True)
    try:
        with connection.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())
    finally:
        connection.close()


ASSETS = """
{ assetNodes { assetKey { path } groupName jobNames repository { location { name } }
  metadataEntries { label ... on TextMetadataEntry { text } }
  dependencyKeys { path } } }
"""


def read_assets(host: Host) -> dict[str, dict[str, Any]]:
    nodes = ask(host.address, ASSETS)["assetNodes"]
    assert isinstance(nodes, list)
    return {"/".join(node["assetKey"]["path"]): node for node in nodes}


def test_no_location_has_an_error_and_each_has_its_jobs(host: Host) -> None:
    query = """{ workspaceOrError { ... on Workspace { locationEntries { name
        locationOrLoadError { __typename ... on PythonError { message }
        ... on RepositoryLocation { repositories { jobs { name } } } } } } } }"""
    entries = ask(host.address, query)["workspaceOrError"]["locationEntries"]
    told = {entry["name"]: entry["locationOrLoadError"] for entry in entries}
    assert [entry.get("message") for entry in told.values()] == [None, None]
    jobs = {
        name: sorted(
            job["name"]
            for one in entry["repositories"]
            for job in one["jobs"]
            if "__" not in job["name"]
        )
        for name, entry in told.items()
    }
    of_both = [f"{job}_{name}" for job in JOBS for name in ("north", "south")]
    assert jobs["host"] == sorted([*of_both, "everywhere"])
    assert jobs["alone"] == [f"{job}_alone" for job in JOBS]


def test_keys_groups_and_edges_do_not_clash(host: Host) -> None:
    assets = read_assets(host)
    names = ("staging/schema", "staging/dogs", "staging/walks", "staging_release")
    of_all = {f"{prefix}/{name}" for prefix in ("north", "south", "alone") for name in names}
    assert set(assets) == {*of_all, "dogs_everywhere"}
    assert Counter(node["repository"]["location"]["name"] for node in assets.values()) == {
        "host": 9,
        "alone": 4,
    }
    assert assets["north/staging/dogs"]["groupName"] == "north_tables"
    assert assets["south/staging/schema"]["groupName"] == "south_schema"
    read = {"/".join(key["path"]) for key in assets["dogs_everywhere"]["dependencyKeys"]}
    assert read == {"north/staging/dogs", "south/staging/dogs"}
    assert "everywhere" in assets["south/staging/walks"]["jobNames"]


MADE = """
query ($key: AssetKeyInput!) { assetOrError(assetKey: $key) { ... on Asset {
  assetMaterializations { runId metadataEntries { label ... on TextMetadataEntry { text } } }
  assetObservations { runId metadataEntries { label ... on TextMetadataEntry { text } } }
} } }
"""


def read_events(host: Host, key: str, kind: str) -> list[dict[str, Any]]:
    """What Dagster has been told of an asset, newest first: its run, and its metadata as text."""
    asset = ask(host.address, MADE, key={"path": key.split("/")})["assetOrError"]
    return [
        {
            "run": event["runId"],
            **{entry["label"]: entry.get("text") for entry in event["metadataEntries"]},
        }
        for event in asset.get(kind, [])
    ]


STEPS = """
query ($id: ID!) { logsForRun(runId: $id, limit: 1000) { ... on EventConnection { events {
  __typename ... on MessageEvent { message stepKey level } } } } }
"""


def read_messages(host: Host, run_id: str, kind: str) -> list[tuple[str, str]]:
    """The step and the message of each event of one kind."""
    events = ask(host.address, STEPS, id=run_id)["logsForRun"]["events"]
    return [(event["stepKey"], event["message"]) for event in events if event["__typename"] == kind]


def read_failures(host: Host, run_id: str) -> list[tuple[str, str]]:
    return read_messages(host, run_id, "ExecutionStepFailureEvent")


def test_one_job_builds_both_and_what_depends_on_them(host: Host) -> None:
    run_id = launch(host.address, "host", "everywhere")
    assert wait_for_run(host.address, run_id)["status"] == "SUCCESS", read_failures(host, run_id)
    assert rows(host.north, "select id, name from staging.dogs order by 1") == [
        (1, "Rex"),
        (2, "Bo"),
    ]
    assert rows(host.south, "select id, name from staging.dogs order by 1") == [(7, "Ida")]
    for name, server in (("north", host.north), ("south", host.south)):
        newest = read_events(host, f"{name}/staging/dogs", "assetMaterializations")[0]
        assert newest["run"] == run_id
        assert newest["dagster/table_name"] == f"{server.database}.staging.dogs"
        told = {label: newest[label] for label in ("department", "schema", "database")}
        assert told == {"department": name, "schema": "staging", "database": server.database}
    assert len(read_events(host, "dogs_everywhere", "assetMaterializations")) == 1


def test_a_scratch_build_is_observed_and_what_waits_for_the_live_table_is_skipped(
    host: Host,
) -> None:
    before = {
        key: len(read_events(host, key, "assetMaterializations"))
        for key in ("north/staging/dogs", "south/staging/dogs", "dogs_everywhere")
    }
    config = {"ops": {"staging_build_north": {"config": {"schema": "scratch"}}}}
    run_id = launch(host.address, "host", "everywhere", config)
    assert wait_for_run(host.address, run_id)["status"] == "SUCCESS", read_failures(host, run_id)
    after = {key: len(read_events(host, key, "assetMaterializations")) for key in before}
    assert after == {**before, "south/staging/dogs": before["south/staging/dogs"] + 1}
    observed = read_events(host, "north/staging/dogs", "assetObservations")[0]
    assert observed["run"] == run_id
    assert observed["schema"] == "scratch"
    assert observed["dagster/table_name"] == f"{host.north.database}.scratch.dogs"
    assert rows(host.north, "select count(*) from scratch.walks") == [(2,)]
    skipped = read_messages(host, run_id, "ExecutionStepSkippedEvent")
    assert [step for step, _ in skipped] == ["dogs_everywhere"]
    told = [text for step, text in read_messages(host, run_id, "LogMessageEvent")]
    assert any('builds schema "scratch"' in text and "is skipped" in text for text in told), told


RENAMED = """
import json

import dagster as dg

from alone import department
from staging_assets import build_definitions


def rename(asset: object) -> object:
    if not isinstance(asset, dg.AssetsDefinition):
        return asset
    new = {key: dg.AssetKey(["shop", key.path[-1]]) for key in asset.keys}
    return asset.with_attributes(asset_key_replacements=new)


def put_in_group(spec: dg.AssetSpec) -> dg.AssetSpec:
    return spec.replace_attributes(group_name="police")


own = build_definitions(department("south", "south"))
ways = {
    "key": dg.Definitions(assets=[rename(asset) for asset in own.assets], resources=own.resources),
    "group": own.map_asset_specs(func=put_in_group),
}
told = {}
for name, defs in ways.items():
    result = defs.resolve_implicit_global_asset_job_def().execute_in_process()
    made = [event.materialization for event in result.get_asset_materialization_events()]
    checked = result.get_asset_check_evaluations()
    lineage = [one.metadata.get("dagster/column_lineage") for one in made]
    told[name] = {
        "made": sorted(one.asset_key.to_user_string() for one in made),
        "checked": sorted({one.asset_key.to_user_string() for one in checked}),
        "read": sorted(
            {
                dep.asset_key.to_user_string()
                for one in lineage
                if one
                for deps in one.lineage.deps_by_column.values()
                for dep in deps
            }
        ),
    }
print("told:" + json.dumps(told))
"""


def test_assets_that_got_other_keys_or_groups_are_built_and_lead_to_each_other(
    database: Server, tmp_path: Path
) -> None:
    folder = make_host(tmp_path)
    (folder / "renamed.py").write_text(RENAMED)
    environment = find_environment(SOUTH_URL=database.dsn)
    ran = run_typed("python renamed.py", environment, folder=folder)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    told = json.loads(ran.stdout.split("told:")[-1])
    assert told == {
        "key": {
            "made": ["shop/dogs", "shop/schema", "shop/walks"],
            "checked": ["shop/dogs", "shop/schema", "shop/walks"],
            "read": ["shop/dogs"],
        },
        "group": {
            "made": ["south/staging/dogs", "south/staging/schema", "south/staging/walks"],
            "checked": ["south/staging/dogs", "south/staging/schema", "south/staging/walks"],
            "read": ["south/staging/dogs"],
        },
    }
    assert rows(database, "select count(*) from staging.walks") == [(1,)]


def test_a_schema_of_another_name_has_keys_of_its_own(database: Server, tmp_path: Path) -> None:
    folder = make_project(tmp_path / "scripts", SCRIPTS)
    environment = find_environment(
        STAGING_SQL_DIR=str(folder),
        STAGING_DEPARTMENT="north",
        STAGING_DATABASE_URL=database.dsn,
        STAGING_HOME=str(tmp_path / "home"),
        STAGING_SCHEMA="tiny",
    )
    built = run_forked("dagster asset materialize --select 'tiny/staging/*'", environment)
    assert built.returncode == 0, built.stdout + built.stderr
    assert rows(database, "select count(*) from tiny.dogs") == [(2,)]
    assert rows(database, "select to_regclass('staging.dogs') is null") == [(True,)]
    listed = run_forked("dagster asset list", environment)
    assert listed.stdout.split() == [f"tiny/staging/{name}" for name in ("dogs", "schema", "walks")]


def test_departments_share_a_database_each_with_sources_of_its_own(
    database: Server, tmp_path: Path
) -> None:
    files = {
        "create_tables/CREATE-mart-pets.sql": "create table mart.pets (name text);",
        "populate_tables/north/POPULATE-mart-pets.sql": "insert into mart.pets table etl.pets;",
        "populate_tables/south/POPULATE-mart-pets.sql": "insert into mart.pets table etl.pets;",
        "csv/north/pets.csv": "name\nRex\n",
        "csv/south/pets.csv": "name\nTom\nKit\n",
    }
    folder = make_project(tmp_path / "scripts", files)
    for name in ("north", "south"):
        environment = find_environment(
            STAGING_SQL_DIR=str(folder),
            STAGING_DEPARTMENT=name,
            STAGING_DATABASE_URL=database.dsn,
            STAGING_HOME=str(tmp_path / "home"),
            STAGING_SCHEMA=name,
            STAGING_SCHEMA_IN_FILES="mart",
            STAGING_ETL_SCHEMA=f"etl_{name}",
            STAGING_ETL_CSV_DIR=str(folder / "csv" / name),
        )
        built = run_forked(f"dagster asset materialize --select '{name}/*'", environment)
        assert built.returncode == 0, built.stdout + built.stderr
        assert f"{name}/staging/pets" in built.stdout
    assert rows(database, "select array_agg(name) from north.pets") == [(["Rex"],)]
    assert rows(database, "select array_agg(name) from south.pets") == [(["Tom", "Kit"],)]
    assert rows(database, "select count(*) from pg_namespace where nspname in ('etl', 'mart')") == [
        (0,)
    ]
    options = "--department north --schema north --etl-schema etl_north"
    checked = run_forked(f"staging-assets check {options}", environment)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "schema_matches_scripts" in checked.stdout
