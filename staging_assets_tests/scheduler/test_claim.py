"""Whose a schema is: the database knows, and a run for another department needs a word."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.builder import BuildOptions
from staging_assets.errors import BuildError
from staging_assets.postgres import Server
from staging_assets.project import load_project
from staging_assets.scheduler import run_build
from staging_assets_tests.support.folders import make_project

FILES = {
    "create_tables/CREATE-staging-t.sql": "create table staging.t (who text);",
    **{
        f"populate_tables/{who}/POPULATE-staging-t.sql": f"insert into staging.t values ('{who}');"
        for who in ("north", "south")
    },
}


def build(database: Server, folder: Path, department: str, **options: object) -> None:
    project = load_project(folder, department)
    chosen = replace(BuildOptions(schema="staging", run_id="test"), **options)
    nodes = project.nodes
    results = list(run_build(database, project, nodes, chosen, cancelled=threading.Event()))
    assert {result.status for result in results} == {"built"}


def find_rows(witness: Connection) -> list[str]:
    with witness.cursor() as cursor:
        cursor.execute("select who from staging.t")
        return [who for (who,) in cursor.fetchall()]


def test_another_departments_schema_is_not_built_over(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    folder = make_project(tmp_path, FILES)
    build(database, folder, "north")
    with pytest.raises(BuildError) as caught:
        build(database, folder, "south")
    assert 'department "north"' in str(caught.value)
    assert 'this run is for "south"' in str(caught.value)
    assert "STAGING_TAKE_OVER=1" in str(caught.value)
    assert find_rows(witness) == ["north"]
    build(database, folder, "north")


def test_with_a_word_it_is_taken_over_and_then_belongs_to_the_other(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    folder = make_project(tmp_path, FILES)
    build(database, folder, "north")
    build(database, folder, "south", take_over=True)
    assert find_rows(witness) == ["south"]
    with pytest.raises(BuildError, match='department "south"'):
        build(database, folder, "north")


def test_a_schema_of_its_own_needs_no_word(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    folder = make_project(tmp_path, FILES)
    build(database, folder, "north")
    build(database, folder, "south", schema="south")
    assert find_rows(witness) == ["north"]
