"""The configuration for a server: what Dagster remembers is in Postgres."""

from __future__ import annotations

import re
import shutil
import subprocess
import uuid
from contextlib import ExitStack
from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster._core.errors import DagsterInvalidConfigError
from dagster._core.instance.config import PoolGranularity
from packaging.requirements import Requirement
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import make_dsn, parse_dsn
from sqlalchemy import URL

from staging_assets.postgres.client.server import Server
from staging_assets.postgres.psql import find_psql
from staging_assets.settings import read_settings
from staging_assets_tests.conftest import missing
from staging_assets_tests.end_to_end.test_celery import BIN, is_open
from staging_assets_tests.end_to_end.test_commands import LITERAL, count, typed  # noqa: F401 - a fixture
from staging_assets_tests.support.commands import ROOT, find_environment, run_typed
from staging_assets_tests.support.forked import run_forked
from staging_assets_tests.support.webserver import find_free_port, running, wait_until

DEPLOY = ROOT / "deploy"
CODE_SERVER = (str(BIN / "dagster"), "api", "grpc", "-m", "staging_assets.definitions")
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
    command = re.search(r"RUN (sed .* requirements.lock) >", (DEPLOY / "Dockerfile").read_text())
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


def test_the_units_are_right(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        missing("no systemd-analyze: apt-get install systemd")
    for unit in (DEPLOY / "systemd").glob("*[er]"):
        text = unit.read_text().replace("/srv/staging/.venv/bin", str(BIN))
        (tmp_path / unit.name.replace("@", "@north")).write_text(text)
    units = sorted(map(str, tmp_path.iterdir()))
    assert len(units) == 9
    told = subprocess.run(
        ["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False
    )
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")


def test_the_units_start_what_there_is() -> None:
    variables: dict[str, str] = {}
    for name in ("common.env", "north.env"):
        lines = (DEPLOY / "systemd" / name).read_text().splitlines()
        variables |= dict(line.split("=", 1) for line in lines if line and line[0] != "#")
    staging = read_settings(variables)
    assert staging.key_prefix == ("north",)
    assert variables["JOB_SUFFIX"] == staging.suffix
    jobs = {
        f"{name}{staging.suffix}" for name in ("populate_all_staging_tables", "staging_retention")
    }
    started = set()
    for unit in (DEPLOY / "systemd").glob("*.service"):
        found = re.search(r"-j (\S+)", unit.read_text())
        started |= {found[1].replace("${JOB_SUFFIX}", staging.suffix)} if found else set()
    assert started == jobs
    # Every variable that is said is one that somebody reads.
    ours = {name for name in variables if name.startswith("STAGING_")}
    settings = (ROOT / "docs" / "settings.md").read_text()
    assert all(f"`{name}`" in settings for name in ours)


def test_the_workspace_has_three_departments(
    typed: dict[str, str],  # noqa: F811
    tmp_path: Path,
) -> None:
    text = (DEPLOY / "workspace.yaml").read_text()
    servers = [each["grpc_server"] for each in yaml.safe_load(text)["load_from"]]
    assert [each["location_name"] for each in servers] == ["north", "south", "west"]
    folder = Path(typed["STAGING_SQL_DIR"], "populate_tables")
    with ExitStack() as stack:
        for each in servers:
            name, port = each["location_name"], find_free_port()
            shutil.copytree(folder / "demo", folder / name)
            text = text.replace(str(each["port"]), str(port))
            own = {"STAGING_DEPARTMENT": name, "STAGING_KEY_PREFIX": name}
            command = [*CODE_SERVER, "-h", "127.0.0.1", "-p", str(port)]
            log = tmp_path / f"{name}.log"
            stack.enter_context(running(command, {**typed, **own}, tmp_path, log))
            wait_until(lambda port=port: is_open(port), name, log=log)
        (tmp_path / "workspace.yaml").write_text(text)
        for each in servers:
            name = each["location_name"]
            listed = f"dagster job list -w workspace.yaml --location {name}"
            told = run_forked(listed, typed, folder=tmp_path)
            assert told.returncode == 0, told.stderr
            assert f"Job: populate_all_staging_tables_{name}\n" in told.stdout


def test_the_roles_have_what_a_build_needs_and_no_more(
    typed: dict[str, str],  # noqa: F811
    database: Server,
    witness: Connection,
) -> None:
    unique = uuid.uuid4().hex[:10]
    builder, reader = f"builder {unique}", f"reader {unique}"
    script = ["-v", f"builder={builder}", "-v", f"reader={reader}", "-f", DEPLOY / "roles.sql"]
    command = [find_psql(), "-X", "-q", "-v", "ON_ERROR_STOP=1", *script, database.dsn]
    try:
        for _ in range(2):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
        url = make_dsn(database.dsn, user=builder)
        environment = {**typed, "STAGING_DATABASE_URL": _as_url(url)}
        for build in (LITERAL, LITERAL, "staging-assets promote --build"):
            ran = run_forked(build, environment)
            assert ran.returncode == 0, ran.stdout + ran.stderr
        with witness.cursor() as cursor:
            cursor.execute(
                "select rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls"
                " from pg_roles where rolname = %s",
                (builder,),
            )
            assert cursor.fetchone() == (False,) * 5
        may = {
            builder: {"etl.officers": "SELECT", "staging.officers": "ALL"},
            reader: {"staging.officers": "SELECT"},
        }
        for role, rights in may.items():
            for table in ("etl.officers", "staging.officers"):
                for right in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"):
                    with witness.cursor() as cursor:
                        cursor.execute(
                            "select has_table_privilege(%s, %s, %s)", (role, table, right)
                        )
                        expected = rights.get(table) in (right, "ALL")
                        assert cursor.fetchone() == (expected,), (role, table, right)
            with witness.cursor() as cursor:
                cursor.execute("select has_schema_privilege(%s, 'public', 'create')", (role,))
                assert cursor.fetchone() == (False,)
    finally:
        with witness.cursor() as cursor:
            for role in (builder, reader):
                cursor.execute(f'drop owned by "{role}" cascade')
                cursor.execute(f'drop role "{role}"')


def test_every_section_of_the_page_says_what_holds_it() -> None:
    sections = (DEPLOY / "README.md").read_text().split("\n## ")[1:]
    assert len(sections) > 8
    for section in sections:
        held = re.findall(r"`([\w/]+\.py)(?:::(\w+))?`", section)
        assert held or "**Untried**" in section, section
        for file, test in held:
            text = (ROOT / "staging_assets_tests" / file).read_text()
            assert f"def {test}(" in text or not test, f"{file} has no {test}"
    for link in re.findall(r"\]\(([^)#]+)\)", (DEPLOY / "README.md").read_text()):
        assert (DEPLOY / link).exists(), link


def _as_url(dsn: str) -> str:
    told = parse_dsn(dsn)
    query = {name: told[name] for name in ("host", "port")}
    url = URL.create("postgresql", told["user"], database=told["dbname"], query=query)
    return url.render_as_string(hide_password=False)
