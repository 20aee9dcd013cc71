"""Several tables in one file, and statements in other files than their table's."""

from __future__ import annotations

from pathlib import Path

import pytest

from staging_assets.errors import ProjectError
from staging_assets.model import StagingProject
from staging_assets.project.load import load_project
from staging_assets_tests.support.builds import tables
from staging_assets_tests.support.folders import make_project

TWO = """-- two tables
create table staging.a (id int primary key);
create table staging.b (id int references staging.a, n int default nextval('staging.numbers'));
create sequence staging.numbers;
create index on staging.a (id);
comment on table staging.b is 'b; and more';
insert into staging.a values (1), (2);
grant select on staging.b to public;
"""


def load(folder: Path, files: dict[str, str]) -> StagingProject:
    complete = {"create_tables/.keep": "", "populate_tables/demo/.keep": "", **files}
    return load_project(make_project(folder / "sql", complete), "demo")


def find_statements(project: StagingProject, table: str) -> list[str]:
    lines = project.tables[table].create.text.splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("--")]


@pytest.mark.parametrize("name", ["CREATE-staging-a.sql", "CREATE-all.sql", "x.sql"])
def test_each_table_of_a_file_is_an_asset_with_its_own_statements(
    name: str, tmp_path: Path
) -> None:
    project = load(tmp_path, {f"create_tables/{name}": TWO})
    lines = TWO.splitlines()
    assert find_statements(project, "a") == [lines[1], lines[4], lines[6]]
    assert find_statements(project, "b") == [lines[2], lines[3], lines[5], lines[7]]
    assert project.dependencies["b"] == {"schema", "a"}
    assert project.tables["b"].comment == "b; and more"
    assert project.tables["a"].comment is None


def test_a_code_version_covers_its_own_statements(tmp_path: Path) -> None:
    before = load(tmp_path, {"create_tables/x.sql": TWO}).fingerprints
    other = TWO.replace("values (1), (2)", "values (1)")
    after = load(tmp_path, {"create_tables/x.sql": other}).fingerprints
    assert before["b"] == after["b"]
    assert before["a"] != after["a"]


def test_what_other_files_add_goes_to_the_table(tmp_path: Path) -> None:
    files = {
        **tables(
            a="create table staging.a (id int);",
            b="create table staging.b (id int);\nalter table staging.a add check (id > 0);",
        ),
        "create_tables/keys.sql": "set lock_timeout = 0;\n"
        "alter table staging.a add primary key (id);\n"
        "alter table staging.b add foreign key (id) references staging.a;\n",
        "create_tables/more.sql": "comment on column staging.b.id is 'b';",
        "create_tables/drop.sql": "drop table if exists staging.a;",
        "create_tables/unlike.sql": "select 1; it's no SQL",
    }
    project = load(tmp_path, files)
    assert find_statements(project, "a") == [
        "create table staging.a (id int);",
        ";",
        "alter table staging.a add check (id > 0);",
        "alter table staging.a add primary key (id);",
    ]
    assert project.dependencies["b"] == {"schema", "a"}
    assert project.tables["b"].columns[0].comment == "b"


def test_a_place_in_another_file_is_told_there(tmp_path: Path) -> None:
    files = {
        **tables(a="create table staging.a (id int);"),
        "create_tables/keys.sql": "\n  alter table staging.a add primary key (id);",
    }
    script = load(tmp_path, files).tables["a"].create
    file, at = script.origin(script.text.index("primary"))
    assert file.path.name == "keys.sql"
    assert file.text[at:].startswith("primary key")


def test_functions_between_tables_become_a_script_of_stored_procedures(tmp_path: Path) -> None:
    text = TWO + "create function staging.f() returns int language sql as 'select 1';\n"
    project = load(tmp_path, {"create_tables/all.sql": text})
    assert "staging.f()" in project.procedures["all"].script.text
    assert "create table" not in project.procedures["all"].script.text


@pytest.mark.parametrize(
    ("files", "what"),
    [
        (
            {"x.sql": TWO + "insert into etl.x select id from staging.a;"},
            "x.sql:9:1: .* is about no table",
        ),
        (
            {"x.sql": TWO, "y.sql": "create table staging.c ();\ncreate table staging.a (n int);"},
            "y.sql:2:1: creates a, as .*x.sql does. Remove one of the two",
        ),
        (
            {"CREATE-staging-a.sql": "create table staging.a ();", "CREATE-staging-b.sql": TWO},
            "CREATE-staging-b.sql:2:1: creates a, as .*CREATE-staging-a.sql does",
        ),
        ({"x.sql": TWO + "create publication p;"}, "x.sql:9:1: .* is about no table"),
        (
            {"x.sql": TWO, "y.sql": "alter table staging.a add check (id > 0);\nselect 1;"},
            "y.sql:2:1: .* is about no table, and the file makes none",
        ),
        (
            {
                "x.sql": TWO + "create table staging.c ();",
                "y.sql": "create table staging.d (); create table staging.e ();\n"
                "do $$ begin delete from staging.d; delete from staging.a; end $$;",
            },
            "y.sql:2:1: .* is about a, d",
        ),
        (
            {
                "CREATE-staging-a.sql": "create table staging.a ();",
                "x.sql": "create table staging.b ();"
                "create table staging.c ();\ndelete from staging.a;",
            },
            "x.sql:2:1: changes a, which another file makes",
        ),
    ],
)
def test_what_has_no_single_table_is_refused(
    files: dict[str, str], what: str, tmp_path: Path
) -> None:
    with pytest.raises(ProjectError, match=what):
        load(tmp_path, {f"create_tables/{name}": text for name, text in files.items()})


def test_a_file_that_only_repeats_a_table_gives_way_and_is_told(tmp_path: Path) -> None:
    files = {**tables(a="create table staging.a (id int);")}
    files["create_tables/old-a.sql"] = "create table staging.a (id text);"
    project = load(tmp_path, files)
    assert [each[1].rpartition("/")[2] for each in project.shadowed] == ["old-a.sql"]


def test_types_go_with_their_table_or_with_the_routines_that_take_them(tmp_path: Path) -> None:
    text = """create type staging.own as enum ('a');
comment on type staging.own is 'of a';
create type staging.taken as enum ('a');
create type staging.span as range (subtype = int);
create domain staging.unused as text;
create sequence staging.numbers;
create function staging.f(staging.taken) returns int language sql as 'select 1';
create function staging.g(staging.a) returns int language sql as 'select 1';
create table staging.a (x staging.own, y staging.taken, z staging.span);
"""
    project = load(tmp_path, {"create_tables/all.sql": text + "create table staging.b (id int);\n"})
    lines = text.splitlines()
    assert find_statements(project, "a") == [*lines[:2], lines[5], lines[8]]
    assert {*project.procedures} == {"all", "all-g"}
    script = project.procedures["all"].script.text
    assert [line for line in script.splitlines() if line.strip()] == [*lines[2:5], lines[6]]
    assert project.dependencies["stored_procedures/all-g"] == {"schema", "a"}
    assert project.dependencies["a"] == {"schema", "stored_procedures/all"}
