"""Lineage is remembered between runs, and found again as soon as anything says otherwise."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from staging_assets.model import ColumnSource, Relation
from staging_assets.project.lineage.cache import LineageCache
from staging_assets.project.load import load_project
from staging_assets_tests.support.builds import load, tables
from staging_assets_tests.support.commands import ROOT

CREATE = "create table staging.{} (id int, name text);"
FILES = tables(
    people=(CREATE.format("people"), "insert into staging.people select id, name from etl.people;"),
    copies=(CREATE.format("copies"), "insert into staging.copies select * from staging.people;"),
    empty=CREATE.format("empty"),
)
PEOPLE = {
    name: frozenset({ColumnSource(Relation("etl", "people"), name)}) for name in ("id", "name")
}


def find_all(folder: Path, home: Path) -> dict[str, object]:
    """What a run finds for each table, and leaves for the next one."""
    project = load_project(folder / "sql", "demo")
    memory = LineageCache(project, home)
    found = {name: dict(memory.find(name)) for name in project.tables}
    memory.save()
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    load(tmp_path, FILES)
    return tmp_path


def test_the_second_run_finds_the_same_and_does_not_load_sqlglot(
    folder: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    first = find_all(folder, home)
    assert first["people"] == PEOPLE
    assert first["empty"] == {}
    assert find_all(folder, home) == first
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from staging_assets_tests.project.test_lineage_cache import find_all\n"
        "assert find_all(Path(sys.argv[1]), Path(sys.argv[2]))['people']\n"
        "assert 'sqlglot' not in sys.modules\n"
    )
    arguments = [sys.executable, "-c", program, str(folder), str(home)]
    subprocess.run(arguments, cwd=ROOT, check=True, timeout=60)


def test_a_changed_script_and_a_changed_source_are_read_again(folder: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    find_all(folder, home)
    populate = folder / "sql/populate_tables/demo/POPULATE-staging-people.sql"
    populate.write_text("insert into staging.people select id, surname from etl.people;")
    changed = find_all(folder, home)
    assert changed["people"] == {
        **PEOPLE,
        "name": frozenset({ColumnSource(Relation("etl", "people"), "surname")}),
    }
    create = folder / "sql/create_tables/CREATE-staging-people.sql"
    create.write_text("create table staging.people (name text, id int);")
    swapped = find_all(folder, home)["copies"]
    assert swapped == {
        "id": frozenset({ColumnSource(Relation("staging", "people"), "name")}),
        "name": frozenset({ColumnSource(Relation("staging", "people"), "id")}),
    }
    # What no script of the folder needs any more is not kept.
    assert len(json.loads((home / "lineage-demo.json").read_text())) == 2


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "not json", '{"a": 1}'])
def test_a_damaged_file_is_replaced(folder: Path, tmp_path: Path, text: str) -> None:
    home = tmp_path / "home"
    first = find_all(folder, home)
    file = home / "lineage-demo.json"
    good = file.read_text()
    file.write_text(text)
    assert find_all(folder, home) == first
    assert json.loads(file.read_text()) == json.loads(good)
    broken = dict.fromkeys(json.loads(good), "broken")
    file.write_text(json.dumps(broken))
    assert find_all(folder, home) == first
    assert json.loads(file.read_text()) == json.loads(good)


def test_a_home_that_cannot_be_written_is_no_trouble(folder: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.write_text("a file where the folder would be")
    assert find_all(folder, home)["people"] == PEOPLE
    assert home.read_text() == "a file where the folder would be"
