"""Scripts that call their schema otherwise build what psql makes of them under the real name."""

from __future__ import annotations

import os
import re
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from staging_assets.checks import KINDS, find_checks, run_checks
from staging_assets.errors import BuildError, ProjectError, SettingsError
from staging_assets.model import ScriptFolders, StagingProject
from staging_assets.parser import quote_identifier, quote_name
from staging_assets.postgres import Server, find_psql, find_variables
from staging_assets.project import load_project
from staging_assets.settings import StagingSchema
from staging_assets_tests.support.builds import Rebuild, ask, build, build_all, statuses
from staging_assets_tests.support.called_otherwise import (
    CHECKS,
    RICH,
    SOURCES,
    fill_in,
    write_cleanup,
)
from staging_assets_tests.support.databases import fresh_database
from staging_assets_tests.support.folders import make_project
from staging_assets_tests.support.servers import find_embedded

NAMES = [
    # in the files, what is built, the sources in the database
    pytest.param("mart", "mart", "etl", id="as-it-is"),
    pytest.param("mart", "staging", "etl_north", id="plain"),
    pytest.param('My "Mart"-$1', "dev", "Src-1", id="quoted"),
    pytest.param("Mart", "mart", "etl", id="upper-case"),
    pytest.param("staging", "it's 100% odd", "s'x", id="into-an-odd-one"),
    pytest.param("public", "staging", "etl", id="public"),
]


