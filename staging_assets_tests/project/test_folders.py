"""Scripts in folders of their own: which one wins, and what is told of the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from staging_assets.errors import ProjectError
from staging_assets.model import ScriptFolders
from staging_assets.project import load_project
from staging_assets.settings import read_settings
from staging_assets_tests.support.folders import make_project

PUBLIC = {
    "public/create_tables/CREATE-staging-dogs.sql": "create table staging.dogs (id int);",
    "public/create_tables/CREATE-staging-cats.sql": "create table staging.cats (id int);",
    "public/create_tables/CREATE-staging-lookup_a.sql": "create table staging.lookup_a (c int);",
    "public/create_stored_procedures/numbers.sql": (
        "create function staging.one() returns int language sql as 'select 1';"
    ),
    "public/populate_tables/lookup/lookup_tables.yaml": (
        "lookup_a:\n  columns: [c]\n  rows: [[1]]\n"
    ),
    "public/populate_tables/demo/POPULATE-staging-dogs.sql": ("insert into staging.dogs select 1;"),
}
PRIVATE = {
    "private/tables/CREATE-staging-Dogs.sql": "create table staging.dogs (id bigint, name text);",
    "private/fill/north/POPULATE-staging-cats.sql": "insert into staging.cats select 2;",
    "private/fill/north/CREATE-staging-cats.sql": "create table staging.cats (id smallint);",
    "private/more.yaml": "lookup_a:\n  columns: [c]\n  rows: [[2], [3]]\n",
}


def settings(folder: Path, **environ: str) -> dict[str, str]:
    return {"STAGING_SQL_DIR": str(folder / "public"), **environ}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_project(tmp_path, {**PUBLIC, **PRIVATE})


def test_the_first_folder_that_has_a_table_wins_and_the_other_is_named(folder: Path) -> None:
    value = read_settings(
        settings(
            folder,
            STAGING_CREATE_DIR=f"{folder}/private/tables:{folder}/public/create_tables",
        )
    )
    project = load_project(value, "demo")
    assert [column.name for column in project.tables["dogs"].columns] == ["id", "name"]
    assert set(project.tables) == {"dogs", "cats", "lookup_a"}
    ((used, other),) = project.shadowed
    assert used.endswith("private/tables/CREATE-staging-Dogs.sql")
    assert other.endswith("public/create_tables/CREATE-staging-dogs.sql")
    assert project.find_given_way(used) == [other]
    assert project.find_given_way(other) == []


def test_a_departments_own_create_script_wins_over_the_shared_one(folder: Path) -> None:
    folders = ScriptFolders(
        folder / "public",
        populate_dirs=(folder / "private" / "fill", folder / "public" / "populate_tables"),
    )
    project = load_project(folders, "north")
    assert [column.type for column in project.tables["cats"].columns] == ["smallint"]
    assert project.tables["cats"].populate is not None
    assert project.tables["dogs"].populate is None
    assert len(project.shadowed) == 1
    assert load_project(folders, "demo").tables["cats"].columns[0].type == "int"


def test_the_rows_of_lookup_files_are_added_up(folder: Path) -> None:
    shared = folder / "public/populate_tables/lookup/lookup_tables.yaml"
    folders = ScriptFolders(folder / "public", lookup_files=(shared, folder / "private/more.yaml"))
    lookup = load_project(folders, "demo").tables["lookup_a"].lookup
    assert lookup is not None
    assert len(lookup.rows) == 3


def test_a_folder_or_file_that_is_not_there_is_named_with_what_to_do(folder: Path) -> None:
    folders = ScriptFolders(
        folder / "public",
        create_dirs=(folder / "nowhere",),
        lookup_files=(folder / "none.yaml",),
    )
    with pytest.raises(ProjectError) as caught:
        load_project(folders, "demo")
    told = str(caught.value)
    assert "nowhere:1:1: there is no such folder" in told
    assert "none.yaml:1:1: there is no such file. Check STAGING_LOOKUP_FILE" in told


def test_without_a_folder_of_its_own_everything_may_lie_elsewhere(folder: Path) -> None:
    folders = ScriptFolders(
        folder / "missing",
        create_dirs=(folder / "private" / "tables",),
        populate_dirs=(folder / "public" / "populate_tables",),
        lookup_files=(),
    )
    with pytest.raises(ProjectError, match="lookup_a"):
        load_project(folders, "demo")
    (folder / "public/populate_tables/lookup/lookup_tables.yaml").unlink()
    assert set(load_project(folders, "demo").tables) == {"dogs"}


def test_two_scripts_for_a_table_in_one_folder_are_a_problem_still(folder: Path) -> None:
    make_project(
        folder, {"public/create_tables/CREATE-staging-DOGS.sql": "create table staging.dogs ();"}
    )
    with pytest.raises(ProjectError, match="creates dogs, as"):
        load_project(folder / "public", "demo")


def test_a_folder_without_any_department_makes_empty_tables_and_lookup_rows(folder: Path) -> None:
    for script in (folder / "public/populate_tables/demo").iterdir():
        script.unlink()
    (folder / "public/populate_tables/demo").rmdir()
    project = load_project(folder / "public", "whoever")
    assert project.tables["lookup_a"].lookup is not None
    assert not project.tables["dogs"].filled
