"""What a node is made of: fingerprints that comments do not change, and what is not steady."""

from __future__ import annotations

from pathlib import Path

import pytest

from staging_assets.checks import KINDS
from staging_assets.errors import ProjectError
from staging_assets.model import Relation, StagingProject, find_rule
from staging_assets.project.load import load_project
from staging_assets_tests.support.folders import make_project

FILES = {
    "create_tables/CREATE-staging-x.sql": "create table staging.x (id int, at text);\n",
    "create_stored_procedures/p.sql": (
        "create function staging.f(a int) returns int language plpgsql as $$\n"
        "begin\n    return a + 1;\nend $$;\n"
        "create function staging.g(a int) returns int language plpython3u as $$return a  # a$$;\n"
    ),
    "populate_tables/demo/POPULATE-staging-x.sql": "insert into staging.x select 1, 'a -- b'\n",
    "populate_tables/demo/staging-x-cleanup.py": "def main(pgw):\n    pgw.execute('select 1')\n",
}
CREATE, PROCEDURES, POPULATE, CLEANUP = FILES
NAMES = {CREATE: "create", PROCEDURES: "functions", POPULATE: "populate", CLEANUP: "cleanup"}


def load(folder: Path, **changed: str) -> StagingProject:
    paths = {name: path for path, name in NAMES.items()}
    files = {**FILES, **{paths[name]: text for name, text in changed.items()}}
    return load_project(make_project(folder, files), "demo", KINDS)


def find_changed(before: StagingProject, after: StagingProject) -> set[str]:
    return {
        f"{node}: {part}"
        for node, content in after.contents.items()
        for part, text in content.parts.items()
        if before.contents[node].parts[part] != text
    }


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (CREATE, "(id int,", "( id\n  INT /* the key */,"),
        (CREATE, "create", "-- a table\ncreate"),
        (PROCEDURES, "return a + 1;", "-- one more\n    return a+1;"),
        (POPULATE, "insert into", "INSERT\tInto"),
        (POPULATE, "\n", ";\n;\n-- the end"),
        (CLEANUP, "    pgw", "    # says\n\n    pgw"),
        (CLEANUP, "    pgw", "        pgw"),
        (CLEANUP, "('select 1')", "( 'select 1' )  # done"),
    ],
)
def test_what_says_the_same_has_the_same_fingerprint(
    tmp_path: Path, path: str, old: str, new: str
) -> None:
    assert old in FILES[path]
    before = load(tmp_path)
    after = load(tmp_path, **{NAMES[path]: FILES[path].replace(old, new)})
    assert find_changed(before, after) == set()
    assert after.fingerprints == before.fingerprints


@pytest.mark.parametrize(
    ("path", "old", "new", "changed"),
    [
        (CREATE, "at text", "at varchar", {"x: create"}),
        (CREATE, "x (id", 'x ("Id"', {"x: create"}),
        (PROCEDURES, "a + 1", "a + 2", {"stored_procedures/p: functions"}),
        (PROCEDURES, "# a", "# b", {"stored_procedures/p: functions"}),
        (POPULATE, "'a -- b'", "'a -- c'", {"x: populate"}),
        (POPULATE, "'a -- b'", "'A -- b'", {"x: populate"}),
        (CLEANUP, "select 1", "select  1", {"x: cleanup", "x_cleanup: cleanup"}),
        (CLEANUP, "    pgw", "    if 1:\n     pgw", {"x: cleanup", "x_cleanup: cleanup"}),
    ],
)
def test_what_says_something_else_has_another(
    tmp_path: Path, path: str, old: str, new: str, changed: set[str]
) -> None:
    assert old in FILES[path]
    before = load(tmp_path)
    after = load(tmp_path, **{NAMES[path]: FILES[path].replace(old, new)})
    assert find_changed(before, after) == changed


