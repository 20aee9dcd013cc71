"""Trees whose files hold several tables, or keys and indexes apart: as psql makes them."""

from __future__ import annotations

import os
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from staging_assets.postgres.client.server import Server
from staging_assets.postgres.psql import find_variables
from staging_assets.project.load import load_project
from staging_assets_tests.end_to_end.test_same_as_psql import run_psql
from staging_assets_tests.support.builds import ask, build_all
from staging_assets_tests.support.databases import fresh_database
from staging_assets_tests.support.dumps import check_same, dump
from staging_assets_tests.support.servers import find_embedded

DATA = Path(__file__).parents[1] / "data" / "several"


def write_dump(server: Server, path: Path, *options: str) -> None:
    """An untouched dump of the schema, as pg_dump writes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [find_embedded("pg_dump"), "--schema=staging", *options, "-f", path],
        env={"PATH": os.environ["PATH"], **find_variables(server)},
        check=True,
    )


@pytest.fixture(params=["server", "server15"])
def either(request: pytest.FixtureRequest) -> Server:
    server = request.getfixturevalue(request.param)
    assert isinstance(server, Server)
    return server


def test_a_dump_builds_from_its_one_file(either: Server, tmp_path: Path) -> None:
    folder = tmp_path / "sql"
    with fresh_database(either) as ours, fresh_database(either) as theirs:
        run_psql(theirs, DATA / "rich.sql")
        write_dump(theirs, folder / "create_tables" / "rich.sql")
        expected = dump(theirs)
        project = load_project(folder, "demo")
        build_all(ours, project)
        check_same(dump(ours), expected)
        build_all(ours, project)
        check_same(dump(ours), expected)
        build_all(ours, project, ["people", "pets", "visits"])
        check_same(dump(ours), expected)


def test_a_dump_builds_into_another_schema(database: Server, tmp_path: Path) -> None:
    folder = tmp_path / "sql"
    run_psql(database, DATA / "rich.sql")
    write_dump(database, folder / "create_tables" / "rich.sql")
    expected = dump(database)
    with closing(database.connect("rename", autocommit=True)) as connection:
        ask(connection, "drop schema staging cascade")
        build_all(database, load_project(folder, "demo"), schema="north")
        ask(connection, "alter schema north rename to staging")
    check_same(dump(database).replace("north", "staging"), expected)


def test_keys_and_indexes_in_files_of_their_own_go_to_their_tables(
    either: Server, tmp_path: Path
) -> None:
    project = load_project(DATA / "omop", "demo")
    with fresh_database(either) as ours, fresh_database(either) as theirs:
        with closing(theirs.connect("schema", autocommit=True)) as connection:
            ask(connection, "create schema staging")
        names = ("ddl", "primary_keys", "constraints", "indices")
        scripts = [DATA / "omop/create_tables" / f"OMOPCDM_postgresql_{name}.sql" for name in names]
        scripts += [
            DATA / "omop/populate_tables/demo" / f"POPULATE-staging-{name}.sql"
            for name in ("concept", "person", "visit_occurrence")
        ]
        for number, script in enumerate(scripts):
            sent = tmp_path / f"{number}.sql"
            sent.write_text(script.read_text().replace("@cdmDatabaseSchema", "staging"))
            run_psql(theirs, sent)
        expected = dump(theirs)
        for _ in range(2):
            build_all(ours, project)
            check_same(dump(ours), expected)
