"""What becomes of an installation in time: it is moved, restored, put into an image."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.postgres import Server, find_pg_dump
from staging_assets_tests.end_to_end.test_celery import BIN
from staging_assets_tests.end_to_end.test_commands import LITERAL, count, typed  # noqa: F401 - a fixture
from staging_assets_tests.support.commands import ROOT
from staging_assets_tests.support.databases import fresh_database
from staging_assets_tests.support.forked import run_forked

COMPOSE = ROOT / "deploy" / "compose"


def read_rows(server: Server) -> str:
    """Every row of the arrests, in order."""
    query = "select string_agg(a::text, E'\\n' order by a::text) from staging.arrests a"
    with closing(server.connect("tests", autocommit=True)) as connection:
        cursor = connection.cursor()
        cursor.execute(query)
        return str(cursor.fetchone()[0])


def test_a_restored_backup_is_built_upon(
    typed: dict[str, str],  # noqa: F811
    database: Server,
    server: Server,
    witness: Connection,
    tmp_path: Path,
) -> None:
    ran = run_forked(LITERAL, typed)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    pg_dump = find_pg_dump(witness.server_version)
    backup = tmp_path / "backup"
    subprocess.run([pg_dump, "-Fc", "-f", backup, database.dsn], check=True)
    with fresh_database(server) as other:
        restore = [pg_dump.with_name("pg_restore"), "--exit-on-error", "-d", other.dsn, backup]
        subprocess.run(restore, check=True)
        restored = {**typed, "STAGING_DATABASE_URL": other.dsn}
        # Counters begin anew in a restored database, so everything counts as changed.
        plan = run_forked("staging-assets plan", restored)
        assert plan.returncode == 2, plan.stdout + plan.stderr
        assert run_forked("staging-assets check", restored).returncode == 0
        ran = run_forked("staging-assets build --rebuild changed", restored)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert read_rows(other) == read_rows(database)
        plan = run_forked("staging-assets plan", restored)
        assert plan.returncode == 0, plan.stdout


def test_a_home_that_is_moved_goes_on_with_its_data_and_its_history(
    typed: dict[str, str],  # noqa: F811
    tmp_path: Path,
) -> None:
    embedded = {name: value for name, value in typed.items() if name != "STAGING_DATABASE_URL"}
    old, new = tmp_path / "old", tmp_path / "new"
    look = "staging-assets db psql -Atc 'select count(*) from staging.schema_only'"
    folder = tmp_path / "small"
    (folder / "create_tables").mkdir(parents=True)
    create = folder / "create_tables" / "CREATE-staging-schema_only.sql"
    create.write_text("create table staging.schema_only (id int);")
    embedded |= {"STAGING_SQL_DIR": str(folder), "STAGING_HOME": str(old)}
    try:
        ran = run_forked(LITERAL, embedded)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert run_forked("staging-assets db stop", embedded).returncode == 0
        old.rename(new)
        embedded["STAGING_HOME"] = str(new)
        ran = run_forked(look, embedded)
        assert (ran.returncode, ran.stdout) == (0, "0\n"), ran.stderr
        told = run_forked("dagster run list", embedded)
        assert told.stdout.count("Run: ") == 1, told.stdout + told.stderr
        ran = run_forked("staging-assets build --rebuild changed", embedded)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert "0 built, 2 unchanged" in ran.stdout
        assert not old.exists()
    finally:
        run_forked("staging-assets db stop", embedded)


def test_the_image_has_all_that_an_installation_needs(tmp_path: Path) -> None:
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text()
    for line in re.findall(r"^COPY (.+)$", dockerfile, re.MULTILINE):
        *names, place = line.split()
        for name in names:
            target = tmp_path / place / (name if place == "./" else "")
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(ROOT / name, target)
    wheel = [
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        tmp_path / "made",
        tmp_path,
    ]
    subprocess.run([sys.executable, "-m", "pip", *wheel], check=True)
    [made] = (tmp_path / "made").iterdir()
    assert made.name.startswith("staging_assets-")
    extras = re.search(r"'\.\[([\w,]+)\]'", dockerfile)
    assert extras is not None
    pyproject = (ROOT / "pyproject.toml").read_text()
    assert all(re.search(rf"^{name} = \[", pyproject, re.M) for name in extras[1].split(","))


def test_compose_starts_what_there_is() -> None:
    services = yaml.safe_load((COMPOSE / "compose.yaml").read_text())["services"]
    ours = {name: service for name, service in services.items() if service.get("command")}
    settings = (ROOT / "docs" / "settings.md").read_text()
    for service in ours.values():
        program = service["command"][0]
        assert program == "sh" or (BIN / program).exists()
        assert all(f"`{n}`" in settings for n in service["environment"] if n.startswith("STAGING_"))
        assert set(service["depends_on"]) <= set(services)
        for volume in service["volumes"]:
            place = volume.split(":")[0]
            assert place == "output" or (COMPOSE / place).exists()
    servers = yaml.safe_load((COMPOSE / "workspace.yaml").read_text())["load_from"]
    for each in servers:
        told = each["grpc_server"]
        service = ours[told["host"]]
        assert service["command"][-1] == str(told["port"])
        assert service["environment"]["STAGING_KEY_PREFIX"] == told["location_name"]
        database = service["environment"]["STAGING_DATABASE_URL"].rpartition("/")[2].split("?")[0]
        assert f"create database {database};" in (COMPOSE / "databases.sql").read_text()
    # Nothing is open to other machines.
    assert [port for s in services.values() for port in s.get("ports", ())] == [
        "127.0.0.1:3000:3000"
    ]


@pytest.mark.parametrize("name", ["compose.yaml", "example.env"])
def test_no_password_is_in_the_files_of_compose(name: str) -> None:
    text = (COMPOSE / name).read_text()
    assert not re.search(r"PASSWORD[=:] *[^\s$:?]", text)
