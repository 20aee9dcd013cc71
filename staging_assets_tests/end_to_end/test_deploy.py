"""The configuration for a server: what Dagster remembers is in Postgres."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster._core.errors import DagsterInvalidConfigError
from dagster._core.instance.config import PoolGranularity
from packaging.requirements import Requirement
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import parse_dsn
from sqlalchemy import URL

from staging_assets.postgres.client.server import Server
from staging_assets.settings import read_settings
from staging_assets_tests.end_to_end.test_commands import LITERAL, count, typed  # noqa: F401 - a fixture
from staging_assets_tests.support.commands import ROOT, find_environment, run_typed
from staging_assets_tests.support.forked import run_forked

CLUSTER = ROOT / "deploy" / "kubernetes"


def test_each_department_of_the_cluster_is_one_of_its_own_and_in_a_pool_of_its_own() -> None:
    values = yaml.safe_load((CLUSTER / "values.yaml").read_text())
    assert values["concurrency"]["pools"] == {"granularity": "run", "defaultLimit": 1}
    deployments = values["dagster-user-deployments"]["deployments"]
    settings = [read_settings(one["env"]) for one in deployments]
    assert [one.department for one in settings] == [one["name"] for one in deployments]
    assert len({one.pool for one in settings}) == len(deployments) == 2
    assert len({secret["name"] for one in deployments for secret in one["envSecrets"]}) == 2
    assert all(one["includeConfigInLaunchedRuns"]["enabled"] for one in deployments)


def spell(values: object) -> object:
    """As the chart writes what it hands on to dagster.yaml: `defaultLimit` is `default_limit`."""
    if not isinstance(values, dict):
        return values
    return {
        re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", name): spell(value)
        for name, value in values.items()
        if name != "enabled" or "pools" not in values
    }


def test_dagster_takes_what_the_chart_hands_on_to_it(tmp_path: Path) -> None:
    values = yaml.safe_load((CLUSTER / "values.yaml").read_text())
    told = {
        "concurrency": spell(values["concurrency"]),
        "run_monitoring": spell(values["dagsterDaemon"]["runMonitoring"]),
        "telemetry": values["telemetry"],
    }
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(told))
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        limits = instance.get_concurrency_config()
        assert limits.pool_config.default_pool_limit == 1
        assert limits.pool_config.pool_granularity is PoolGranularity.RUN
        assert limits.run_queue_config.max_concurrent_runs == 25
        assert instance.run_monitoring_enabled
        assert instance.run_monitoring_max_resume_run_attempts == 0
        assert instance.run_monitoring_poll_interval_seconds == 30
    with pytest.raises(DagsterInvalidConfigError):
        (tmp_path / "dagster.yaml").write_text("concurrency: {pools: {defaultLimit: 1}}")
        dg.DagsterInstance.from_config(str(tmp_path))


def test_the_image_takes_every_version_of_the_lock() -> None:
    command = re.search(r"RUN (sed .* requirements.lock) >", (CLUSTER / "Dockerfile").read_text())
    assert command is not None
    told = run_typed(command[1], find_environment(), activate=False)
    found = {(one.name, str(one.specifier)) for one in map(Requirement, told.stdout.splitlines())}
    lock = (ROOT / "requirements.lock").read_text()
    names = re.findall(r"^([\w.-]+)(?:\[[\w,]*\])?(==[^ \n;]+)", lock, re.MULTILINE)
    assert found == set(names)
    assert {"dagster", "dagster-postgres", "psycopg2-binary"} <= {name for name, _ in found}


def test_runs_and_events_are_kept_in_postgres(
    typed: dict[str, str],  # noqa: F811
    tmp_path: Path,
    database: Server,
    witness: Connection,
) -> None:
    home = tmp_path / "dagster"
    home.mkdir()
    shutil.copy(ROOT / "deploy" / "dagster.yaml", home)
    told = parse_dsn(database.dsn)
    url = URL.create(
        "postgresql+psycopg2",
        told["user"],
        database=told["dbname"],
        query={"host": told["host"], "port": told["port"]},
    )
    environment = {
        **typed,
        "DAGSTER_HOME": str(home),
        "DAGSTER_POSTGRES_URL": url.render_as_string(hide_password=False),
    }
    ran = run_forked(LITERAL, environment)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert count(witness, "select count(*) from runs where status = 'SUCCESS'") == 1
    assert count(witness, "select count(*) from asset_keys where asset_key ~ 'staging'") == 7
    assert " - DEBUG - " not in ran.stderr
