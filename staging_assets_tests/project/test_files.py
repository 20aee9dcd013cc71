"""Finding and reading files: whatever lies about in a folder, and whatever is in a file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from staging_assets.errors import ProjectError
from staging_assets.model import ScriptFolders
from staging_assets.project.files import read_files
from staging_assets.project.load import load_project
from staging_assets_tests.support.folders import make_project

CREATE = "create_tables/CREATE-staging-{}.sql"
POPULATE = "populate_tables/demo/POPULATE-staging-{}.sql"
TABLE = "create table staging.{} (id int);\n"


def make(folder: Path, **files: str) -> Path:
    """A project with table x and the department demo."""
    return make_project(
        folder, {CREATE.format("x"): TABLE.format("x"), POPULATE.format("x"): "", **files}
    )


def find_problems(folder: Path, department: str = "demo") -> list[tuple[str, int, int, str]]:
    """Path within the folder, line, column and what is wrong."""
    with pytest.raises(ProjectError) as caught:
        load_project(folder, department)
    return [
        (problem.path.split(f"{folder.name}/")[-1], problem.line, problem.column, problem.what)
        for problem in caught.value.problems
    ]


def test_files_that_are_no_scripts_are_ignored(tmp_path: Path) -> None:
    ignored = {
        "create_tables/CREATE-SCHEMA-staging.sql": "drop schema staging",
        "create_tables/create_all.py": "",
        "create_tables/readme.sql": "'",
        "create_tables/CREATE-staging-x.sql~": "'",
        "create_tables/CREATE-staging-x.sql.orig": "'",
        "create_tables/.#CREATE-staging-x.sql": "'",
        "create_tables/._CREATE-staging-y.sql": "\x05\x16",
        "create_tables/old/CREATE-staging-z.sql": "'",
        "create_stored_procedures/notes.md": "'",
        "create_stored_procedures/.hidden.sql": "'",
        "populate_tables/demo/helper.py": "(",
        "populate_tables/demo/notes.sql": "'",
        "populate_tables/other/POPULATE-staging-nowhere.sql": "'",
        "populate_tables/.git/POPULATE-staging-x.sql": "'",
        "etl/demo/seed.sql": "commit;",
        "unknown/CREATE-staging-q.sql": "'",
    }
    project = load_project(make(tmp_path, **ignored), "demo")
    assert project.nodes == ("schema", "x")


@pytest.mark.parametrize(
    ("create", "populate"),
    [
        ("CREATE-staging-x.sql", "POPULATE-staging-x.sql"),
        ("create-staging-x.sql", "populate-staging-x.sql"),
        ("CREATE-staging-X.SQL", "POPULATE-staging-X.sql"),
        ("CREATE_staging_x.sql", "POPULATE_staging_x.sql"),
        ("CREATE-x.sql", "POPULATE-x.sql"),
        ("01-CREATE-staging-x.sql", "01-POPULATE-staging-x.sql"),
    ],
)
def test_scripts_are_paired_whatever_the_spelling(
    create: str, populate: str, tmp_path: Path
) -> None:
    files = {
        f"create_tables/{create}": TABLE.format("x"),
        f"populate_tables/demo/{populate}": "insert into staging.x select 1",
    }
    assert load_project(make_project(tmp_path, files), "demo").tables["x"].populate is not None


def test_windows_line_ends_and_a_byte_order_mark_keep_places_right(tmp_path: Path) -> None:
    folder = make(tmp_path)
    path = folder / CREATE.format("x")
    path.write_bytes(b"\xef\xbb\xbf-- x\r\ncreate table\r\n\tstaging.x (id int);\r\n  commit;\r\n")
    assert [each[:3] for each in find_problems(folder)] == [(CREATE.format("x"), 4, 3)]
    path.write_bytes(b"\xef\xbb\xbfcommit; create table staging.x (id int);")
    assert [each[:3] for each in find_problems(folder)] == [(CREATE.format("x"), 1, 1)]
    path.write_bytes(b"-- x\rcreate table staging.x (id int);\rcommit;\r")
    assert [each[:3] for each in find_problems(folder)] == [(CREATE.format("x"), 3, 1)]
    path.write_bytes(b"\xef\xbb\xbfcreate table staging.x (id int);\r\n")
    assert load_project(folder, "demo").tables["x"].create.text.endswith(");\r\n")


def test_yaml_and_cleanups_with_windows_line_ends_and_a_mark_are_read(tmp_path: Path) -> None:
    folder = make(tmp_path)
    (folder / POPULATE.format("x")).unlink()
    (folder / "staging.yaml").write_bytes(b"\xef\xbb\xbfpriorities:\r\n  x: 1\r\n")
    (folder / "populate_tables/demo/staging-x-cleanup.py").write_bytes(
        b"\xef\xbb\xbfdef main(pgw):\r\n    pass\r\n"
    )
    (folder / "populate_tables/lookup").mkdir()
    (folder / "populate_tables/lookup/lookup_tables.yaml").write_bytes(
        b"\xef\xbb\xbfx:\r\n  columns: [id]\r\n  rows:\r\n    - [1]\r\n"
    )
    project = load_project(folder, "demo")
    assert project.nodes == ("schema", "x", "x_cleanup")
    assert project.tables["x"].lookup is not None


@pytest.mark.parametrize(
    ("data", "line", "column", "what"),
    [
        (b"-- a\n-- caf\xe9\n", 2, 7, "byte 0xe9 is not UTF-8"),
        ("create".encode("utf-16"), 1, 1, "byte 0xff is not UTF-8"),
        (b"select 1;\nselect '\0';\n", 2, 9, "a zero byte, which Postgres does not take"),
    ],
)
def test_text_that_cannot_be_read_is_named_by_its_byte(
    data: bytes, line: int, column: int, what: str, tmp_path: Path
) -> None:
    folder = make(tmp_path)
    (folder / POPULATE.format("x")).write_bytes(data)
    assert find_problems(folder) == [(POPULATE.format("x"), line, column, what)]


def test_python_with_an_encoding_of_its_own_is_read(tmp_path: Path) -> None:
    folder = make(tmp_path)
    (folder / "populate_tables/demo/staging-x-cleanup.py").write_bytes(
        b"# -*- coding: latin-1 -*-\ndef main(pgw):\n    print('caf\xe9')\n"
    )
    assert "café" in load_project(folder, "demo").cleanups["x"].script.text


def test_what_is_no_file_is_a_problem_and_no_traceback(tmp_path: Path) -> None:
    folder = make(tmp_path)
    (folder / CREATE.format("folder")).mkdir()
    (folder / CREATE.format("loop")).symlink_to(folder / CREATE.format("loop"))
    (folder / CREATE.format("nowhere")).symlink_to(folder / "nowhere")
    os.mkfifo(folder / CREATE.format("pipe"))
    (folder / "staging.yaml").mkdir()
    (folder / "populate_tables/loop").symlink_to(folder / "populate_tables")
    assert find_problems(folder) == [
        (CREATE.format("folder"), 1, 1, "is not a file"),
        (CREATE.format("loop"), 1, 1, "cannot be read: Too many levels of symbolic links"),
        (CREATE.format("nowhere"), 1, 1, "cannot be read: No such file or directory"),
        (CREATE.format("pipe"), 1, 1, "is not a file"),
        ("staging.yaml", 1, 1, "is not a file"),
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_a_problem(tmp_path: Path) -> None:
    folder = make(tmp_path)
    (folder / POPULATE.format("x")).chmod(0)
    assert find_problems(folder) == [
        (POPULATE.format("x"), 1, 1, "cannot be read: Permission denied")
    ]


def test_a_name_that_is_not_text_is_shown_all_the_same(tmp_path: Path) -> None:
    folder = make(tmp_path)
    path = os.fsencode(folder / "create_tables") + b"/CREATE-staging-\xff.sql"
    with open(path, "w") as file:  # noqa: PTH123 - a name of bytes
        file.write(TABLE.format("y"))
    (problem,) = find_problems(folder)
    assert problem[0] == "create_tables/CREATE-staging-\\xff.sql"
    str(problem).encode()


@pytest.mark.parametrize("department", ["", "nowhere", "lookup", "../demo", "demo/", "de mo", "."])
def test_a_department_that_is_not_there_is_told_with_those_that_are(
    department: str, tmp_path: Path
) -> None:
    folder = make(tmp_path, **{"populate_tables/lookup/lookup_tables.yaml": ""})
    with pytest.raises(ProjectError, match="one that is there: demo"):
        load_project(folder, department)


def test_a_folder_that_is_not_there_is_one_problem(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"nowhere:1:1: there is no such folder"):
        load_project(tmp_path / "nowhere", "demo")
    (tmp_path / "file").write_text("")
    with pytest.raises(ProjectError, match="there is no such folder"):
        load_project(tmp_path / "file", "demo")


def test_paths_are_shown_from_where_people_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "sql")
    monkeypatch.chdir(tmp_path)
    (script,) = read_files(ScriptFolders(Path("sql")), "demo").creates
    assert script.script.label == "sql/create_tables/CREATE-staging-x.sql"
    assert script.script.path == tmp_path / script.script.label


@pytest.mark.parametrize("broken", ["a\nb", "a\r\nb", "a\u2028b", "a\x85b", "\na"])
@pytest.mark.parametrize(
    "name",
    [
        CREATE,
        POPULATE,
        "populate_tables/demo/staging-{}-cleanup.py",
        "create_stored_procedures/{}.sql",
    ],
)
def test_a_line_break_in_a_name_is_told_on_one_line(tmp_path: Path, name: str, broken: str) -> None:
    folder = make(tmp_path, **{name.format(broken): TABLE.format("a"), "no\nscript.txt": ""})
    with pytest.raises(ProjectError) as caught:
        load_project(folder, "demo")
    assert len(str(caught.value).splitlines()) == 1
    shown = name.format(broken.encode("unicode_escape").decode())
    assert f"{shown}:1:1: a line break stands in this name. Rename it." in str(caught.value)


def test_a_line_break_in_a_tables_own_name_is_told_on_one_line(tmp_path: Path) -> None:
    folder = make(tmp_path, **{CREATE.format("ab"): 'create table staging."a\nb" (id int);'})
    with pytest.raises(ProjectError, match="Rename the table: no file can be named for it") as told:
        load_project(folder, "demo")
    assert len(str(told.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("coding", "line"),
    [
        ("# coding: foo\n", 1),
        ("#!/usr/bin/env python\n# -*- coding: klingon -*-\n", 2),
        ("# vim: set fileencoding=hex :\n", 1),
        ("# coding: rot13\n", 1),
        ("# coding: base64\n", 1),
        ("# coding: undefined\n", 1),
        (f"# coding: {'a' * 5000}\n", 1),
    ],
)
def test_an_encoding_that_python_does_not_know_is_told_with_its_line(
    tmp_path: Path, coding: str, line: int
) -> None:
    name = "populate_tables/demo/staging-x-cleanup.py"
    folder = make(tmp_path, **{name: f"{coding}def main(pgw):\n    pass\n"})
    what = "the `coding:` line names no encoding of text that Python knows"
    assert find_problems(folder) == [(name, line, 1, what)]


@pytest.mark.parametrize("coding", ["punycode", "utf-16", "utf-7", "idna", "unicode_escape"])
def test_an_odd_encoding_that_python_knows_gives_a_script_or_a_problem(
    tmp_path: Path, coding: str
) -> None:
    name = "populate_tables/demo/staging-x-cleanup.py"
    folder = make(tmp_path, **{name: f"# coding: {coding}\ndef main(pgw):\n    print(1)\n"})
    try:
        assert load_project(folder, "demo").cleanups["x"].script.text
    except ProjectError as error:
        assert str(error).count(name) == 1
