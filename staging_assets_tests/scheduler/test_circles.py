"""What is advised about a circle works: the advice is followed, and the build run twice."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.errors import Problem, ProjectError
from staging_assets.postgres import Server
from staging_assets_tests.support.builds import ask, build_all, load, tables

CLEANUP = "populate_tables/demo/staging-{}-cleanup.py"
BOSS = "alter table staging.dept add foreign key (boss) references staging.emp (id)"
DEPT = "create table staging.dept (id int primary key, boss int{});"
EMP = "create table staging.emp (id int primary key, dept int references staging.dept (id));"
FILLED = ("insert into staging.dept values (1, 1);", "insert into staging.emp values (1, 1);")
KEYS = (
    "select array_agg(conname::text order by conname) from pg_constraint"
    " where contype = 'f' and convalidated and connamespace = 'staging'::regnamespace"
)


def find_problems(folder: Path, files: dict[str, str]) -> list[Problem]:
    with pytest.raises(ProjectError) as caught:
        load(folder, files)
    return list(caught.value.problems)


def find_advice(folder: Path, files: dict[str, str]) -> str:
    (advice,) = {problem.todo for problem in find_problems(folder, files)}
    return advice


def test_keys_through_a_script_of_functions(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    """The function wants the finished table, so the two tables cannot be published together."""
    function = {
        "create_stored_procedures/first.sql": (
            "create function staging.first_of(staging.dept) returns int language sql"
            " begin atomic select $1.id; end;"
        )
    }
    emp = (EMP, "insert into staging.emp select 1, staging.first_of(dept) from staging.dept;")
    circle = tables(dept=(DEPT.format(" references staging.emp (id)"), FILLED[0]), emp=emp)
    assert find_advice(tmp_path / "circle", {**circle, **function}) == (
        "Take the foreign key out of dept's CREATE script, and add it with `alter table` in "
        "staging-dept-cleanup.py, which runs after both"
    )
    followed = {
        **tables(dept=(DEPT.format(""), FILLED[0]), emp=emp),
        **function,
        CLEANUP.format("dept"): f"def main(pgw):\n    pgw.execute('{BOSS}')\n",
    }
    project = load(tmp_path / "followed", followed)
    for _ in range(2):
        build_all(database, project)
        assert ask(witness, KEYS) == ["dept_boss_fkey", "emp_dept_fkey"]


def test_keys_through_a_cleanup(database: Server, witness: Connection, tmp_path: Path) -> None:
    """The cleanup wants the finished table, and the other table what the cleanup has done."""
    files = {
        **tables(
            dept=(DEPT.format(" references staging.emp (id)"), FILLED[0]),
            emp=(
                "create table staging.emp (id int primary key);",
                "insert into staging.emp values (1), (5);",
            ),
        ),
        CLEANUP.format(
            "dept"
        ): "def main(pgw):\n    pgw.execute('update staging.dept set boss = 5')\n",
        "staging.yaml": "dependencies: {emp: [dept_cleanup]}\n",
    }
    assert find_advice(tmp_path / "circle", files) == (
        "Take the foreign key out of dept's CREATE script, and add it with `alter table` in "
        "staging-emp-cleanup.py, which runs after both"
    )
    followed = {
        **files,
        **tables(dept=(DEPT.format(""), FILLED[0])),
        CLEANUP.format("emp"): f"def main(pgw):\n    pgw.execute('{BOSS}')\n",
    }
    project = load(tmp_path / "followed", followed)
    for _ in range(2):
        build_all(database, project)
        assert ask(witness, "select boss from staging.dept") == 5
        assert ask(witness, KEYS) == ["dept_boss_fkey"]


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


def test_every_circle_is_told_and_every_advice_works(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    create = "create table staging.{} (id int primary key, n bigint);"
    count = "(select count(*) from staging.{})"
    circles = tables(
        a=(create.format("a"), f"insert into staging.a select 1, {count.format('b')};"),
        b=(
            create.format("b"),
            f"insert into staging.b select id, n + {count.format('c')} from staging.a;",
        ),
        c=(create.format("c"), f"insert into staging.c select 7, {count.format('b')};"),
        d="create table staging.d (id int references staging.e);",
        e="create table staging.e (id int primary key, d int);",
    )
    problems = find_problems(tmp_path / "circles", circles)
    assert [problem.what.partition(": ")[2].partition(":")[0] for problem in problems] == [
        "a -> b -> a",
        "b -> c -> b",
    ]
    assert [problem.todo.partition(" from its")[0] for problem in problems] == [
        "Move what a does with the rows of b",
        "Move what b does with the rows of c",
    ]
    followed = {
        **circles,
        **tables(
            a=(create.format("a"), "insert into staging.a values (1, 0);"),
            b=(create.format("b"), "insert into staging.b select id, n from staging.a;"),
        ),
        CLEANUP.format("a"): (
            f"def main(pgw):\n    pgw.execute('update staging.a set n = {count.format('b')}')\n"
        ),
        CLEANUP.format("b"): (
            f"def main(pgw):\n    pgw.execute('update staging.b set n = n + {count.format('c')}')\n"
        ),
    }
    project = load(tmp_path / "followed", followed)
    for _ in range(2):
        build_all(database, project)
        assert ask(witness, "select a.n, b.n, c.n from staging.a, staging.b, staging.c") == [
            (1, 1, 1)
        ]


def test_of_thousands_of_circles_twenty_are_told(tmp_path: Path) -> None:
    names = [f"t{number:02}" for number in range(30)]
    files = tables(
        **{
            name: (
                f"create table staging.{name} (id int);",
                f"insert into staging.{name} select 1 from "
                + ", ".join(f"staging.{other}" for other in names if other != name),
            )
            for name in names
        }
    )
    began = time.monotonic()
    assert len(find_problems(tmp_path, files)) == 20
    assert time.monotonic() - began < 10


def test_an_order_that_was_declared_for_a_circle_of_keys_is_passed_over(tmp_path: Path) -> None:
    circle = tables(
        dept=(DEPT.format(" references staging.emp (id)"), FILLED[0]), emp=(EMP, FILLED[1])
    )
    for declared in ("dept: [emp]", "emp: [dept]", "dept: [emp], emp: [dept]"):
        files = {**circle, "staging.yaml": f"dependencies: {{{declared}}}\n"}
        project = load(tmp_path / declared, files)
        assert [each.tables for each in project.circles] == [("dept", "emp")]
        assert len(project.notes) == declared.count(":")
    assert project.notes[0].endswith(
        "staging.yaml:1:23: foreign keys lead from dept to emp and back, so they are built "
        "together; which comes first need not be declared"
    )
    # An order that only the declaration gives is kept where the rows need it.
    reads = "insert into staging.{} select 1, count(*) from staging.{};"
    files = {
        **tables(
            dept=(DEPT.format(" references staging.emp (id)"), reads.format("dept", "emp")),
            emp=(EMP, reads.format("emp", "dept")),
        ),
        "staging.yaml": "dependencies: {dept: [emp]}\n",
    }
    project = load(tmp_path / "needed", files)
    assert [each.tables for each in project.circles] == [("emp", "dept")]
    assert project.notes == ()