def run_psql(server: Server, text: str) -> None:
    done = subprocess.run(
        [find_psql(), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-"],
        input=text,
        env={"PATH": os.environ["PATH"], **find_variables(server)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stderr


def dump(server: Server, schema: str) -> str:
    """What pg_dump says of the schema, with the rows of each table in order."""
    done = subprocess.run(
        [find_embedded("pg_dump"), f"--schema={quote_identifier(schema)}"],
        env={"PATH": os.environ["PATH"], **find_variables(server)},
        capture_output=True,
        text=True,
        check=True,
    )
    text = re.sub(r"(?m)^\\(un)?restrict .*\n", "", done.stdout)
    return re.sub(
        r"(?ms)(^COPY [^\n]*;\n)(.*?)(^\\\.$)",
        lambda found: found[1] + "".join(sorted(found[2].splitlines(True))) + found[3],
        text,
    )


def run_by_psql(server: Server, project: StagingProject, files: dict[str, str], built: str) -> None:
    """Run the scripts in the order of the project, with the real names filled in."""
    by_path = {name.lower(): text for name, text in files.items()}
    run_psql(server, f"create schema {quote_name(built)};")
    for node in project.nodes:
        stem = node.removeprefix("stored_procedures/")
        for path in (
            f"create_stored_procedures/{stem}.sql",
            f"create_tables/create-staging-{node}.sql",
            f"populate_tables/demo/populate-staging-{node}.sql",
        ):
            if path in by_path:
                run_psql(server, by_path[path])
        if node == "lookup_kinds":
            rows = project.tables[node].lookup
            assert rows is not None
            values = ", ".join(f"('{code}', $v${value}$v$)" for code, value in rows.rows)
            run_psql(server, f"insert into {quote_name(built)}.lookup_kinds values {values};")


@pytest.mark.parametrize("file", ["staging", "mart"])
def test_files_may_be_called_either_way(tmp_path: Path, file: str) -> None:
    files = fill_in(RICH, "mart", "etl", file=file)
    files[f"populate_tables/demo/{file}-people-cleanup.py"] = write_cleanup("mart")
    folder = make_project(tmp_path, files)
    project = load_project(ScriptFolders(folder, schema_in_files="mart"), "demo")
    expected = "people visits seen lookup_kinds columns hidden"
    assert set(project.tables) == set(expected.split())
    assert set(project.cleanups) == {"people"}
    assert {str(source) for source in project.sources["people"]} == {"etl.people", "etl.colour"}
    assert project.dependencies["visits"] >= {"people", "lookup_kinds"}
    lineage = project.tables["people"].lineage["name"]
    assert {f"{each.relation}.{each.column}" for each in lineage} == {"etl.people.name"}


@pytest.mark.parametrize(("named", "built", "etl"), NAMES)
def test_it_is_what_psql_makes_under_the_real_names(
    named: str, built: str, etl: str, server: Server, tmp_path: Path
) -> None:
    files = fill_in(RICH, named, "etl")
    project = load_project(
        ScriptFolders(make_project(tmp_path / "sql", files), schema_in_files=named, etl_schema=etl),
        "demo",
    )
    real = fill_in(RICH, built, etl, data=named)
    with fresh_database(server) as ours, fresh_database(server) as theirs:
        for each in (ours, theirs):
            run_psql(each, fill_in({"sources": SOURCES}, built, etl)["sources"])
        run_by_psql(theirs, project, real, built)
        expected = dump(theirs, built)
        assert len(expected) > 5_000
        for _ in range(2):
            build_all(ours, project, schema=built)
            assert dump(ours, built) == expected
        again = build(ours, project, schema=built, rebuild=Rebuild.CHANGED)
        restless = {node for node, content in project.contents.items() if content.unsteady}
        for node in project.nodes:  # what reads the catalog is built each time, and what is below
            if not restless.isdisjoint(project.dependencies[node]):
                restless.add(node)
        built_again = {node for node, status in statuses(again).items() if status == "built"}
        assert built_again == restless


@pytest.mark.parametrize(("named", "built", "etl"), NAMES)
def test_checks_and_cleanups_work_under_the_real_names(
    named: str, built: str, etl: str, database: Server, tmp_path: Path
) -> None:
    files = fill_in({**RICH, "staging.yaml": CHECKS}, named, "etl")
    files["populate_tables/demo/staging-people-cleanup.py"] = write_cleanup(named)
    folders = ScriptFolders(make_project(tmp_path, files), schema_in_files=named, etl_schema=etl)
    project = load_project(folders, "demo", KINDS)
    run_psql(database, fill_in({"sources": SOURCES}, built, etl)["sources"])
    for _ in range(2):
        build_all(database, project, schema=built, checks=find_checks(project))
        results = run_checks(database, project, built)
        assert [f"{r.table}:{r.name}: {r.summary}" for r in results if not r.passed] == []
        assert {"schema_matches_scripts", "known_people", "it_is_there"} <= {
            r.name for r in results
        }
        with closing(database.connect("look", autocommit=True)) as connection:
            rows = ask(connection, f"select distinct tidied from {quote_identifier(built)}.people")
            assert rows == 3


def test_a_table_of_another_schema_is_a_source_whatever_that_is_called(
    database: Server, tmp_path: Path
) -> None:
    files = {
        "create_tables/CREATE-mart-x.sql": "create table mart.x (id int);",
        "populate_tables/demo/POPULATE-mart-x.sql": "insert into mart.x select id from staging.x;",
    }
    folder = make_project(tmp_path, files)
    project = load_project(ScriptFolders(folder, schema_in_files="mart"), "demo")
    assert {str(source) for source in project.sources["x"]} == {"staging.x"}
    run_psql(database, "create schema staging; create table staging.x as select 7 as id;")
    with pytest.raises(BuildError, match=r'x reads staging\.x as somebody else.s: .* "mart"'):
        build(database, project, schema="staging")
    build_all(database, project, schema="mart")
    build_all(database, project, schema="dev")
    with closing(database.connect("look", autocommit=True)) as connection:
        assert ask(connection, "select sum(id) from (table mart.x union all table dev.x) t") == 14
        assert ask(connection, "select id from staging.x") == 7


def test_what_is_wrong_is_told_in_the_words_of_the_scripts(tmp_path: Path) -> None:
    files = {
        "create_tables/CREATE-mart-a.sql": "create table mart.b (id int);",
        "create_tables/CREATE-mart-c.sql": "create table c (id int);",
        "populate_tables/demo/POPULATE-mart-d.sql": "insert into mart.d select 1;",
        "populate_tables/lookup/lookup_tables.yaml": "mart.e:\n  columns: [a]\n",
    }
    folder = make_project(tmp_path, files)
    with pytest.raises(ProjectError) as caught:
        load_project(ScriptFolders(folder, schema_in_files="mart"), "demo")
    told = str(caught.value)
    for expected in (
        "creates mart.b, but the file is named for mart.a. Rename the file to CREATE-mart-b.sql",
        "Write mart.c, or declare `search_path: [mart]`",
        "Add create_tables/CREATE-mart-d.sql",
        "Add create_tables/CREATE-mart-e.sql",
    ):
        assert expected in told
    assert "staging" not in told.replace("staging.yaml", "")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"schema_in_files": "etl"}, "schema_in_files: 'etl' is what scripts call the schema of"),
        ({"schema_in_files": "pg_x"}, "schema_in_files: 'pg_x' belongs to Postgres itself"),
        ({"schema_in_files": ""}, "schema_in_files: '' is no name for a schema"),
        ({"etl_schema": "staging"}, "etl_schema: 'staging' is the schema that is built"),
        ({"etl_schema": "dev__build", "schema": "dev"}, "or one of its own"),
        ({"etl_schema": "x" * 64}, "is no name for a schema"),
    ],
)
def test_names_that_contradict_each_other_are_refused(fields: dict[str, str], told: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(told)):
        StagingSchema(**fields)  # type: ignore[arg-type]
