"""What is advised about a circle works: the advice is followed, and the build run twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.errors import ProjectError
from staging_assets.postgres import Server
from staging_assets_tests.support.builds import ask, build_all, load, tables

CLEANUP = "populate_tables/demo/staging-{}-cleanup.py"
KEY = "alter table staging.dept add foreign key (boss) references staging.emp (id)"
DEPT = "create table staging.dept (id int primary key, boss int{});"
EMP = "create table staging.emp (id int primary key, dept int references staging.dept (id));"
FILLED = ("insert into staging.dept values (1, 1);", "insert into staging.emp values (1, 1);")


def find_advice(folder: Path, files: dict[str, str]) -> str:
    with pytest.raises(ProjectError) as caught:
        load(folder, files)
    (problem,) = caught.value.problems
    return problem.todo


def test_keys_on_each_other(database: Server, witness: Connection, tmp_path: Path) -> None:
    circle = tables(
        dept=(DEPT.format(" references staging.emp (id)"), FILLED[0]), emp=(EMP, FILLED[1])
    )
    assert find_advice(tmp_path / "circle", circle) == (
        "Take the foreign key out of dept's CREATE script, and add it with `alter table` in "
        "staging-dept-cleanup.py, which runs after both"
    )
    followed = {
        **tables(dept=(DEPT.format(""), FILLED[0]), emp=(EMP, FILLED[1])),
        CLEANUP.format("dept"): f"def main(pgw):\n    pgw.execute('{KEY}')\n",
    }
    project = load(tmp_path / "followed", followed)
    for _ in range(2):
        build_all(database, project)
        assert ask(
            witness,
            "select array_agg(conname::text order by conname) from pg_constraint"
            " where contype = 'f' and convalidated and connamespace = 'staging'::regnamespace",
        ) == ["dept_boss_fkey", "emp_dept_fkey"]


def test_rows_of_each_other(database: Server, witness: Connection, tmp_path: Path) -> None:
    a = "create table staging.a (id int primary key, n bigint);"
    b = "create table staging.b (id int primary key, a_id int);"
    fill_b = "insert into staging.b select g, id from staging.a, generate_series(1, 3) as g;"
    count = "select count(*) from staging.b"
    circle = tables(a=(a, f"insert into staging.a select 1, ({count});"), b=(b, fill_b))
    assert find_advice(tmp_path / "circle", circle).startswith(
        "Move what a does with the rows of b from its POPULATE script into staging-a-cleanup.py, "
        "which runs after both; or, "
    )
    followed = {
        **tables(a=(a, "insert into staging.a values (1, null);"), b=(b, fill_b)),
        CLEANUP.format("a"): (
            f"def main(pgw):\n    pgw.execute('update staging.a set n = ({count})')\n"
        ),
    }
    project = load(tmp_path / "followed", followed)
    for _ in range(2):
        build_all(database, project)
        assert ask(witness, "select n from staging.a") == 3


def test_an_order_that_is_declared_both_ways(tmp_path: Path) -> None:
    files = {
        **tables(a="create table staging.a (id int);", b="create table staging.b (id int);"),
        "staging.yaml": "dependencies: {a: [b], b: [a]}\n",
    }
    advice = find_advice(tmp_path, files)
    assert advice == "Remove one of them from `dependencies` in staging.yaml"
