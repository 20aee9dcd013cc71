"""Fixtures that every test may use: real servers, a fresh database each, a witness."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.postgres.client.server import Server
from staging_assets_tests.support.commands import copy_history
from staging_assets_tests.support.databases import fresh_database
from staging_assets_tests.support.servers import (
    DEBIAN_15,
    Pooler,
    embedded,
    pgbouncers,
    plain_server,
)
from staging_assets_tests.support.shared_home import shared_home

pytest_plugins = [
    "staging_assets_tests.support.distribution",
    "staging_assets_tests.support.figures",
    "staging_assets_tests.support.no_server",
    "staging_assets_tests.support.one_statement",
]


def missing(reason: str) -> None:
    """Skip the test, or fail it where everything has to be there."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that names this test run: the same one in all of its worker processes."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@pytest.fixture(scope="session")
def server(run_folder: Path) -> Iterator[Server]:
    """The embedded server, one for the whole test run; or STAGING_TEST_SERVER."""
    if programs := os.environ.get("STAGING_TEST_SERVER"):
        with (
            shared_home(run_folder, "other") as home,
            plain_server(home, Path(programs)) as server,
        ):
            yield server
        return
    with shared_home(run_folder, "embedded") as home, embedded(home) as server:
        yield server


@pytest.fixture(scope="session")
def server15(run_folder: Path) -> Iterator[Server]:
    """A PostgreSQL 15: that of STAGING_TEST_URL_15, else Debian's."""
    if url := os.environ.get("STAGING_TEST_URL_15"):
        yield Server(url)
        return
    if not (DEBIAN_15 / "postgres").exists():
        missing(f"no PostgreSQL 15 in {DEBIAN_15} and no STAGING_TEST_URL_15")
    with shared_home(run_folder, "15") as home, plain_server(home, DEBIAN_15) as server:
        yield server


@pytest.fixture
def staging_home(run_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A STAGING_HOME with an empty history of Dagster's."""
    home = tmp_path_factory.mktemp("home")
    copy_history(run_folder, home)
    return home


@pytest.fixture
def database(server: Server, request: pytest.FixtureRequest) -> Iterator[Server]:
    """An empty database of the test's own on the embedded server."""
    with fresh_database(server, one_statement=getattr(request, "param", False)) as fresh:
        yield fresh


@pytest.fixture
def database15(server15: Server) -> Iterator[Server]:
    """An empty database of the test's own on PostgreSQL 15."""
    with fresh_database(server15) as fresh:
        yield fresh


@pytest.fixture
def pooler(server: Server) -> Iterator[Pooler]:
    """Starts a pgbouncer in front of the embedded server."""
    program = shutil.which("pgbouncer")
    if program is None:
        missing("no pgbouncer: apt-get install pgbouncer")
    with pgbouncers(program or "", server) as start:
        yield start


@pytest.fixture
def witness(database: Server) -> Iterator[Connection]:
    """An independent session in autocommit mode: it sees what is committed, and nothing else."""
    with closing(database.connect("witness", autocommit=True)) as connection:
        yield connection