@pytest.mark.parametrize(
    ("populate", "why"),
    [
        ("insert into staging.x select 1, current_date", "reads the clock: current_date"),
        ("insert into staging.x values (1, date 'today')", "reads the clock: 'today'"),
        ("insert into staging.x values (1, 'NOW'::timestamptz)", "reads the clock: 'NOW'"),
        ("insert into staging.x select 1, cast('now' as timestamp)", "reads the clock: 'now'"),
        ("insert into staging.x values (1, 'today')", None),
        ("insert into staging.x select age(at), at from etl.y", "age of one argument"),
        ("insert into staging.x select age(at, f(at, 1)) from etl.y", None),
        ("insert into staging.x select age from etl.y", None),
        ("insert into staging.x select 1, 'a' as current_date", None),
        ("copy staging.x from '/tmp/x.csv'", "reads a file: copy"),
        ("copy staging.x (id) from program 'ls'", "reads a file: copy"),
        ("insert into staging.x select from etl.y tablesample system (1)", "takes a sample"),
        (
            "insert into staging.x select from etl.y tablesample system (1) repeatable (1)",
            None,
        ),
        ("insert into staging.x select 1, relname from pg_catalog.pg_class", "reads the catalog"),
        (
            "insert into staging.x select 1, table_name from information_schema.tables",
            "reads the catalog",
        ),
        ("do $$begin insert into staging.x values (1, localtime); end$$", "clock: localtime"),
        ("do $$begin execute 'insert into staging.x values (1, localtime)'; end$$", "localtime"),
    ],
)
def test_clocks_files_and_samples_are_seen(tmp_path: Path, populate: str, why: str | None) -> None:
    found = load(tmp_path, populate=populate).contents["x"].unsteady
    assert (why is None) == (not found), found
    assert why is None or why in found[0]


def test_a_clock_is_seen_two_calls_away(tmp_path: Path) -> None:
    project = load(
        tmp_path,
        functions=(
            "create function staging.f() returns text language sql as 'select staging.g()';"
            "create function staging.g() returns text language sql as $$"
            " select current_date::text || random() $$;"
        ),
        populate="insert into staging.x select 1, staging.f()",
    )
    assert project.contents["x"].unsteady == ("reads the clock: current_date (in staging.g)",)
    assert Relation("", "random") in project.contents["x"].calls
    assert project.contents["stored_procedures/p"].unsteady == ()


def test_a_default_is_no_clock(tmp_path: Path) -> None:
    create = "create table staging.x (id int, at date default current_date);"
    assert load(tmp_path, create=create).contents["x"].unsteady == ()
    create = "create table staging.x as select 1 as id, current_date as at;"
    assert load(tmp_path, create=create).contents["x"].unsteady != ()


def test_a_table_of_staging_that_somebody_else_makes_is_a_source(tmp_path: Path) -> None:
    populate = "insert into staging.x select id from staging.by_hand join etl.y using (id)"
    found = load(tmp_path, populate=populate).contents["x"].sources
    assert found == {Relation("staging", "by_hand"), Relation("etl", "y")}


def test_sources_are_declared(tmp_path: Path) -> None:
    files = {
        "staging.yaml": "sources:\n  etl.*: never\n  etl.y: {watermark: at}\n"
        "departments:\n  demo:\n    sources: {ref.big: hash}\n"
    }
    rules = load_project(make_project(tmp_path, {**FILES, **files}), "demo", KINDS).config.sources
    assert [(rule.pattern, rule.mode, rule.column) for rule in rules] == [
        ("etl.*", "never", ""),
        ("etl.y", "watermark", "at"),
        ("ref.big", "hash", ""),
    ]
    assert rules[1].place.endswith("staging.yaml:3")
    assert find_rule(rules, Relation("etl", "y")) == rules[1]
    assert find_rule(rules, Relation("etl", "z")) == rules[0]
    assert find_rule(rules, Relation("other", "z")) is None


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("etl.y: sometimes", "'sometimes' is no mode. Write watermark: <column>, hash, always"),
        ("etl.y: watermark", "the watermark names no column"),
        ("etl.y: {watermark: }", "the column of a watermark is no text"),
        ("etl.y: {column: at}", "column is no mode"),
        ("y: never", "'y' is no table with its schema. Write schema.table"),
        ("etl.y: [never]", "is no text"),
    ],
)
def test_a_wrong_declaration_is_told_with_its_place(tmp_path: Path, line: str, told: str) -> None:
    files = {**FILES, "staging.yaml": f"sources:\n  {line}\n"}
    with pytest.raises(ProjectError) as error:
        load_project(make_project(tmp_path, files), "demo", KINDS)
    assert "staging.yaml:2:" in str(error.value)
    assert told in str(error.value)
