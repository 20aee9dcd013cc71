"""A file that says something of several of its tables at once: they are built as one unit."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from staging_assets.checks import find_checks, find_script_faults, run_checks
from staging_assets.errors import ProjectError
from staging_assets.model import StagingProject
from staging_assets.postgres.client.server import Server
from staging_assets.scheduler.run import Rebuild
from staging_assets_tests.end_to_end.test_same_as_psql import run_psql
from staging_assets_tests.support.builds import ask, build, build_all, load
from staging_assets_tests.support.databases import fresh_database
from staging_assets_tests.support.dumps import check_same, dump

TABLES = """create schema if not exists staging;
create table staging.a (id int primary key, n int default 7);
create table staging.b (id int references staging.a, changed int);
"""
FILES = {
    "an insert into two": "with x as (insert into staging.a values (1), (2) returning id)"
    " insert into staging.b select id from x;",
    "a block": "do $$ begin insert into staging.a values (3); insert into staging.b values (3);"
    " end $$;\nupdate staging.b set changed = 1;",
    "a function": "create function staging.fill() returns void language sql as"
    " 'insert into staging.a values (4); insert into staging.b values (4)';\n"
    "select staging.fill();",
    "dynamic SQL": """do $$ declare t text; begin foreach t in array array['a', 'b'] loop
    execute format('insert into staging.%I values (5)', t);
    execute format('create index %s_more on staging.%I (id)', t, t);
    execute format('grant select on staging.%I to public', t);
end loop; end $$;""",
    "triggers by a loop": """create function staging.stamp() returns trigger language plpgsql as
