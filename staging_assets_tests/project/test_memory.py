"""A folder is remembered between commands, and read again as soon as anything says otherwise."""

from __future__ import annotations

import hashlib
import pickle
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from staging_assets.checks import KINDS
from staging_assets.errors import ProjectError
from staging_assets.model import ScriptFolders, StagingProject
from staging_assets.project import load_project, memory
from staging_assets_tests.support.folders import make_project

FILES = {
    "create_tables/CREATE-staging-people.sql": "create table staging.people (id int, name text);",
    "create_tables/CREATE-staging-copies.sql": "create table staging.copies (id int, at date);",
    "create_tables/CREATE-staging-lookup_kinds.sql": (
        "create table staging.lookup_kinds (code int primary key, what text);"
    ),
    "create_stored_procedures/names.sql": (
        "create function staging.upper_name(text) returns text language sql as"
        " $$ select upper($1) $$;"
    ),
    "populate_tables/lookup/lookup_tables.yaml": (
        "lookup_kinds:\n  columns: [code, what]\n  rows: [[1, 'a'], [2.50, 2026-01-01]]\n"
    ),
    "populate_tables/demo/POPULATE-staging-people.sql": (
        "insert into staging.people select id, staging.upper_name(name) from etl.people;"
    ),
    "populate_tables/demo/POPULATE-staging-copies.sql": (
        "insert into staging.copies select id, current_date from staging.people;"
    ),
    "populate_tables/demo/staging-people-cleanup.py": (
        "def main(pgw):\n    pgw.execute('update staging.people set name = null')\n"
    ),
    "populate_tables/south/POPULATE-staging-people.sql": "insert into staging.people values (1);",
    "staging.yaml": (
        "checks:\n  people:\n    - min_rows: 3\n    - accepted_values: {id: [1, 2.5, 2026-01-01]}\n"
    ),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "home").mkdir()
    return make_project(tmp_path / "sql", FILES)


def load(folders: Path | ScriptFolders, department: str = "demo") -> tuple[StagingProject, bool]:
    """The folder as it is remembered, and whether it was."""
    home = Path("home")
    before = find_kept(home)
    found = load_project(folders, department, KINDS, home=home)
    return found, before == find_kept(home)


def find_kept(home: Path) -> dict[str, int]:
    """The files that are kept; each is made anew when it is written."""
    return {path.name: path.stat().st_ino for path in home.glob("project-*")}


def find_file() -> Path:
    (file,) = Path("home").glob("project-*")
    return file


def test_the_second_load_is_the_first_one_again(folder: Path) -> None:
    fresh = load_project(folder, "demo", KINDS)
    assert load(folder) == (fresh, False)
    assert load(folder) == (fresh, True)
    assert load(folder)[0].tables["people"].lineage == fresh.tables["people"].lineage
    assert find_file().stat().st_mode & 0o077 == 0


