"""What the fields of the component become, and what nobody may see of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster.components.testing import create_defs_folder_sandbox

from staging_assets import StagingSchema, StagingSchemaComponent
from staging_assets.defs.dagster_patches.automation_limit import UnlimitedConditionSensor
from staging_assets.settings import ConnectionSettings, SessionSettings
from staging_assets_tests.support.folders import make_project

SCRIPTS = {
    "create_tables/CREATE-staging-dogs.sql": "create table staging.dogs (id int);",
    "populate_tables/north/POPULATE-staging-dogs.sql": "insert into staging.dogs values (1);",
}


@contextmanager
def load(
    folder: Path, **attributes: Any
) -> Iterator[tuple[StagingSchemaComponent, dg.Definitions, Path]]:
    with create_defs_folder_sandbox() as sandbox:
        path = sandbox.scaffold_component(
            component_cls=StagingSchemaComponent,
            defs_yaml_contents={
                "type": "staging_assets.StagingSchemaComponent",
                "attributes": {"sql_dir": str(folder), "department": "north", **attributes},
            },
        )
        with sandbox.load_component_and_build_defs(defs_path=path) as (component, defs):
            assert isinstance(component, StagingSchemaComponent)
            yield component, defs, sandbox.project_root


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    return make_project(tmp_path / "scripts", SCRIPTS)


def test_keys_and_groups_are_those_of_the_staging_schema(scripts: Path) -> None:
    with load(scripts, key_prefix="texas/north", group_names={"tables": "police"}) as loaded:
        specs = {spec.key.to_user_string(): spec for spec in loaded[1].resolve_all_asset_specs()}
    own = {"texas/north/staging/schema", "texas/north/staging/dogs"}
    assert set(specs) == {*own, "texas/north/staging_release"}
    assert specs["texas/north/staging/dogs"].group_name == "police"


def test_a_secret_is_in_nothing_that_dagster_shows(
    scripts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NORTH_URL", "postgresql://u:geheim@127.0.0.1/d")
    with load(scripts, postgres={"url": "{{ env.NORTH_URL }}"}) as (component, defs, _):
        shown = repr(component) + repr(defs)
        repository = defs.get_repository_def()
        for job in repository.get_all_jobs():
            shown += str(job.get_job_snapshot()) + str(job.get_parent_job_snapshot() or "")
        resources = repository.get_top_level_resources()
        shown += str([each.config_schema for each in resources.values()]) + repr(resources)
        assert component.postgres.url == "postgresql://u:geheim@127.0.0.1/d"
    assert "geheim" not in shown


@pytest.mark.parametrize(
    ("attributes", "told"),
    [
        ({"department": "a/b"}, "department: 'a/b' is no name of a folder"),
        ({"schema_name": "etl"}, "schema_name: 'etl' holds the sources"),
        ({"key_prefix": "a b"}, "key_prefix: 'a b' cannot stand in asset keys"),
        ({"workers": 0}, "workers: 0 is no number of connections"),
        ({"postgres": {"user": "me"}}, "postgres: it names no database"),
        ({"postgres": {"url": "mysql://x:geheim@y"}}, "does not start with postgresql://"),
    ],
)
def test_a_value_that_cannot_be_used_is_told_with_file_and_field(
    scripts: Path, attributes: dict[str, Any], told: str
) -> None:
    with pytest.raises(Exception, match="Error while building definitions") as raised:  # noqa: SIM117
        with load(scripts, **attributes):
            pass
    error: BaseException | None = raised.value
    texts = []
    while error is not None:
        texts.append(str(error))
        error = error.__cause__
    assert f"defs.yaml: {told}" in texts[-1] or told in texts[-1]
    assert "defs.yaml: " in texts[-1]
    assert "geheim" not in "".join(texts)


def test_every_part_of_the_value_can_be_given(scripts: Path) -> None:
    given = {
        "sql_dir": str(scripts),
        "department": "north",
        "schema_name": "live",
        "create_dirs": [str(scripts / "create_tables"), "/elsewhere"],
        "procedures_dirs": ["/procedures"],
        "populate_dirs": ["/populate"],
        "lookup_files": ["/lookup.yaml"],
        "key_prefix": "north",
        "group_names": {"tables": "police"},
        "postgres": {"host": "db", "dbname": "police", "lock_timeout": "3s"},
        "etl_csv_dir": str(scripts),
        "home": "/srv/home",
        "workers": 3,
        "wait_for_lock": 7.5,
        "look_every": 60,
        "schedule": "0 5 * * *",
        "schedule_timezone": "Europe/Berlin",
        "queue": "north",
        "take_over": True,
        "webhook_url": "https://example.org/x",
    }
    component = StagingSchemaComponent.from_attributes_dict(attributes=given)
    assert component.build_staging_schema(dg.ComponentTree.for_test().load_context) == (
        StagingSchema(
            sql_dir=scripts,
            department="north",
            schema="live",
            create_dirs=(scripts / "create_tables", Path("/elsewhere")),
            procedures_dirs=(Path("/procedures"),),
            populate_dirs=(Path("/populate"),),
            lookup_files=(Path("/lookup.yaml"),),
            key_prefix=("north",),
            group_names={"tables": "police"},
            postgres=ConnectionSettings(
                host="db",
                dbname="police",
                home=Path("/srv/home"),
                sessions=SessionSettings(lock_timeout="3s"),
            ),
            etl_csv_dir=scripts,
            home=Path("/srv/home"),
            workers=3,
            wait_for_lock=7.5,
            look_every=60,
            schedule="0 5 * * *",
            schedule_timezone="Europe/Berlin",
            queue="north",
            take_over=True,
            webhook_url="https://example.org/x",
        )
    )


def test_its_automation_is_off_and_takes_any_number_of_tables(tmp_path: Path) -> None:
    with load(make_project(tmp_path, SCRIPTS), look_every=9) as (_, defs, _root):
        sensor = defs.get_repository_def().get_sensor_def("staging_automation")
        assert isinstance(sensor, UnlimitedConditionSensor)
        assert sensor.default_status is dg.DefaultSensorStatus.STOPPED
        assert sensor.minimum_interval_seconds == 9
        assert sensor.run_tags["staging_rebuild"] == "changed"
