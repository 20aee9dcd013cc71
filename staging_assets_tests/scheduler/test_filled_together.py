"""A script that fills two tables: both are built, and published, together."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from staging_assets.postgres.client.server import Server
from staging_assets.scheduler.run import Rebuild
from staging_assets_tests.support.builds import ask, build, build_all, load, tables

SCRIPTS = tables(
    a="create table staging.a (id int);",
    b=(
        "create table staging.b (id int);",
        "with x as (insert into staging.a values (1), (2) returning id)"
        " insert into staging.b select id from x;",
    ),
    c=("create table staging.c (n int);", "insert into staging.c select count(*) from staging.a;"),
)


def count(server: Server) -> list[int]:
    with closing(server.connect("look", autocommit=True)) as connection:
        return [ask(connection, f"select count(*) from staging.{name}") for name in ("a", "b")]


@pytest.mark.parametrize("rebuild", [Rebuild.ALL, Rebuild.MISSING, Rebuild.CHANGED])
@pytest.mark.parametrize("node", ["a", "b"])
def test_whichever_is_selected_both_are_built_once(
    node: str, rebuild: Rebuild, database: Server, tmp_path: Path
) -> None:
    project = load(tmp_path, SCRIPTS)
    first = build_all(database, project)
    assert (first["a"].rows, first["b"].rows) == (2, 2)
    assert first["a"].metadata["published_with"] == ["b"]
    for _ in range(2):
        again = build_all(database, project, [node], rebuild=rebuild)
        assert set(again) == {"a", "b"}
        assert count(database) == [2, 2]


def test_one_that_is_missing_is_built_with_the_other(database: Server, tmp_path: Path) -> None:
    project = load(tmp_path, SCRIPTS)
    build_all(database, project)
    with closing(database.connect("empty", autocommit=True)) as connection:
        ask(connection, "truncate staging.b")
    build_all(database, project, ["b"], rebuild=Rebuild.MISSING)
    assert count(database) == [2, 2]


def test_one_fails_and_both_stay(database: Server, tmp_path: Path) -> None:
    build_all(database, load(tmp_path, SCRIPTS))
    populate = "populate_tables/demo/POPULATE-staging-b.sql"
    bad = SCRIPTS[populate].replace("select id from x", "select 1 / 0 from x")
    found = build(database, load(tmp_path, {**SCRIPTS, populate: bad}))
    assert {found[name].status for name in "abc"} <= {"failed", "skipped"}
    assert "division by zero" in (found["b"].message or "")
    assert count(database) == [2, 2]


def test_the_run_says_so(tmp_path: Path) -> None:
    (note,) = load(tmp_path, SCRIPTS).notes
    assert "POPULATE-staging-b.sql:1:24 fills a as well: a, b are built together" in note


def test_what_stands_between_them_is_built_with_them(database: Server, tmp_path: Path) -> None:
    files = tables(
        a="create table staging.a (id int);",
        c=(
            "create table staging.c (id int);",
            "insert into staging.c select count(*) from staging.a;",
        ),
        b=(
            "create table staging.b (id int);",
            "insert into staging.a select id from staging.c; insert into staging.b values (1);",
        ),
    )
    project = load(tmp_path, files)
    assert project.circles[0].tables == ("a", "c", "b")
    build_all(database, project)
    build_all(database, project, ["c"])
    assert count(database) == [1, 1]