$$ begin new.id := new.id + 1; return new; end $$;
do $$ declare t text; begin foreach t in array array['a', 'b'] loop
    execute format('create trigger stamp before insert on staging.%I for each row
        execute function staging.stamp()', t);
end loop; end $$;
insert into staging.a values (1); insert into staging.b values (1);""",
    "a trigger after the rows": """create function staging.stamp() returns trigger
language plpgsql as $$ begin new.n := 0; return new; end $$;
do $$ begin insert into staging.a values (6); insert into staging.b values (6); end $$;
create trigger stamp before insert on staging.a for each row execute function staging.stamp();
create index on staging.b (changed);
insert into staging.a values (8);""",
    "views": """create view staging.both as select a.id, n from staging.a join staging.b using (id);
create materialized view staging.sums as select sum(n) as n from staging.a with no data;
do $$ begin insert into staging.a values (1); insert into staging.b values (1); end $$;
refresh materialized view staging.sums;""",
    "rows before and after": "insert into staging.a values (1);\n"
    "select count(*) from staging.a, staging.b;\n"
    "insert into staging.b select id from staging.a;",
}
GRANTS = """grant select, insert on staging.a, staging.b to public;
grant usage on schema staging to public;
grant select on all tables in schema staging to pg_monitor;
revoke insert on table staging.b, staging.a from public;
grant select (id) on staging.b, staging.a to pg_signal_backend;
create type staging.unused as (a int, b text);
"""


def make(folder: Path, text: str) -> StagingProject:
    return load(folder, {"create_tables/all.sql": text})


@pytest.mark.parametrize("schema", ["staging", "north"])
@pytest.mark.parametrize("what", FILES)
def test_it_is_as_psql_makes_it_whichever_is_selected(
    what: str, schema: str, server: Server, tmp_path: Path
) -> None:
    text = TABLES + FILES[what]
    project = make(tmp_path, text)
    (circle,) = project.circles
    assert {"a", "b"} <= {*circle.tables}
    with fresh_database(server) as ours, fresh_database(server) as theirs:
        run_psql(theirs, project.sql_dir / "create_tables" / "all.sql")
        expected = dump(theirs)
        for nodes in (None, ["b"], ["a"]):
            build_all(ours, project, nodes, schema=schema, checks=find_checks(project))
            with closing(ours.connect("rename", autocommit=True)) as connection:
                if schema != "staging":
                    ask(connection, f"alter schema {schema} rename to staging")
                found = dump(ours)
                if schema != "staging":
                    ask(connection, f"alter schema staging rename to {schema}")
            check_same(found.replace(schema, "staging"), expected)
        (drift,) = run_checks(ours, project, schema, ["schema:schema_matches_scripts"])
        assert drift.passed, drift.metadata


def test_grants_on_several_are_cut_and_bind_nothing(server: Server, tmp_path: Path) -> None:
    project = make(tmp_path, TABLES + GRANTS)
    assert project.circles == ()
    assert "staging.b" not in project.tables["a"].create.text.partition("grant")[2]
    with fresh_database(server) as ours, fresh_database(server) as theirs:
        run_psql(theirs, project.sql_dir / "create_tables" / "all.sql")
        for nodes in (None, ["b"], ["a"], ["stored_procedures/all"]):
            build_all(ours, project, nodes)
            check_same(dump(ours), dump(theirs))


def test_a_file_may_grant_on_all_tables_of_others(server: Server, tmp_path: Path) -> None:
    files = {
        "create_tables/CREATE-staging-c.sql": "create table staging.c (id int);",
        "create_tables/all.sql": TABLES,
        "create_tables/zz_grants.sql": "grant select on all tables in schema staging to public;",
    }
    project = load(tmp_path, files)
    assert project.circles == ()
    with fresh_database(server) as ours, fresh_database(server) as theirs:
        for name in ("all", "CREATE-staging-c", "zz_grants"):
            run_psql(theirs, project.sql_dir / "create_tables" / f"{name}.sql")
        for nodes in (None, ["c"]):
            build_all(ours, project, nodes)
            check_same(dump(ours), dump(theirs))


def test_the_run_says_so_and_what_is_changed_builds_all(database: Server, tmp_path: Path) -> None:
    text = TABLES + FILES["an insert into two"]
    project = make(tmp_path / "one", text)
    (note,) = project.notes
    assert note.endswith(
        "all.sql:4:1 is about several tables of this file, or about none: a, b are built together, "
        "whichever is selected"
    )
    build_all(database, project)
    other = make(tmp_path / "two", text.replace("(1), (2)", "(1), (2), (3)"))
    assert {*build_all(database, other, rebuild=Rebuild.CHANGED)} >= {"a", "b"}
    with closing(database.connect("look", autocommit=True)) as connection:
        assert ask(connection, "select count(*) from staging.b") == 3


def test_tables_that_are_only_created_have_what_the_file_puts_in(
    database: Server, tmp_path: Path
) -> None:
    project = make(tmp_path, TABLES + FILES["an insert into two"])
    build_all(database, project, create_only=True)
    with closing(database.connect("look", autocommit=True)) as connection:
        assert ask(connection, "select count(*) from staging.b") == 2
        ask(connection, "drop table staging.b")
    found = build(database, project, create_only=True)
    assert "Build them together: select staging/a,staging/b" in (found["b"].message or "")
    build_all(database, project)


def test_a_file_that_makes_one_table_says_all_of_that(database: Server, tmp_path: Path) -> None:
    text = TABLES.splitlines()[1] + (
        "\ndo $$ begin execute 'insert into staging.a select 9'; end $$;"
        "\nselect count(*) from etl.x;"
    )
    project = load(tmp_path, {"create_tables/one.sql": text})
    assert project.circles == ()
    with closing(database.connect("seed", autocommit=True)) as connection:
        ask(connection, "create schema etl; create table etl.x ()")
        for _ in range(2):
            build_all(database, project)
            assert ask(connection, "select array_agg(id) from staging.a") == [9]


def test_a_source_that_they_read_is_one_of_all(tmp_path: Path) -> None:
    text = (
        TABLES
        + "with x as (insert into staging.a select id from etl.x returning id)"
        + (" insert into staging.b select x.id from x join etl.y using (id);")
    )
    project = make(tmp_path, text)
    for name in ("a", "b"):
        assert {str(each) for each in project.sources[name]} == {"etl.x", "etl.y"}


def test_a_table_that_is_made_of_their_rows_is_refused(tmp_path: Path) -> None:
    text = TABLES + FILES["a block"] + "\ncreate table staging.c as select * from staging.a;\n"
    with pytest.raises(ProjectError, match=r"all.sql:6:1: makes c of the rows of a, after the st"):
        make(tmp_path, text)


def test_it_is_looked_at_before_anything_is_built(database: Server, tmp_path: Path) -> None:
    text = (
        TABLES
        + "with x as (insert into staging.a values (1) returning id)"
        + ("\ninsert into staging.b (nope) select id from x;")
    )
    with closing(database.connect("look", autocommit=True)) as connection:
        found = find_script_faults(connection, make(tmp_path, text), "staging")
    (problem,) = found.problems
    assert "all.sql:5:24: " in str(problem)
    assert 'column "nope" of relation "b" does not exist' in str(problem)


def test_a_fault_in_it_is_told_with_its_line_and_changes_nothing(
    database: Server, tmp_path: Path
) -> None:
    build_all(database, make(tmp_path / "one", TABLES + FILES["an insert into two"]))
    bad = TABLES + "do $$ begin insert into staging.a values (1);\nperform 1 / 0; end $$;"
    found = build(database, make(tmp_path / "two", bad))
    messages = " ".join(result.message or "" for result in found.values())
    assert "all.sql:5:1" in messages
    assert "division by zero" in messages
    with closing(database.connect("look", autocommit=True)) as connection:
        assert ask(connection, "select count(*) from staging.b") == 2
