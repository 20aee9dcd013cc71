"""Folders of scripts under projects/: each with what it gives, or all that is wrong with it."""

from __future__ import annotations

import os
import pickle
import time
from contextlib import suppress
from pathlib import Path

import pytest

from staging_assets.checks import KINDS
from staging_assets.errors import ProjectError
from staging_assets.model import Column, StagingProject
from staging_assets.project.load import load_project
from staging_assets_tests.support.folders import make_project

SQL = Path(__file__).parents[2] / "sql"
PROJECTS = Path(__file__).parents[1] / "data" / "projects"
CASES = sorted(path.parent for path in PROJECTS.glob("*/expected.txt"))


def find_lines(folder: Path) -> str:
    """What loading a folder gives, as the expected.txt of a case spells it."""
    try:
        project = load_project(folder, "demo", KINDS)
    except ProjectError as error:
        start = f"{error.problems[0].path}".split(folder.name)[0] + folder.name + "/"
        return "".join(f"{line}\n" for line in str(error).replace(start, "").splitlines())
    return "".join(find_line(project, node, folder) for node in project.nodes)


def find_line(project: StagingProject, node: str, folder: Path) -> str:
    parts = [", ".join(sorted(project.dependencies[node])) or "-"]
    if project.sources[node]:
        parts.append("reads " + ", ".join(sorted(map(str, project.sources[node]))))
    table = project.tables.get(node)
    if table is not None and table.in_place:
        parts.append(f"in place: {table.in_place}")
    if table is not None and table.keeps_keys:
        parts.append(f"keeps keys: {table.keeps_keys}")
    line = f"{node} ({project.kind(node).value}): {'; '.join(parts)}\n"
    for shown in (str(folder), os.path.relpath(folder)):
        line = line.replace(f"{shown}/", "")
    return line


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_a_folder_gives_what_is_expected(folder: Path) -> None:
    assert find_lines(folder) == (folder / "expected.txt").read_text()


@pytest.mark.parametrize("department", ["demo", "chicago"])
def test_the_scripts_of_this_project_load(department: str) -> None:
    project = load_project(SQL, department, KINDS)
    assert len(project.tables) > 90
    done: set[str] = set()
    for node in project.nodes:
        assert project.dependencies[node] <= done
        done.add(node)
    assert done == set(project.sources) == set(project.fingerprints)


TABLE = "create table staging.{} (id int primary key);\n"


def test_a_project_is_read_from_its_text_alone(tmp_path: Path) -> None:
    folder = make_project(
        tmp_path / "a folder with 'spaces' and ünïcödé",
        {
            "create_tables/CREATE-staging-x.sql": TABLE.format("x"),
            "populate_tables/demo/POPULATE-staging-x.sql": "insert into staging.x select 1;",
        },
    )
    project = load_project(folder, "demo", KINDS)
    assert project.nodes == ("schema", "x")
    assert pickle.loads(pickle.dumps(project)) == project


def test_a_fingerprint_changes_with_the_scripts_and_rows_of_its_node_only(tmp_path: Path) -> None:
    files = {
        "create_tables/CREATE-staging-x.sql": TABLE.format("x"),
        "create_tables/CREATE-staging-y.sql": TABLE.format("y"),
        "create_tables/CREATE-staging-z.sql": TABLE.format("z"),
        "create_stored_procedures/p.sql": "create function staging.f() returns int as 'select 1';",
        "populate_tables/demo/POPULATE-staging-x.sql": "insert into staging.x table staging.y",
        "populate_tables/demo/staging-x-cleanup.py": "def main(pgw): pass",
        "populate_tables/lookup/lookup_tables.yaml": "z: {columns: [id], rows: [[1]]}",
    }
    before = load_project(make_project(tmp_path, files), "demo", KINDS).fingerprints
    changes = {
        "create_tables/CREATE-staging-y.sql": "y",
        "create_stored_procedures/p.sql": "stored_procedures/p",
        "populate_tables/demo/POPULATE-staging-x.sql": "x",
        "populate_tables/demo/staging-x-cleanup.py": "x_cleanup x",
    }
    for path, nodes in changes.items():
        more = "\nx = 1\n" if path.endswith(".py") else ";\nselect 1"
        make_project(tmp_path, {path: files[path] + more})
        after = load_project(tmp_path, "demo", KINDS).fingerprints
        assert {each for each in after if after[each] != before[each]} == set(nodes.split())
        before = after
    make_project(
        tmp_path, {"populate_tables/lookup/lookup_tables.yaml": "z: {columns: [id], rows: [[2]]}"}
    )
    after = load_project(tmp_path, "demo", KINDS).fingerprints
    assert {each for each in after if after[each] != before[each]} == {"z"}


