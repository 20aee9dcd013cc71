"""Names without a schema: what they mean, and what is refused because nothing says it."""

from __future__ import annotations

from pathlib import Path

import pytest

from staging_assets.errors import ProjectError
from staging_assets.model import StagingProject
from staging_assets.project.load import load_project
from staging_assets_tests.support.builds import tables
from staging_assets_tests.support.folders import make_project

DECLARED = {"staging.yaml": "search_path: [staging, etl]\n"}


def load(folder: Path, files: dict[str, str]) -> StagingProject:
    complete = {"create_tables/.keep": "", "populate_tables/demo/.keep": "", **files}
    return load_project(make_project(folder / "sql", complete), "demo")


@pytest.mark.parametrize(
    ("files", "place"),
    [
        (tables(x="-- a table\ncreate table x (a int);"), "CREATE-staging-x.sql:2:14: x"),
        (tables(x="drop table if exists x; create table x ();"), "CREATE-staging-x.sql:1:38: x"),
        (tables(x="create table staging.x (); create type m as enum ();"), "x.sql:1:40: m"),
        (
            {"create_stored_procedures/f.sql": "create function f() returns int as 'x';"},
            "f.sql:1:17: f",
        ),
        (
            {"create_stored_procedures/f.sql": "\n create or replace procedure f() as 'x';"},
            "f.sql:2:30: f",
        ),
        (tables(x=("create table staging.x ();", "create table y as select 1;")), "x.sql:1:14: y"),
        (
            tables(x="set search_path to staging; reset search_path;\ncreate table x ();"),
            "CREATE-staging-x.sql:2:14: x",
        ),
    ],
)
def test_what_would_land_in_public_is_refused_at_load(
    files: dict[str, str], place: str, tmp_path: Path
) -> None:
    with pytest.raises(ProjectError) as caught:
        load(tmp_path, files)
    (problem,) = map(str, caught.value.problems)
    assert f"{place} is created without its schema, so that it would be in public. " in problem
    assert "declare `search_path: [staging]` in staging.yaml" in problem
    assert load(tmp_path / "declared", {**files, **DECLARED}).nodes


@pytest.mark.parametrize(
    ("made", "name"),
    [
        ("sequence s", "s"),
        ("or replace view v as select 1", "v"),
        ("materialized view m as select 1", "m"),
        ("foreign table ft (a int) server x", "ft"),
        ("domain d as int", "d"),
        ("type r as range (subtype = int)", "r"),
        ("aggregate g (int) (sfunc = int4pl, stype = int)", "g"),
        ('collation "My" from "C"', '"My"'),
        ("collation if not exists c from pg_catalog.default", "c"),
        ("text search configuration ts (copy = simple)", "ts"),
        ("operator === (leftarg = int, rightarg = int, function = int4eq)", "==="),
        ("operator class oc for type int using btree as storage int", "oc"),
    ],
)
def test_every_kind_of_object_needs_its_schema(made: str, name: str, tmp_path: Path) -> None:
    for where in ("create_stored_procedures/f.sql", "create_tables/CREATE-staging-x.sql"):
        files = {**tables(x="create table staging.x ();"), where: f"select 1;\ncreate {made};"}
        with pytest.raises(ProjectError, match=r"sql:2:\d+: .* in public") as caught:
            load(tmp_path / where, files)
        assert f": {name} is created" in str(caught.value)
        assert f"Write staging.{name}, or declare" in str(caught.value)
        spelled = f" {made} ".replace(f" {name} ", f" staging.{name} ")
        text = f"create table staging.x ();\ncreate{spelled.rstrip()};"
        assert load(tmp_path / "named" / where, {**files, where: text}).nodes
        with_path = f"set search_path to staging;\ncreate table x ();\ncreate {made};"
        assert load(tmp_path / "set" / where, {**files, where: with_path}).nodes


@pytest.mark.parametrize(
    "populate",
    [
        "create temp table y as select 1; insert into staging.x select * from y;",
        "create table y as select 1; insert into staging.x select * from y; drop table y;",
        "create index on staging.x (a);",
        "set search_path = staging; insert into x values (1);",
    ],
)
def test_what_is_gone_again_may_be_made_anywhere(populate: str, tmp_path: Path) -> None:
    assert load(tmp_path, tables(x=("create table staging.x (a int);", populate))).nodes


def test_the_order_is_found_by_the_path(tmp_path: Path) -> None:
    project = load(
        tmp_path,
        {
            **DECLARED,
            **tables(
                a=("create table a (id int references z, m y_type);", "insert into a select f();"),
                b=(
                    "create table b (n int default nextval('z_numbers'));",
                    "insert into b default values;",
                ),
                y="create type y_type as enum ('y'); create table y (m y_type);",
                z="create sequence z_numbers; create table z (id int primary key);",
                w=("create table w (id int);", "insert into w select id from outside, z;"),
            ),
            "create_stored_procedures/f.sql": "create function f() returns int language sql as "
            "'select id from w';",
        },
    )
    needs = {name: set(found) - {"schema"} for name, found in project.dependencies.items()}
    assert needs["a"] == {"z", "y", "w", "stored_procedures/f"}
    assert needs["b"] == {"z"}
    assert needs["w"] == {"z"}
    assert {str(each) for each in project.sources["w"]} == {"etl.outside"}


def test_an_alias_called_like_a_table_makes_no_circle(tmp_path: Path) -> None:
    files = tables(
        a=("create table a (id int);", "insert into a select b.id from etl.x b;"),
        b=("create table b (id int);", "insert into b select id from a;"),
    )
    assert "a" in load(tmp_path, {**DECLARED, **files}).dependencies["b"]


def test_the_code_version_covers_the_path(tmp_path: Path) -> None:
    files = tables(x="create table x (a int);")
    one = load(tmp_path, {**files, "staging.yaml": "search_path: staging"}).fingerprints
    two = load(tmp_path, {**files, **DECLARED}).fingerprints
    assert one["schema"] != two["schema"]


def test_a_path_that_is_no_list_of_names_is_told(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"staging.yaml:1:14: `search_path` is no list"):
        load(tmp_path, {"staging.yaml": "search_path: {a: b}"})
