"""Trees whose files hold several tables, or keys and indexes apart: as psql makes them."""

from __future__ import annotations

import os
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from staging_assets.checks import KINDS
from staging_assets.postgres.client.server import Server
from staging_assets.postgres.psql import find_variables
from staging_assets.project.load import load_project
from staging_assets.settings import read_settings
from staging_assets_tests.end_to_end.test_same_as_psql import run_psql
from staging_assets_tests.support.builds import ask, build_all
from staging_assets_tests.support.databases import fresh_database
from staging_assets_tests.support.dumps import check_same, dump
from staging_assets_tests.support.servers import find_embedded

DATA = Path(__file__).parents[1] / "data" / "several"
RICH = (DATA / "rich.sql", *sorted((DATA.parent / "dumps").iterdir()))


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


@pytest.mark.parametrize("rich", RICH, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_dump_builds_from_its_one_file(rich: Path, either: Server, tmp_path: Path) -> None:
    folder = tmp_path / "sql"
    with fresh_database(either) as ours, fresh_database(either) as theirs:
        run_psql(theirs, rich)
        write_dump(theirs, folder / "create_tables" / "rich.sql")
        expected = dump(theirs)
        project = load_project(folder, "demo")
        build_all(ours, project)
        check_same(dump(ours), expected)
        build_all(ours, project)
        check_same(dump(ours), expected)
        build_all(ours, project, [*sorted(project.tables)[-6:]])
        check_same(dump(ours), expected)


@pytest.mark.parametrize("rich", RICH, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_dump_builds_into_another_schema(rich: Path, database: Server, tmp_path: Path) -> None:
    folder = tmp_path / "sql"
    run_psql(database, rich)
    write_dump(database, folder / "create_tables" / "rich.sql", "--clean", "--if-exists")
    expected = dump(database)
    with closing(database.connect("drop", autocommit=True)) as connection:
        ask(connection, "drop schema staging cascade")
    project = load_project(folder, "demo")
    for nodes in (None, [*sorted(project.tables)[-6:]]):
        build_all(database, project, nodes, schema="north")
        check_same(dump_as_staging(database, "north"), expected)


@pytest.mark.parametrize("schema", ["staging", "north"])
def test_keys_and_indexes_in_files_of_their_own_go_to_their_tables(
    schema: str, either: Server, tmp_path: Path
) -> None:
    project = load_project(DATA / "omop", "demo")
    assert [{*circle.tables} for circle in project.circles] == [{"concept", "domain", "vocabulary"}]
    with fresh_database(either) as ours, fresh_database(either) as theirs:
        with closing(theirs.connect("schema", autocommit=True)) as connection:
            ask(connection, "create schema staging")
        # By psql, circles need their rows before their keys.
        first = ("ddl", "primary_keys", "indices")
        scripts = [DATA / "omop/create_tables" / f"OMOPCDM_postgresql_{name}.sql" for name in first]
        scripts += [
            DATA / "omop/populate_tables/demo" / f"POPULATE-staging-{name}.sql"
            for name in (
                *("concept", "domain", "vocabulary", "concept_synonym"),
                *("person", "visit_occurrence"),
            )
        ]
        scripts.append(DATA / "omop/create_tables/OMOPCDM_postgresql_constraints.sql")
        for number, script in enumerate(scripts):
            sent = tmp_path / f"{number}.sql"
            sent.write_text(script.read_text().replace("@cdmDatabaseSchema", "staging"))
            run_psql(theirs, sent)
        expected = dump(theirs)
        for nodes in (None, None, ["concept", "domain", "vocabulary"], ["person"]):
            build_all(ours, project, nodes, schema=schema)
            check_same(dump_as_staging(ours, schema), expected)


FOLDERS = Path(__file__).parents[1] / "data" / "folders"


@pytest.mark.parametrize("schema", ["staging", "north"])
def test_a_luigi_tree_in_two_repositories(schema: str, either: Server) -> None:
    """A public one, and a private one of a department; the name in the files is mart."""
    public, private = FOLDERS / "public", FOLDERS / "private"
    value = read_settings(
        {
            "STAGING_SQL_DIR": str(private),
            "STAGING_CREATE_DIR": f"{private / 'tables'}:{public / 'schemas' / 'tables'}",
            "STAGING_PROCEDURES_DIR": f"{private / 'functions'}:{public / 'schemas' / 'functions'}",
            "STAGING_POPULATE_DIR": f"{private / 'fill'}:{public / 'fill'}",
            "STAGING_LOOKUP_FILE": f"{public / 'lookups.yaml'}:{private / 'more lookups.yaml'}",
            "STAGING_SCHEMA_IN_FILES": "mart",
            "STAGING_DEPARTMENT": "north",
        }
    )
    project = load_project(value, "north", KINDS)
    assert {other.partition("/folders/")[2] for _, other in project.shadowed} == {
        "public/schemas/tables/CREATE-mart-dogs.sql",
        "public/schemas/functions/ages.sql",
        "public/fill/north/POPULATE-mart-walks.sql",
    }
    with fresh_database(either) as ours, fresh_database(either) as theirs:
        for server in (ours, theirs):
            run_psql(server, FOLDERS / "etl.sql")
        run_psql(theirs, FOLDERS / "by_psql.sql", FOLDERS)
        expected = dump(theirs).replace("mart", "staging")  # in bodies of functions
        assert "long_walk" in expected
        for nodes in (None, None, ["dogs", "walks"]):
            build_all(ours, project, nodes, schema=schema)
            check_same(dump_as_staging(ours, schema), expected)


def dump_as_staging(server: Server, schema: str) -> str:
    """What pg_dump says of a schema, under the name of psql's."""
    if schema == "staging":
        return dump(server)
    with closing(server.connect("rename", autocommit=True)) as connection:
        ask(connection, f"alter schema {schema} rename to staging")
        found = dump(server).replace(schema, "staging")
        ask(connection, f"alter schema staging rename to {schema}")
    return found
