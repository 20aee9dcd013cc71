"""The configuration for a server: what Dagster remembers is in Postgres."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import yaml
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
