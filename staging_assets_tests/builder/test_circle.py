"""Tables that reference each other: built side by side, published in one transaction."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.checks import Check, find_checks, is_late, run_checks
from staging_assets.errors import ProjectError
from staging_assets.model import StagingProject
from staging_assets.postgres import Server
from staging_assets_tests.support.builds import (
    Log,
    Rebuild,
    ask,
    build,
    build_all,
    leftovers,
    load,
    statuses,
    tables,
)
from staging_assets_tests.support.databases import fresh_database
from staging_assets_tests.support.dumps import check_same, dump

DEPT = "create table staging.dept (id int primary key, boss int references staging.emp (id){});"
EMP = "create table staging.emp (id int primary key, dept int not null references staging.dept);"
PAIR = tables(
    dept=(DEPT.format(""), "insert into staging.dept values (1, 1), (2, null);"),
    emp=(EMP, "insert into staging.emp values (1, 1), (2, 1);"),
)
KEYS = (
    "select array(select conname || ': ' || pg_get_constraintdef(oid) ||"
    " case when convalidated then '' else ' (not validated)' end"
    " from pg_constraint where contype = 'f' and connamespace = 'staging'::regnamespace"
    " order by conname)"
)
OF_PAIR = [
    "dept_boss_fkey: FOREIGN KEY (boss) REFERENCES staging.emp(id)",
    "emp_dept_fkey: FOREIGN KEY (dept) REFERENCES staging.dept(id)",
]


def changed(files: Mapping[str, str], old: str, new: str) -> dict[str, str]:
    """The same files with something else in them."""
    found = {name: text.replace(old, new) for name, text in files.items()}
    assert found != files
    return found


def checks_of(project: StagingProject) -> Mapping[str, list[Check]]:
    found = find_checks(project)
    return {node: [each for each in found[node] if not is_late(each)] for node in found}


def test_two_tables_are_built_again_and_again(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    project = load(tmp_path, PAIR)
    for turn in range(3):
        log = Log()
        results = build_all(database, project, workers=turn + 1, log=log)
        assert [results[name].rows for name in ("dept", "emp")] == [2, 2]
        assert ask(witness, KEYS) == OF_PAIR
        assert leftovers(witness) == []
        assert "warning" not in log.text
    assert ask(witness, "select count(*) from pg_namespace where nspname like 'staging__o%'") == 0


SHAPES: dict[str, tuple[dict[str, str], str]] = {
    "three": (
        tables(
            a="create table staging.a (id int primary key, b int references staging.b (id));",
            b="create table staging.b (id int primary key, c int references staging.c (id));",
            c="create table staging.c (id int primary key, a int references staging.a (id));",
        ),
        "create table staging.a (id int primary key, b int);"
        "create table staging.b (id int primary key, c int);"
        "create table staging.c (id int primary key, a int);"
        "alter table staging.a add foreign key (b) references staging.b;"
        "alter table staging.b add foreign key (c) references staging.c;"
        "alter table staging.c add foreign key (a) references staging.a;",
    ),
    "two circles that share a table": (
        tables(
            a="create table staging.a (id int primary key, b int references staging.b,"
            " c int references staging.c (id));",
            b="create table staging.b (id int primary key, a int references staging.a);",
            c="create table staging.c (id int unique, a int references staging.a, c int,"
            " foreign key (c) references staging.c (id));",
        ),
        "create table staging.a (id int primary key, b int, c int);"
        "create table staging.b (id int primary key, a int);"
        "create table staging.c (id int unique, a int, c int);"
        "alter table staging.a add foreign key (b) references staging.b;"
        "alter table staging.a add foreign key (c) references staging.c (id);"
        "alter table staging.b add foreign key (a) references staging.a;"
        "alter table staging.c add foreign key (a) references staging.a;"
        "alter table staging.c add foreign key (c) references staging.c (id);",
    ),
    "keys added behind": (
        tables(
            a="drop table if exists staging.a cascade;\n"
            "create table staging.a (id int, x int, y int, constraint a_id primary key (id));\n"
            "alter table only staging.a add constraint to_b foreign key (x, y) references"
            " staging.b (x, y) match full on delete set null on update cascade deferrable"
            " not valid;\n"
            "comment on constraint to_b on staging.a is 'wanted';\n"
            "alter table staging.a validate constraint to_b;\n"
            "alter table staging.a add column z int references staging.b (z) not null default 3,"
            " add constraint positive check (x > 0);\n"
            "create index on staging.a (z);",
            b="drop table if exists staging.b cascade;\n"
            "create table staging.b (x int, y int, z int unique, a int, primary key (x, y));\n"
            "alter table staging.b add foreign key (a) references staging.a;",
        ),
        "create table staging.a (id int, x int, y int, constraint a_id primary key (id),"
        " z int not null default 3, constraint positive check (x > 0));"
        "create table staging.b (x int, y int, z int unique, a int, primary key (x, y));"
        "alter table staging.a add constraint to_b foreign key (x, y) references staging.b"
        " match full on delete set null on update cascade deferrable;"
        "comment on constraint to_b on staging.a is 'wanted';"
        "alter table staging.a add foreign key (z) references staging.b (z);"
        "alter table staging.b add foreign key (a) references staging.a;"
        "create index on staging.a (z);",
    ),
    "names that want quotes": (
        tables(
            **{
                "order": 'create table staging."order" (id int primary key, "Line" int'
                ' constraint "The Line" references staging."line up" ("Id") on delete cascade);',
                "line up": 'create table staging."line up" ("Id" int primary key,'
                ' "order" int references staging."order");',
            }
        ),
        'create table staging."order" (id int primary key, "Line" int);'
        'create table staging."line up" ("Id" int primary key, "order" int);'
        'alter table staging."order" add constraint "The Line" foreign key ("Line")'
        ' references staging."line up" on delete cascade;'
        'alter table staging."line up" add foreign key ("order") references staging."order";',
    ),
    "partitions and types": (
        tables(
            a="create type staging.kind as enum ('x', 'y');\n"
            "create table staging.a (kind staging.kind, id serial, b int references staging.b,"
            " primary key (kind, id)) partition by list (kind);\n"
            "create table staging.a_x partition of staging.a for values in ('x');",
            b="create table staging.b (id int primary key, kind staging.kind, a int,"
            " foreign key (kind, a) references staging.a);",
        ),
        "create type staging.kind as enum ('x', 'y');"
        "create table staging.a (kind staging.kind, id serial, b int, primary key (kind, id))"
        " partition by list (kind);"
        "create table staging.a_x partition of staging.a for values in ('x');"
        "create table staging.b (id int primary key, kind staging.kind, a int);"
        "alter table staging.a add foreign key (b) references staging.b;"
        "alter table staging.b add foreign key (kind, a) references staging.a;",
    ),
    "a view and a read table between": (
        tables(
            a=(
                "create table staging.a (id int primary key, z int references staging.z);",
                "insert into staging.a select n, n from generate_series(1, 3) as n;",
            ),
            b="create view staging.b as select id, id + 1 as next from staging.a;",
            z=(
                "create table staging.z (id int primary key, next int);",
                "insert into staging.z select id, next from staging.b;",
            ),
        ),
        "create table staging.a (id int primary key, z int);"
        "create view staging.b as select id, id + 1 as next from staging.a;"
        "create table staging.z (id int primary key, next int);"
        "insert into staging.a select n, n from generate_series(1, 3) as n;"
        "insert into staging.z select id, next from staging.b;"
        "alter table staging.a add foreign key (z) references staging.z;",
    ),
    "names that Postgres makes up": (
        tables(
            officer=(
                "create table staging.officer (id serial primary key, roles_id serial unique,"
                " role int references staging.officer_roles);",
                "insert into staging.officer (role) values (1), (2);",
            ),
            officer_roles=(
                "create table staging.officer_roles (id serial primary key,"
                " officer int references staging.officer);",
                "insert into staging.officer_roles (officer) values (1), (1), (2);",
            ),
        ),
        "create table staging.officer (id serial primary key, roles_id serial unique, role int);"
        "create table staging.officer_roles (id serial primary key, officer int);"
        "insert into staging.officer (role) values (1), (2);"
        "insert into staging.officer_roles (officer) values (1), (1), (2);"
        "alter table staging.officer add foreign key (role) references staging.officer_roles;"
        "alter table staging.officer_roles add foreign key (officer) references staging.officer;",
    ),
}
"""Folders whose tables reference each other, and what one would have to type into psql."""


@pytest.fixture(params=["server", "server15"])
def either(request: pytest.FixtureRequest) -> Server:
    server = request.getfixturevalue(request.param)
    assert isinstance(server, Server)
    return server


@pytest.mark.parametrize("shape", SHAPES)
def test_the_schema_is_what_psql_makes_in_two_steps(
    either: Server, tmp_path: Path, shape: str
) -> None:
    files, by_hand = SHAPES[shape]
    project = load(tmp_path, files)
    assert [sorted(circle.tables) for circle in project.circles] == [sorted(project.tables)]
    with fresh_database(either) as ours, fresh_database(either) as theirs:
        with closing(theirs.connect("by hand", autocommit=True)) as connection:
            ask(connection, f"create schema staging; {by_hand}")
        for _ in range(2):
            build_all(ours, project)
            check_same(dump(ours), dump(theirs))
            with closing(ours.connect("checks", autocommit=True)) as connection:
                assert leftovers(connection) == []
        found = run_checks(ours, project, "staging")
        assert [f"{check.name}: {check.summary}" for check in found if not check.passed] == []


def test_rows_that_break_a_key_within_the_circle_publish_nothing(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    build_all(database, load(tmp_path / "old", PAIR))
    broken = changed(PAIR, "(2, 1)", "(2, 7)")
    results = build(database, load(tmp_path / "new", broken))
    assert statuses(results) == {"dept": "failed", "emp": "failed"}
    message = str(results["emp"].message)
    assert "CREATE-staging-emp.sql: foreign key emp_dept_fkey of staging.emp" in message
    assert "Nothing was published." in message
    assert "staging__build" not in message
    assert "(7)" not in message
    assert results["dept"].message == (
        "dept: it is published together with emp, which was not built"
    )
    broken = changed(PAIR, "(1, 1), (2, null)", "(1, 9)")
    results = build(database, load(tmp_path / "boss", broken))
    message = str(results["dept"].message)
    assert "CREATE-staging-dept.sql:1:57: foreign key dept_boss_fkey of staging.dept" in message
    assert ask(witness, "select array_agg(dept order by id) from staging.emp") == [1, 1]
    assert ask(witness, KEYS) == OF_PAIR
    assert leftovers(witness) == []


def test_one_that_fails_keeps_all_as_they_were(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    files = {
        **PAIR,
        **tables(
            after=(
                "create table staging.after (n int);",
                "insert into staging.after select count(*) from staging.dept;",
            )
        ),
    }
    build_all(database, load(tmp_path / "old", files))
    before = ask(witness, "select array['staging.dept'::regclass::oid, 'staging.emp'::regclass]")
    broken = changed(files, "(2, 1);", "(2, 1), ('x', 1);")
    results = build(database, load(tmp_path / "new", broken))
    assert statuses(results) == {"dept": "failed", "emp": "failed", "after": "skipped"}
    assert "POPULATE-staging-emp.sql:1:" in str(results["emp"].message)
    after = ask(witness, "select array['staging.dept'::regclass::oid, 'staging.emp'::regclass]")
    assert after == before
    # The next run needs no repair.
    build_all(database, load(tmp_path / "again", files))


def test_checks_look_at_the_new_partner_and_one_holds_back_all(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    declared = (
        "checks:\n"
        "  dept:\n"
        "    - relationship: {column: boss, to: emp.id}\n"
        "    - sql: select 1 from staging.emp having count(*) < 2\n"
        "      name: two_people\n"
        "  emp:\n"
        "    - relationship: {column: dept, to: dept.id}\n"
        "    - min_rows: 2\n"
    )
    project = load(tmp_path / "old", {**PAIR, "staging.yaml": declared})
    results = build_all(database, project, checks=checks_of(project))
    assert [check.passed for name in ("dept", "emp") for check in results[name].checks] == [
        True
    ] * len([*results["dept"].checks, *results["emp"].checks])
    assert len(results["dept"].checks) == 3
    fewer = {**changed(PAIR, "(1, 1), (2, 1)", "(1, 1)"), "staging.yaml": declared}
    project = load(tmp_path / "new", fewer)
    results = build(database, project, checks=checks_of(project))
    assert statuses(results) == {"dept": "failed", "emp": "failed"}
    for name in ("dept", "emp"):
        assert str(results[name].message).startswith(f"{name}: ")
        assert [check.passed for check in results[name].checks].count(False) == 1
    assert ask(witness, "select count(*) from staging.emp") == 2


def test_a_member_alone_is_refused_by_name_until_its_partners_exist(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    project = load(tmp_path, PAIR)
    for name, partner in (("dept", "emp"), ("emp", "dept")):
        results = build(database, project, ["schema", name])
        assert results[name].status == "failed"
        assert results[name].message == (
            f"{name}: it references {partner}, which is not there yet, and foreign keys lead back "
            "from there. Build them together: select staging/dept,staging/emp."
        )
    assert ask(witness, "select count(*) from pg_class where relname in ('dept', 'emp')") == 0
    build_all(database, project)
    partner_before = ask(witness, "select 'staging.emp'::regclass::oid")
    for name in ("dept", "emp"):
        assert statuses(build_all(database, project, [name])) == {name: "built"}
        assert ask(witness, KEYS) == OF_PAIR
        if name == "dept":
            assert ask(witness, "select 'staging.emp'::regclass::oid") == partner_before
    # Rows that its partner needs cannot go.
    fewer = load(tmp_path / "fewer", changed(PAIR, "(1, 1), (2, null)", "(2, null)"))
    result = build(database, fewer, ["dept"])["dept"]
    assert "2 rows of staging.emp (dept) have no row in the new dept" in str(result.message)
    assert ask(witness, KEYS) == OF_PAIR


def test_two_of_three_are_built_against_the_third(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    project = load(tmp_path, SHAPES["three"][0])
    build_all(database, project)
    before = ask(witness, "select 'staging.c'::regclass::oid")
    assert statuses(build_all(database, project, ["a", "b"])) == {"a": "built", "b": "built"}
    assert ask(witness, "select 'staging.c'::regclass::oid") == before
    assert len(ask(witness, KEYS)) == 3
    assert all("not validated" not in key for key in ask(witness, KEYS))


def test_what_hangs_on_them_is_carried_over(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    project = load(tmp_path, PAIR)
    build_all(database, project)
    ask(
        witness,
        "create schema reports;"
        "create view reports.bosses as select d.id, e.id as boss from staging.dept d"
        " join staging.emp e on e.id = d.boss;"
        "create materialized view reports.sizes as select d.id, count(*) as people"
        " from staging.dept d join staging.emp e on e.dept = d.id group by 1;"
        "create table reports.notes (dept int references staging.dept, emp int references"
        " staging.emp (id) on delete cascade); insert into reports.notes values (2, 2);"
        "create role circle_reader; grant select on staging.dept, reports.bosses to circle_reader;"
        "grant select (dept) on staging.emp to circle_reader;"
        "comment on table staging.emp is 'people'; comment on column staging.dept.boss is 'who'",
    )
    try:
        more = changed(PAIR, "(2, 1);", "(2, 1), (3, 2);")
        build_all(database, load(tmp_path / "more", more))
        assert ask(witness, "select people from reports.sizes where id = 2") == 1
        assert ask(witness, "select boss from reports.bosses") == 1
        assert ask(
            witness,
            "select bool_and(convalidated) and count(*) = 2 from pg_constraint"
            " where contype = 'f' and conrelid = 'reports.notes'::regclass",
        )
        assert ask(
            witness,
            "select has_table_privilege('circle_reader', 'staging.dept', 'select')"
            " and has_column_privilege('circle_reader', 'staging.emp', 'dept', 'select')"
            " and not has_table_privilege('circle_reader', 'staging.emp', 'select')",
        )
        assert ask(witness, "select obj_description('staging.emp'::regclass)") == "people"
        assert ask(witness, KEYS) == OF_PAIR
        # Rows that somebody outside needs cannot go, and then nothing changes.
        gone = load(tmp_path / "gone", changed(PAIR, "(1, 1), (2, 1)", "(1, 1)"))
        results = build(database, gone)
        assert statuses(results) == {"dept": "failed", "emp": "failed"}
        told = str(results["dept"].message) + str(results["emp"].message)
        assert "1 rows of reports.notes (emp) have no row in the new emp" in told
        assert ask(witness, "select count(*) from staging.emp") == 3
    finally:
        ask(witness, "drop schema reports cascade; drop owned by circle_reader")
        ask(witness, "drop role circle_reader")


def test_readers_never_miss_a_partner(database: Server, tmp_path: Path) -> None:
    """Each turn gives all rows other keys: a mixture of two turns would have no partners."""
    fill = "insert into staging.{0} select n + t, n + t from generate_series(1, 500) n, public.t;"
    project = load(
        tmp_path,
        tables(
            dept=(DEPT.format(" deferrable"), fill.format("dept")),
            emp=(EMP, fill.format("emp")),
        ),
    )
    missed, read, done = [], [], threading.Event()

    def look() -> None:
        with closing(database.connect("reader", autocommit=True)) as connection:
            while not done.is_set():
                found = ask(
                    connection,
                    "select count(*), count(d.id) from staging.emp e"
                    " left join staging.dept d on d.id = e.dept",
                )
                read.append(1)
                missed.extend([] if found == [(500, 500)] else found)

    with closing(database.connect("turns", autocommit=True)) as turns:
        ask(turns, "create table public.t (t int); insert into public.t values (0)")
        build_all(database, project)
        readers = [threading.Thread(target=look) for _ in range(3)]
        for reader in readers:
            reader.start()
        try:
            for _ in range(4):
                ask(turns, "update public.t set t = t + 1000")
                build_all(database, project)
        finally:
            done.set()
            for reader in readers:
                reader.join()
    assert len(read) > 20
    assert missed == []


def test_missing_and_changed_and_empty(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    project = load(tmp_path / "one", PAIR)
    build_all(database, project, create_only=True)
    assert ask(witness, "select count(*) from staging.dept") == 0
    assert ask(witness, KEYS) == OF_PAIR
    results = build_all(database, project, create_only=True)
    assert statuses(results) == {"dept": "unchanged", "emp": "unchanged"}
    results = build_all(database, project, rebuild=Rebuild.MISSING)
    assert statuses(results) == {"dept": "built", "emp": "built"}
    results = build_all(database, project, rebuild=Rebuild.MISSING)
    assert statuses(results) == {"dept": "unchanged", "emp": "unchanged"}
    ask(witness, "drop table staging.dept cascade")
    results = build_all(database, project, rebuild=Rebuild.MISSING)
    assert statuses(results) == {"dept": "built", "emp": "unchanged"}
    assert ask(witness, KEYS) == OF_PAIR[:1]
    build_all(database, project)
    results = build_all(database, project, rebuild=Rebuild.CHANGED)
    assert statuses(results) == {"dept": "unchanged", "emp": "unchanged"}
    for old, new in (("(2, null)", "(2, 2)"), ("(2, 1);", "(2, 2);")):
        project = load(tmp_path / new, changed(PAIR, old, new))
        results = build_all(database, project, rebuild=Rebuild.CHANGED)
        assert statuses(results) == {"dept": "built", "emp": "built"}


BOSS = (
    "create function staging.boss_of(wanted int) returns int language plpgsql stable as"
    " $$ begin return (select min(id) from staging.emp where dept = wanted); end $$;"
)


def test_where_a_function_reads_a_partner_all_are_filled_in_place(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    files = {
        **tables(
            dept=(
                DEPT.format(" deferrable initially deferred"),
                "insert into staging.dept select id, staging.boss_of(id)"
                " from generate_series(1, 2) as id;",
            ),
            emp=(
                EMP.replace("staging.dept)", "staging.dept deferrable initially deferred)"),
                "insert into staging.emp values (1, 2), (2, 1);",
            ),
        ),
        "create_stored_procedures/boss.sql": BOSS,
    }
    project = load(tmp_path, files)
    (circle,) = project.circles
    assert circle.tables == ("emp", "dept")
    assert "staging.boss_of (" in str(circle.in_place)
    assert str(circle.in_place).endswith("boss.sql:1:121) names emp")
    for _ in range(2):
        results = build_all(database, project, checks=checks_of(project))
        assert results["dept"].rows == 2
        assert ask(witness, "select array_agg(boss order by id) from staging.dept") == [2, 1]
        assert len(ask(witness, KEYS)) == 2
    broken = load(tmp_path / "broken", changed(files, "(2, 1);", "(2, 5);"))
    results = build(database, broken)
    assert results["dept"].status == results["emp"].status == "failed"
    assert "23503" in str(results["dept"].message) + str(results["emp"].message)
    assert ask(witness, "select array_agg(boss order by id) from staging.dept") == [2, 1]


def test_a_table_that_its_create_script_fills_waits_for_no_table_in_place(tmp_path: Path) -> None:
    files = {
        **tables(
            dept=(
                DEPT.format(" deferrable initially deferred"),
                "insert into staging.dept select id, staging.boss_of(id) from etl.x;",
            ),
            emp="create table staging.emp as select id as id, id as dept from staging.other;\n"
            "alter table staging.emp add primary key (id),"
            " add foreign key (dept) references staging.dept;",
            other=(
                "create table staging.other (id int primary key references staging.dept);",
                "insert into staging.other values (1);",
            ),
        ),
        "create_stored_procedures/boss.sql": BOSS,
    }
    with pytest.raises(ProjectError) as caught:
        load(tmp_path, files)
    (problem,) = caught.value.problems
    assert problem.what.startswith(
        "reads other, and the two are among tables that are built together"
    )
    assert problem.todo == "Move what fills emp to a POPULATE script"
    # Where nothing is filled in place, each is full before the next is made.
    files = changed(files, "staging.boss_of(id)", "null::int")
    (circle,) = load(tmp_path / "shadows", files).circles
    assert circle.in_place is None


def test_a_key_that_cannot_be_made_is_told_with_its_line(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    files = tables(
        dept="create table staging.dept (\n    id int primary key,\n"
        "    boss int references staging.emp (dept)\n);",
        emp=EMP,
    )
    results = build(database, load(tmp_path, files))
    assert statuses(results) == {"dept": "failed", "emp": "failed"}
    message = str(results["dept"].message)
    assert "CREATE-staging-dept.sql:3:14: foreign key dept_boss_fkey of staging.dept: " in message
    assert "no unique constraint" in message
    assert "42830" in message
    assert "staging__build" not in message


def test_large_tables_are_validated_as_well(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    files = tables(
        hub=(
            "create table staging.hub (id int primary key);",
            "insert into staging.hub values (1)",
        ),
        dept=(
            "create table staging.dept (id int primary key, hub int references staging.hub,"
            " boss int references staging.emp);",
            "insert into staging.dept select n, 1, 20001 - n from generate_series(1, 20000) as n;",
        ),
        emp=(
            "create table staging.emp (id int primary key, dept int not null references"
            " staging.dept);",
            "insert into staging.emp select n, n from generate_series(1, 20000) as n;",
        ),
    )
    project = load(tmp_path, files)
    for _ in range(2):
        assert build_all(database, project)["emp"].rows == 20_000
        assert len(ask(witness, KEYS)) == 3
        assert all("not validated" not in key for key in ask(witness, KEYS))
    broken = load(tmp_path / "broken", changed(files, "select n, n from", "select n, n + 1 from"))
    results = build(database, broken)
    assert "foreign key emp_dept_fkey of staging.emp" in str(results["emp"].message)
    assert ask(witness, "select max(dept) from staging.emp") == 20_000


def test_scripts_may_leave_out_the_schema(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    files = {
        **{name: text.replace("staging.", "") for name, text in PAIR.items()},
        "staging.yaml": "search_path: [staging, etl]\n",
    }
    project = load(tmp_path, files)
    assert [circle.tables for circle in project.circles] == [("dept", "emp")]
    for _ in range(2):
        build_all(database, project)
        assert ask(witness, KEYS) == OF_PAIR
        assert ask(witness, "select count(*) from pg_class where relname in ('dept', 'emp')") == 2
    found = run_checks(database, project, "staging")
    assert [f"{check.name}: {check.summary}" for check in found if not check.passed] == []


@pytest.mark.parametrize("schema", ["other", 'o "t" her'])
def test_the_schema_may_have_another_name(
    database: Server, witness: Connection, tmp_path: Path, schema: str
) -> None:
    project = load(tmp_path, SHAPES["keys added behind"][0])
    for _ in range(2):
        build_all(database, project, schema=schema)
        assert ask(
            witness,
            "select bool_and(convalidated) and count(*) = 3 from pg_constraint c"
            " join pg_namespace n on n.oid = connamespace"
            " join pg_class t on t.oid = confrelid and t.relnamespace = n.oid"
            " where contype = 'f' and nspname = %s",
            schema,
        )
    found = run_checks(database, project, schema)
    assert [f"{check.name}: {check.summary}" for check in found if not check.passed] == []


def test_lookup_tables_may_be_in_a_circle(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    files = {
        **tables(
            lookup_dept="create table staging.lookup_dept (code int primary key, boss int"
            " references staging.emp (id));",
            emp=(
                "create table staging.emp (id int primary key, dept int references"
                " staging.lookup_dept);",
                "insert into staging.emp select 10 + code, code from staging.lookup_dept;",
            ),
        ),
        "populate_tables/lookup/lookup_tables.yaml": (
            "lookup_dept: {columns: [code, boss], rows: [[1, 12], [2, 11], [3, null]]}\n"
        ),
    }
    project = load(tmp_path, files)
    for _ in range(2):
        results = build_all(database, project)
        assert [results[name].rows for name in ("lookup_dept", "emp")] == [3, 3]
        assert len(ask(witness, KEYS)) == 2


def test_a_cleanup_of_a_member_runs_after_the_exchange(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    files = {
        **PAIR,
        "populate_tables/demo/staging-dept-cleanup.py": (
            "def main(pgw):\n    pgw.execute('update staging.dept set boss = 2 where id = 2')\n"
        ),
    }
    project = load(tmp_path, files)
    for _ in range(2):
        build_all(database, project)
        assert ask(witness, "select array_agg(boss order by id) from staging.dept") == [1, 2]


def test_old_tables_of_a_circle_go_when_what_they_reference_is_free(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    files = {
        **tables(hub="create table staging.hub (id int primary key);"),
        **changed(PAIR, "boss int", "hub int references staging.hub, boss int"),
    }
    files = changed(files, "into staging.dept values", "into staging.dept (id, boss) values")
    project = load(tmp_path, files)
    build_all(database, project)
    with closing(database.connect("reader")) as reader:
        ask(reader, "select * from staging.hub")
        build_all(database, project, ["dept", "emp"])
        assert ask(witness, "select to_regclass('staging__old.emp') is not null")
    build_all(database, project, ["dept", "emp"])
    assert ask(witness, "select to_regnamespace('staging__old') is null")
    assert len(ask(witness, KEYS)) == 3


def test_a_key_that_is_gone_is_found(database: Server, witness: Connection, tmp_path: Path) -> None:
    project = load(tmp_path, PAIR)
    build_all(database, project)
    ask(witness, "alter table staging.dept drop constraint dept_boss_fkey")
    found = {check.name: check for check in run_checks(database, project, "staging")}
    assert not found["schema_matches_scripts"].passed
    assert found["schema_matches_scripts"].summary.startswith("dept: key ")
    assert ";" not in found["schema_matches_scripts"].summary
