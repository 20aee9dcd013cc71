"""A Citus cluster for tests: one that is named, or a Postgres whose functions note their calls."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from staging_assets.model import StagingProject
from staging_assets.postgres.client.server import Server
from staging_assets_tests.support.builds import ask, build_all
from staging_assets_tests.support.databases import fresh_database, refuse_several_statements

URL = "STAGING_TEST_CITUS_URL"
_PAGE = Path(__file__).parents[2] / "docs" / "scale-out.md"
_EXTENSION = Path(__file__).parents[1] / "data" / "citus" / "extension"
_FILE = re.compile(r"`sql/([^`]+)`:\n\n```\w+\n(.*?)```", re.DOTALL)
_WITH_FOLDERS = 180000
"""The version since which extensions may lie in any folder."""


@dataclass(frozen=True)
class Cluster:
    """A coordinator, and a schema of one's own on it.

    Args:
        server: the coordinator.
        schema: to be built; nothing of that name is there.
        real: whether it is one.
    """

    server: Server
    schema: str
    real: bool

    def build(self, project: StagingProject, schema: str = "", **options: Any) -> None:
        """Build a folder of scripts, and take nothing but success."""
        build_all(self.server, project, schema=schema or self.schema, **options)

    def ask(self, query: str) -> Any:
        """Ask an independent session, in which `staging` means the schema that is built."""
        with closing(self.server.connect("witness", autocommit=True)) as connection:
            return ask(connection, query.replace("staging", self.schema))


def read_example() -> dict[str, str]:
    """The files of the example in the documentation."""
    return dict(_FILE.findall(_PAGE.read_text(encoding="utf-8")))


@contextmanager
def noting_cluster(server: Server) -> Iterator[Cluster]:
    """A Postgres 18 with an extension `citus` that only notes what it is told (`data/citus`)."""
    # The server reads it, and may not read the folder of the project.
    folder = Path(tempfile.mkdtemp(prefix="staging-assets-tests-citus-"))
    try:
        shutil.copytree(_EXTENSION, folder / "extension")
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755)
        with fresh_database(server) as database:
            with closing(database.connect("tests", autocommit=True)) as connection:
                if connection.server_version < _WITH_FOLDERS:
                    pytest.skip("extensions in a folder of one's own need PostgreSQL 18")
                ask(connection, f"set extension_control_path = '{folder}:$system'")
                ask(connection, "create extension citus")
            refuse_several_statements(database)
            yield Cluster(database, "staging", real=False)
    finally:
        shutil.rmtree(folder)


@contextmanager
def real_cluster() -> Iterator[Cluster]:
    """The cluster that is named; what a test has made there is dropped."""
    server = Server(os.environ[URL])
    schema = f"staging_{uuid.uuid4().hex[:8]}"
    try:
        yield Cluster(server, schema, real=True)
    finally:
        with closing(server.connect("tests", autocommit=True)) as connection:
            rows = ask(
                connection,
                "select quote_ident(nspname), null from pg_namespace"
                f" where left(nspname, {len(schema)}) = '{schema}'",
            )
            for name, _ in rows:
                ask(connection, f"drop schema if exists {name} cascade")