def test_what_a_create_script_says_is_in_the_model(tmp_path: Path) -> None:
    text = """-- Things
-- of all kinds.

-- Not about the table.
drop table if exists staging.things;
create table staging.things (
    id serial primary key, -- its number
    "Name" varchar ( 20 )  not null default 'a, b' check ("Name" <> ')'),
    amount numeric(10, 2), price double precision,
    tags text[] not null,
    parent int references staging.things (id) on delete cascade,
    race_code int references staging.lookup_races,
    at timestamp with time zone default now(),
    extra int generated always as (id * 2) stored,
    unique ("Name", amount),
    constraint positive check (amount > 0)
);
alter table staging.things add column late date, drop column price, alter column at set not null;
alter table only staging.things rename column late to later;
comment on column staging.things."Name" is 'It''s '
    'its name';
"""
    folder = make_project(
        tmp_path,
        {
            "create_tables/CREATE-staging-things.sql": text,
            "create_tables/CREATE-staging-lookup_races.sql": TABLE.format("lookup_races")
            + "comment on table staging.lookup_races is 'Races';",
            "populate_tables/demo/.keep": "",
        },
    )
    project = load_project(folder, "demo", KINDS)
    table = project.tables["things"]
    assert table.columns == (
        Column("id", "serial", "its number", False),
        Column("Name", "varchar ( 20 )", "It's its name", False),
        Column("amount", "numeric(10, 2)"),
        Column("tags", "text[]", None, False),
        Column("parent", "int"),
        Column("race_code", "int"),
        Column("at", "timestamp with time zone", None, False),
        Column("extra", "int"),
        Column("later", "date"),
    )
    assert table.comment == "Things of all kinds."
    assert table.foreign_keys == {"lookup_races"}
    assert table.own == {"things", "things_id_seq", "things_pkey", "things_Name_amount_key"}
    assert project.tables["lookup_races"].comment == "Races"
    assert not table.filled


def test_a_hundred_tables_load_in_a_second_and_a_thousand_in_three(tmp_path: Path) -> None:
    script = "create table staging.t{0} (id int primary key,\n    other int{1},\n    name text);\n"
    filling = (
        "insert into staging.t{0} (id, other, name)\n"
        "with source as (select * from etl.t{0} where id is not null)\n"
        "select source.id, other.id, staging.clean(source.name)\n"
        "from source\nleft join staging.t{1} as other on other.name = source.name;\n"
    )
    files = {
        "create_stored_procedures/clean.sql": "create function staging.clean(text) returns text "
        "language sql as 'select $1';"
    }
    for number in range(1000):
        reference = f" references staging.t{number // 2} (id)" if number else ""
        files[f"create_tables/CREATE-staging-t{number}.sql"] = script.format(number, reference)
        path = f"populate_tables/demo/POPULATE-staging-t{number}.sql"
        files[path] = filling.format(number, number // 2)
    many = make_project(tmp_path / "many", files)
    few = {path: text for path, text in files.items() if len(Path(path).stem.split("-t")[-1]) < 3}
    some = make_project(tmp_path / "some", few)
    for folder, tables, seconds in ((some, 100, 1), (many, 1000, 3)):
        start = time.process_time()
        project = load_project(folder, "demo", KINDS)
        assert time.process_time() - start < seconds
        assert len(project.tables) == tables


@pytest.mark.parametrize(
    "cut", ["comment", "comment on", "comment on table", "set", "comment on column staging.t."]
)
@pytest.mark.parametrize("first", ["", "create table staging.u (id int);"])
def test_a_statement_that_is_cut_off_is_for_postgres_to_refuse(
    tmp_path: Path, cut: str, first: str
) -> None:
    text = f"{first}create table staging.t (id int);\n{cut}"
    files = {"create_tables/CREATE-staging-t.sql": text, "populate_tables/demo/.keep": ""}
    if not first:
        assert "t" in load_project(make_project(tmp_path, files), "demo", KINDS).tables
        return
    # A file of two tables, which may refuse it itself: it is of neither.
    files["create_tables/all.sql"] = files.pop("create_tables/CREATE-staging-t.sql")
    with suppress(ProjectError):
        load_project(make_project(tmp_path, files), "demo", KINDS)
