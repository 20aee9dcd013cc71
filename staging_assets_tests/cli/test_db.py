"""`staging-assets db`: as people type it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from psycopg2.extensions import parse_dsn

from staging_assets.postgres.client.server import Server
from staging_assets.postgres.embedded.server import EmbeddedServer


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="cli-"))
    folder.chmod(0o755)
    yield folder / "my home"
    EmbeddedServer(folder / "my home").stop()
    for sockets in folder.rglob("postgres/sockets"):
        shutil.rmtree(sockets.read_text(), ignore_errors=True)
    shutil.rmtree(folder)


def db(
    *arguments: str, environment: Mapping[str, str], typed: str = ""
) -> subprocess.CompletedProcess[str]:
    clean = {n: v for n, v in os.environ.items() if not n.startswith(("STAGING_", "PG"))}
    return subprocess.run(
        [sys.executable, "-m", "staging_assets.cli", "db", *arguments],
        env={**clean, **environment},
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.server
def test_a_server_from_its_start_to_its_end(home: Path) -> None:
    environment = {"STAGING_HOME": str(home)}

    absent = db("status", environment=environment)
    assert (absent.returncode, absent.stdout) == (3, f"absent: {home}\n")

    url = db("url", environment=environment)
    assert url.returncode == 0
    assert url.stderr == ""
    assert url.stdout.strip() == EmbeddedServer(home).url

    started = db("start", environment=environment)
    assert started.returncode == 0
    assert started.stdout.startswith(f"running in {home} (")

    status = db("status", environment=environment)
    assert status.returncode == 0
    lines = dict(line.split(": ", 1) for line in status.stdout.splitlines())
    assert lines["running"] == str(home)
    assert lines["url"].strip() == url.stdout.strip()
    assert lines["data"].strip() == str(home / "postgres" / "data")

    asked = db("psql", "-At", "-c", "select 'a' || 1, current_database()", environment=environment)
    assert (asked.returncode, asked.stdout) == (0, "a1|staging\n")
    typed = db("psql", "-At", environment=environment, typed="select 2;\n")
    assert typed.stdout == "2\n"
    assert db("psql", "-c", "select nonsense", environment=environment).returncode == 1

    stopped = db("stop", environment=environment)
    assert (stopped.returncode, stopped.stdout) == (0, f"stopped: {home}\n")
    again = db("stop", environment=environment)
    assert (again.returncode, again.stdout) == (0, f"it does not run: {home}\n")
    after = db("status", environment=environment)
    assert after.returncode == 3
    assert after.stdout.startswith(f"stopped: {home}\n")


def test_a_named_server_is_told_without_its_password(database: Server, home: Path) -> None:
    told = parse_dsn(database.dsn)
    url = f"postgresql://postgres:hush@/{told['dbname']}?host={told['host']}"
    environment = {"STAGING_HOME": str(home), "STAGING_DATABASE_URL": url}
    shown = db("url", environment=environment)
    assert shown.returncode == 0
    assert "hush" not in shown.stdout
    assert parse_dsn(shown.stdout.strip())["dbname"] == told["dbname"]
    asked = db("psql", "-At", "-c", "select current_database()", environment=environment)
    assert asked.stdout.strip() == told["dbname"]
    for command in ("start", "stop", "status"):
        refused = db(command, environment=environment)
        assert refused.returncode == 1
        assert refused.stderr.startswith(f"db {command}: STAGING_DATABASE_URL names the database")
        assert "hush" not in refused.stderr
    assert not home.exists()


def test_the_password_is_not_among_psqls_arguments(database: Server, home: Path) -> None:
    told = parse_dsn(database.dsn)
    url = f"postgresql://postgres:hush@/{told['dbname']}?host={told['host']}"
    seen = db(
        "psql",
        "-c",
        r"\! cat /proc/$PPID/cmdline | tr '\0' ' '; echo; echo $PGPASSWORD",
        environment={"STAGING_HOME": str(home), "STAGING_DATABASE_URL": url},
    )
    command, password = seen.stdout.splitlines()
    assert "psql" in command
    assert "hush" not in command
    assert password == "hush"


def test_libpqs_variables_name_a_server_too(database: Server, home: Path) -> None:
    told = parse_dsn(database.dsn)
    environment = {
        "STAGING_HOME": str(home),
        "PGHOST": told["host"],
        "PGDATABASE": told["dbname"],
        "PGUSER": "postgres",
    }
    asked = db("psql", "-At", "-c", "select current_database()", environment=environment)
    assert asked.stdout.strip() == told["dbname"]
    refused = db("url", environment=environment)
    assert refused.returncode == 1
    assert "PG* variables name the database" in refused.stderr


def test_a_setting_that_cannot_be_used_is_told_in_one_line(home: Path) -> None:
    done = db("url", environment={"STAGING_HOME": str(home), "STAGING_WORKERS": "many"})
    assert done.returncode == 1
    assert done.stderr.startswith("STAGING_WORKERS: 'many' is no number of connections.")
    assert done.stderr.count("\n") == 1


def test_help_names_every_command() -> None:
    text = db("--help", environment={}).stdout
    for command in ("url", "psql", "start", "stop", "status"):
        assert command in text