def write(name: str, text: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        make_project(folder, {name: text})

    return change


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


@pytest.mark.parametrize(
    "change",
    [
        write("create_tables/CREATE-staging-people.sql", "create table staging.people (id int);"),
        write("create_tables/CREATE-staging-copies.sql", "create table staging.copies (a date);"),
        write("create_tables/CREATE-staging-new.sql", "create table staging.new (id int);"),
        write("create_tables/keys.sql", "create index on staging.people (id);"),
        write("create_stored_procedures/more.sql", "create function staging.f() returns int "
              "language sql as $$ select 1 $$;"),
        write("populate_tables/demo/POPULATE-staging-people.sql",
              "insert into staging.people select id, name from etl.others;"),
        write("populate_tables/demo/lookup_tables.yaml", "lookup_kinds:\n  rows: [[3, 'c']]\n"
              "  columns: [code, what]\n"),
        write("populate_tables/demo/staging-copies-cleanup.py", "def main(pgw):\n    pass\n"),
        write("populate_tables/south/staging-copies-cleanup.py", "def main(pgw):\n    pass\n"),
        write("populate_tables/west/POPULATE-staging-people.sql", "select 1;"),
        write("staging.yaml", "descriptions: {people: who is there}\n"),
        remove("staging.yaml"),
        remove("populate_tables/demo/staging-people-cleanup.py"),
        remove("populate_tables/demo/POPULATE-staging-copies.sql"),
        lambda folder: (folder / "create_stored_procedures/names.sql").rename(
            folder / "create_stored_procedures/other.sql"
        ),
    ],
)  # fmt: skip
def test_whatever_changes_in_the_folder_is_seen(
    folder: Path, change: Callable[[Path], None]
) -> None:
    load(folder)
    change(folder)
    fresh = load_project(folder, "demo", KINDS)
    assert load(folder) == (fresh, False)
    assert load(folder) == (fresh, True)


@pytest.mark.parametrize(
    "asked",
    [
        {"schema_in_files": "mart"},
        {"etl_schema": "raw"},
        {"variables": {"day": "2026-01-01"}},
        {"create_dirs": (Path("sql/create_tables"), Path("more"))},
        {"sql_dir": Path("other")},
    ],
    ids=str,
)
def test_whatever_else_is_asked_for_is_seen(folder: Path, asked: dict[str, Any]) -> None:
    make_project(Path("more"), {"CREATE-staging-more.sql": "create table staging.more (id int);"})
    shutil.copytree(folder, "other")
    folders = ScriptFolders(folder)
    load(folders)
    other = replace(folders, **asked)
    try:
        fresh = load_project(other, "demo", KINDS)
    except ProjectError as error:
        with pytest.raises(ProjectError, match=re.escape(str(error))):
            load(other)
    else:
        assert load(other) == (fresh, False)
        assert load(other) == (fresh, True)


def test_departments_do_not_take_each_others_place(folder: Path) -> None:
    load(folder)
    assert not load(folder, "south")[1]
    assert load(folder, "south") == (load_project(folder, "south", KINDS), True)
    assert load(folder)[1]


def test_a_folder_that_has_become_wrong_is_told_each_time(folder: Path) -> None:
    load(folder)
    make_project(
        folder, {"create_tables/CREATE-staging-people.sql": "create table staging.other ("}
    )
    for _ in range(2):
        with pytest.raises(ProjectError, match="people"):
            load(folder)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: data[:-9],
        lambda data: data[:90] + bytes([data[90] ^ 1]) + data[91:],
        lambda data: data[:32] + hashlib.sha256(b"no pickle").digest() + b"no pickle",
        lambda data: data[:32] + hashlib.sha256(pickle.dumps(1)).digest() + pickle.dumps(1),
    ],
)
def test_a_file_that_is_not_what_it_was_is_not_used(
    folder: Path, spoil: Callable[[bytes], bytes]
) -> None:
    fresh, _ = load(folder)
    find_file().write_bytes(spoil(find_file().read_bytes()))
    assert load(folder) == (fresh, False)
    assert load(folder) == (fresh, True)


class Foreign:
    """What a pickle of strangers could do: anything."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.mkdir, (Path("made"),)


def test_a_file_makes_nothing_but_a_model(folder: Path) -> None:
    fresh, _ = load(folder)
    foreign = pickle.dumps(Foreign())
    file = find_file()
    file.write_bytes(file.read_bytes()[:32] + hashlib.sha256(foreign).digest() + foreign)
    assert load(folder) == (fresh, False)
    assert not Path("made").exists()


def test_a_file_that_others_may_write_is_not_used(folder: Path) -> None:
    load(folder)
    find_file().chmod(0o666)
    assert not load(folder)[1]
    assert load(folder)[1]


def test_nothing_is_made_where_there_is_no_home(folder: Path) -> None:
    load_project(folder, "demo", KINDS, home=Path("nowhere"))
    assert not Path("nowhere").exists()


def test_what_names_further_files_is_read_each_time(folder: Path) -> None:
    make_project(
        folder,
        {
            "create_tables/CREATE-staging-people.sql": "\\i part.sql\n",
            "part.sql": "create table staging.people (id int, name text);",
        },
    )
    load(folder)
    make_project(folder, {"part.sql": "create table staging.people (id int, name text, more int);"})
    assert [column.name for column in load(folder)[0].tables["people"].columns][-1] == "more"


def test_another_version_of_the_code_reads_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = Path(memory.__file__).parents[1]
    copied = shutil.copytree(package, tmp_path / "copy" / package.name)
    monkeypatch.setattr(memory, "_PACKAGE", copied)
    load(folder)
    assert load(folder)[1]
    for name in ("errors.py", "parser/lexer/tokens.py", "checks/kinds/rows.py", "model/csv.py"):
        with (copied / name).open("a") as file:
            file.write("\n")
        assert not load(folder)[1]
        assert load(folder)[1]


def test_the_code_that_counts_is_all_that_reads() -> None:
    plan = (Path(memory.__file__).parents[2] / "docs" / "architecture.md").read_text()
    (allowed,) = re.findall(r"^\| allow \| `project` \| ([^|]*)\|$", plan, re.MULTILINE)
    named = {name.removesuffix(".py") for name in memory.READERS}
    assert named == {*re.findall(r"\w+", allowed), "project", "checks"}
