"""The lookup YAML's values; its mistakes are cases under projects/lookup_*."""

from __future__ import annotations

from pathlib import Path

import pytest

from staging_assets.errors import ProjectError
from staging_assets.model import Cell, Kind, Lookup, Number, StagingProject
from staging_assets.project.load import load_project
from staging_assets_tests.support.folders import make_project

TABLE = (
    "create table staging.lookup_a (code int primary key, value varchar(20), at date, tags text[]);"
)
SHARED = "populate_tables/lookup/lookup_tables.yaml"
OWN = "populate_tables/demo/lookup_tables.yaml"


def load(folder: Path, **files: str) -> StagingProject:
    tables = {"create_tables/CREATE-staging-lookup_a.sql": TABLE, "populate_tables/demo/x": ""}
    return load_project(make_project(folder, {**tables, **files}), "demo")


def find_lookup(folder: Path, **files: str) -> Lookup:
    lookup = load(folder, **files).tables["lookup_a"].lookup
    assert lookup is not None
    return lookup


@pytest.mark.parametrize(
    ("written", "code", "value"),
    [
        ("[1, one]", Number("1", "1"), "one"),
        ("[-5, 'quoted']", Number("-5", "-5"), "quoted"),
        ("[0x1F, No]", Number("0x1F", "31"), "No"),
        ("[-0b11, 0b11]", Number("-0b11", "-3"), "0b11"),
        ("[0o17, yes]", Number("0o17", "15"), "yes"),
        ("[1_000, 007]", Number("1_000", "1000"), "007"),
        ("[685_230.15, 1_000]", Number("685_230.15", "685230.15"), "1_000"),
        ("[010, 08]", Number("010", "010"), "08"),
        ("[1.50, 1.50]", Number("1.50", "1.50"), "1.50"),
        ("[12345678901234567.89, .inf]", Number(*["12345678901234567.89"] * 2), ".inf"),
        ("[.inf, 1]", Number(".inf", "Infinity"), "1"),
        ("[-.INF, 1]", Number("-.INF", "-Infinity"), "1"),
        ("[.nan, 1]", Number(".nan", "NaN"), "1"),
        ("[1e3, 1e3]", Number("1e3", "1e3"), "1e3"),
        ("[!!int '0x1F', !!str 1_0]", Number("0x1F", "31"), "1_0"),
        ("['0x1F', !!binary aGk=]", "0x1F", "\\x6869"),
        ("[1, 2001-01-01]", Number("1", "1"), "2001-01-01"),
        ("[1, 12:30]", Number("1", "1"), "12:30"),
        ("[1, 1.0]", Number("1", "1"), "1.0"),
        ("[1, ~]", Number("1", "1"), None),
        ("[1, null]", Number("1", "1"), None),
        ('[null, ""]', None, ""),
        ("[1, 'null']", Number("1", "1"), "null"),
        ("[2.5, 'a: b, %s {c} ''d'' \\n']", Number("2.5", "2.5"), "a: b, %s {c} 'd' \\n"),
    ],
)
def test_a_value_is_what_is_written_and_numbers_come_in_digits_besides(
    written: str, code: Cell, value: Cell, tmp_path: Path
) -> None:
    text = f"lookup_a:\n  columns: [code, value]\n  rows: [{written}]\n"
    assert find_lookup(tmp_path, **{SHARED: text}).rows == ((code, value),)


@pytest.mark.parametrize("written", ["190:20:30", "-1:30", "190:20:30.15", "1_0:05"])
def test_a_number_in_base_sixty_is_told_with_its_line(written: str, tmp_path: Path) -> None:
    text = f"lookup_a:\n  columns: [code]\n  rows:\n    - [1]\n    - [{written}]\n"
    with pytest.raises(
        ProjectError, match=r"lookup_tables\.yaml:5:8: .* is a number in base sixty"
    ):
        load(tmp_path, **{SHARED: text})


def test_a_day_that_is_none_is_told_with_its_line(tmp_path: Path) -> None:
    text = "lookup_a:\n  columns: [code, at]\n  rows:\n    - [1, 2001-02-30]\n"
    with pytest.raises(ProjectError, match=r"lookup_tables\.yaml:4:11: "):
        load(tmp_path, **{SHARED: text})


def test_a_value_that_holds_itself_is_told(tmp_path: Path) -> None:
    text = "lookup_a:\n  columns: [code, tags]\n  rows:\n    - [1, &a [*a]]\n"
    with pytest.raises(ProjectError, match=r"lookup_tables\.yaml:4:"):
        load(tmp_path, **{SHARED: text})


def test_dates_lists_and_anchors_are_read(tmp_path: Path) -> None:
    text = """
lookup_a:
  columns: &columns [code, at, tags]
  rows:
    - [1, 2001-02-03, [a, 'b', 007]]
    - - 2
      - null
      - []
lookup_b:
  columns: *columns
"""
    other = {"create_tables/CREATE-staging-lookup_b.sql": TABLE.replace("_a", "_b"), SHARED: text}
    project = load(tmp_path, **other)
    lookup = project.tables["lookup_a"].lookup
    assert lookup is not None
    assert lookup.label.endswith(f"/{SHARED}")
    assert lookup == Lookup(
        ("code", "at", "tags"),
        ((Number("1", "1"), "2001-02-03", ["a", "b", "007"]), (Number("2", "2"), None, [])),
        lookup.label,
        2,
    )
    assert lookup.places == (f"{lookup.label}:5", f"{lookup.label}:6")
    assert project.tables["lookup_b"].lookup is not None
    assert project.tables["lookup_b"].lookup.rows == ()


def test_names_are_folded_as_in_sql(tmp_path: Path) -> None:
    text = "staging.Lookup_A:\n  columns: [CODE, Value]\n  rows: [[1, one]]\n"
    assert find_lookup(tmp_path, **{SHARED: text}).columns == ("code", "value")


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "---\n", "lookup_a:\n  columns: [code]\n  rows:\n"]
)
def test_a_file_without_rows_is_no_mistake(text: str, tmp_path: Path) -> None:
    table = load(tmp_path, **{SHARED: text}).tables["lookup_a"]
    assert table.kind is Kind.LOOKUP
    assert table.filled == text.startswith("lookup_a")


def test_a_department_adds_rows_and_replaces_those_of_the_same_code(tmp_path: Path) -> None:
    shared = "lookup_a: {columns: [code, value], rows: [[1, one], [02, two], [3, three]]}"
    own = "lookup_a: {columns: [value, code], rows: [[zwei, 2], [four, 4]]}"
    lookup = find_lookup(tmp_path, **{SHARED: shared, OWN: own})
    assert lookup.columns == ("code", "value")
    assert [row[1] for row in lookup.rows] == ["one", "three", "zwei", "four"]
    assert [Path(place).parent.name for place in lookup.places] == [
        *("lookup", "lookup", "demo", "demo")
    ]


def test_a_department_may_fill_a_table_alone(tmp_path: Path) -> None:
    own = "lookup_a: {columns: [code], rows: [[1]]}"
    assert find_lookup(tmp_path, **{OWN: own}).rows == ((Number("1", "1"),),)


def test_the_hash_follows_the_rows(tmp_path: Path) -> None:
    one = find_lookup(tmp_path, **{SHARED: "lookup_a: {columns: [code], rows: [[1]]}"})
    two = find_lookup(tmp_path, **{SHARED: "lookup_a: {columns: [code], rows: [['1']]}"})
    assert one.sha256 != two.sha256
