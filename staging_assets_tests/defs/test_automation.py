"""What keeps a schema up, as Dagster sees it: off until it is switched on."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import dagster as dg
import pytest

from staging_assets.defs import StagingNode, StagingTranslator, build_definitions
from staging_assets.defs.automation.outlook import Outlook
from staging_assets.defs.dagster_patches.automation_limit import UnlimitedConditionSensor
from staging_assets.errors import ProjectError, SettingsError
from staging_assets.postgres import SchemaLock, Server
from staging_assets.settings import ConnectionSettings, StagingSchema
from staging_assets_tests.support.builds import Log
from staging_assets_tests.support.changes import POPULATE_HUB, SOURCES, Place
from staging_assets_tests.support.departments import SCRIPTS
from staging_assets_tests.support.folders import make_project

MANY = 600


def make_schema(folder: Path, **values: object) -> StagingSchema:
    given = {"sql_dir": make_project(folder, SCRIPTS), "department": "north", **values}
    return StagingSchema(**given)  # type: ignore[arg-type]


def test_every_node_has_a_condition_and_one_sensor_that_is_off(tmp_path: Path) -> None:
    staging = make_schema(tmp_path, key_prefix=("north",), look_every=7)
    repository = build_definitions(staging).get_repository_def()
    sensors = {sensor.name: sensor for sensor in repository.sensor_defs}
    assert set(sensors) == {
        "staging_automation_north",
        "staging_dead_runs_north",
        "staging_sources_north",
    }
    for name in ("staging_automation_north", "staging_sources_north"):
        assert sensors[name].default_status is dg.DefaultSensorStatus.STOPPED
        assert sensors[name].minimum_interval_seconds == 7
    graph = repository.asset_graph
    keys = graph.materializable_asset_keys
    assert {key for key in keys if graph.get(key).automation_condition is not None} == {
        key for key in keys if key.path[:2] == ["north", "staging"]
    }
    assert repository.schedule_defs == []


def test_what_only_builds_does_without(tmp_path: Path) -> None:
    definitions = build_definitions(make_schema(tmp_path), shown=False)
    repository = definitions.get_repository_def()
    assert [sensor.name for sensor in repository.sensor_defs] == ["staging_dead_runs"]
    graph = repository.asset_graph
    assert not [key for key in graph.get_all_asset_keys() if graph.get(key).automation_condition]


def test_the_schedule_is_on_where_the_settings_name_its_times(tmp_path: Path) -> None:
    staging = make_schema(tmp_path, schedule="0 5 * * *", schedule_timezone="Europe/Berlin")
    definitions = build_definitions(staging)
    schedule = definitions.get_repository_def().get_schedule_def("staging_schedule")
    assert schedule.cron_schedule == "0 5 * * *"
    assert schedule.execution_timezone == "Europe/Berlin"
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
    assert schedule.job_name == "populate_all_staging_tables"
    asked = schedule.evaluate_tick(dg.build_schedule_context()).run_requests
    assert asked is not None
    assert [each.run_config for each in asked] == [
        {"ops": {"staging_build": {"config": {"rebuild": "changed"}}}}
    ]


@pytest.mark.parametrize(
    ("schedule", "timezone"),
    [("every night", "UTC"), ("61 5 * * *", "UTC"), ("0 5 * * * *", "UTC"), ("0 5 * * *", "Mars")],
)
def test_what_is_no_time_is_told(tmp_path: Path, schedule: str, timezone: str) -> None:
    staging = make_schema(tmp_path, schedule=schedule, schedule_timezone=timezone)
    with pytest.raises(SettingsError, match=r"^STAGING_SCHEDULE.*Give five fields") as caught:
        build_definitions(staging)
    assert repr(timezone if schedule == "0 5 * * *" else schedule) in str(caught.value)


class Chosen(dg.AutomationCondition[dg.AssetKey]):
    """True of a few assets."""

    def evaluate(
        self, context: dg.AutomationContext[dg.AssetKey]
    ) -> dg.AutomationResult[dg.AssetKey]:
        chosen = context.key.path[-1] in ("t1", "t599")
        return dg.AutomationResult(
            context, context.candidate_subset if chosen else context.get_empty_subset()
        )


def test_the_sensor_takes_more_assets_than_dagsters_own(tmp_path: Path) -> None:
    specs = [dg.AssetSpec(f"t{n}", automation_condition=Chosen()) for n in range(MANY)]

    @dg.multi_asset(specs=specs, can_subset=True)
    def make() -> Iterator[dg.MaterializeResult[None]]:
        yield from ()

    own = dg.AutomationConditionSensorDefinition("own", target="*", use_user_code_server=True)
    sensor = UnlimitedConditionSensor("sensor", target="*", use_user_code_server=True)
    copy = sensor.with_attributes(metadata={"made": "by a component"})
    for each, refused in ((own, True), (sensor, False), (own, True), (copy, False)):
        repository = dg.Definitions(assets=[make], sensors=[each]).get_repository_def()
        with dg.DagsterInstance.ephemeral() as instance:
            context = dg.build_sensor_context(instance=instance, repository_def=repository)
            if refused:
                with pytest.raises(dg.DagsterInvalidInvocationError, match="limit of 500"):
                    each.evaluate_tick(context)
                continue
            told = each.evaluate_tick(context)
        asked = [sorted(k.path[-1] for k in r.asset_selection) for r in told.run_requests]
        assert asked == [["t1", "t599"]]


class AtNight(StagingTranslator):
    """As in `docs/automation.md`."""

    def get_asset_spec(self, node: StagingNode) -> dg.AssetSpec:
        spec = super().get_asset_spec(node)
        if node.text != "events" or node.condition is None:
            return spec
        night = dg.AutomationCondition.cron_tick_passed("0 2 * * *")
        return spec.replace_attributes(
            automation_condition=node.condition.since_last_handled() & night
        )


def test_a_condition_can_be_put_together_with_others(database: Server, tmp_path: Path) -> None:
    place = Place(database, tmp_path / "folder")
    place.ask(SOURCES)
    place.build()
    postgres = ConnectionSettings(url=database.dsn)
    staging = StagingSchema(sql_dir=place.folder / "sql", postgres=postgres)
    definitions = build_definitions(staging, AtNight())
    cursor = None

    def look(instance: dg.DagsterInstance, time: str) -> set[str]:
        nonlocal cursor
        told = dg.evaluate_automation_conditions(
            defs=definitions,
            instance=instance,
            asset_selection=dg.AssetSelection.key_prefixes("staging"),
            evaluation_time=datetime.fromisoformat(f"2030-05-05 {time}+00:00"),
            cursor=cursor,
        )
        cursor = told.cursor
        keys = definitions.resolve_all_asset_keys()
        return {key.path[-1] for key in keys if told.get_num_requested(key)}

    with dg.DagsterInstance.ephemeral() as instance:
        assert look(instance, "01:00") == set()
        place.ask("insert into etl.events values (900, 1, 'more')")
        assert set(place.plan().build) == {"events", "counts"}
        assert look(instance, "01:30") == {"counts"}
        # What was asked for is not asked for again, though it is as stale as before.
        assert look(instance, "01:45") == set()
        assert look(instance, "02:15") == {"events"}
        assert look(instance, "02:30") == set()
        place.ask("insert into etl.people values (900, 'more', 1)")
        assert look(instance, "03:00") == {"hub", "counts"}


def test_while_a_run_is_at_work_nothing_is_asked_for(database: Server, tmp_path: Path) -> None:
    place = Place(database, tmp_path / "folder")
    place.ask(SOURCES)
    place.build()
    staging = StagingSchema(
        sql_dir=place.folder / "sql", postgres=ConnectionSettings(url=database.dsn)
    )
    outlook = Outlook(staging, place.project)
    job = build_definitions(staging).resolve_job_def("populate_lookup_tables")
    place.ask("insert into etl.events values (900, 1, 'more')")
    log = logging.getLogger("outlook")
    with dg.DagsterInstance.ephemeral() as instance:
        assert set(outlook.find(1, instance, log).stale) == {"events", "counts"}
        # Another tick finds something else; the same one does not look again.
        place.ask("insert into etl.other values (8)")
        assert set(outlook.find(1, instance, log).stale) == {"events", "counts"}
        assert "apart" in outlook.find(2, instance, log).stale
        lock = SchemaLock(
            database, "staging", "nightly", wait=0, log=Log(), cancelled=threading.Event()
        )
        with lock:
            held = outlook.find(3, instance, log)
            assert (held.stale, "run nightly (server process" in held.waits) == ({}, True)
        going = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
        held = outlook.find(4, instance, log)
        assert held.waits == f"run {going.run_id} is not finished: it is waited for"
        instance.report_run_failed(going)
        assert "apart" in outlook.find(5, instance, log).stale
        # Scripts that change count when they are the same at the next look.
        place.change(POPULATE_HUB, "order by id", "order by id desc")
        assert place.project
        assert "scripts have changed" in outlook.find(6, instance, log).waits
        assert "hub" in outlook.find(7, instance, log).stale
        late = place.folder / "sql" / "create_tables" / "CREATE-staging-late.sql"
        late.write_text("create table staging.late (a int);")
        told = outlook.find(8, instance, log).waits
        assert told.startswith("scripts came or went that Dagster has not heard of (late): reload")
        late.unlink()
        (place.folder / "sql" / "staging.yaml").write_text("priorities: {hub: [")
        with pytest.raises(ProjectError, match=r"staging\.yaml"):
            outlook.find(9, instance, log)


def test_a_tag_of_the_run_says_what_is_built_again_where_run_config_does_not(
    database: Server, tmp_path: Path
) -> None:
    place = Place(database, tmp_path / "folder")
    place.ask(SOURCES)
    place.build()
    postgres = ConnectionSettings(url=database.dsn)
    staging = StagingSchema(sql_dir=place.folder / "sql", postgres=postgres)
    job = build_definitions(staging).resolve_job_def("populate_lookup_tables")

    def execute(tag: str, config: dict[str, object]) -> list[str]:
        run_config = {"ops": {"staging_build": {"config": config}}}
        tags = {"staging_rebuild": tag}
        with dg.DagsterInstance.ephemeral() as instance:
            done = job.execute_in_process(
                run_config=run_config, tags=tags, instance=instance, raise_on_error=False
            )
            if not done.success:
                return [str(done.failure_data_for_node("staging_build"))]
            return [e.asset_key.path[-1] for e in done.get_asset_materialization_events()]

    assert execute("changed", {"workers": 1}) == []
    assert execute("changed", {"rebuild": "all"}) == ["schema", "lookup_colours"]
    assert "staging_rebuild: 'some' is none of all, missing, changed" in execute("some", {})[0]
