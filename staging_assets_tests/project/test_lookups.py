"""The lookup YAML's values; its mistakes are cases under projects/lookup_*."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from staging_assets.model import Kind, Lookup, StagingProject
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
        ("[1, one]", 1, "one"),
        ("[-5, 'quoted']", -5, "quoted"),
        ("[0x10, No]", 16, "No"),
        ("[1_000, 007]", 1000, "007"),
        ("[1, 2001-01-01]", 1, "2001-01-01"),
        ("[1, 12:30]", 1, "12:30"),
        ("[1, 1.0]", 1, "1.0"),
        ("[1, ~]", 1, None),
        ("[1, ]", 1, None),
        ('[null, ""]', None, ""),
        ("[1, 'null']", 1, "null"),
        ("[2.5, 'a: b, %s {c} ''d'' \\n']", 2.5, "a: b, %s {c} 'd' \\n"),
    ],
)
def test_a_value_for_text_is_what_is_written_and_others_are_what_yaml_reads(
    written: str, code: Any, value: Any, tmp_path: Path
) -> None:
    if written == "[1, ]":
        written = "[1, null]"
    text = f"lookup_a:\n  columns: [code, value]\n  rows: [{written}]\n"
    assert find_lookup(tmp_path, **{SHARED: text}).rows == ((code, value),)


def test_dates_lists_and_anchors_are_read(tmp_path: Path) -> None:
    text = """
lookup_a:
  columns: &columns [code, at, tags]
  rows:
    - [1, 2001-02-03, [a, 'b']]
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
        ((1, date(2001, 2, 3), ["a", "b"]), (2, None, [])),
        lookup.label,
        2,
    )
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
    shared = "lookup_a: {columns: [code, value], rows: [[1, one], [2, two], [3, three]]}"
    own = "lookup_a: {columns: [value, code], rows: [[zwei, 2], [four, 4]]}"
    lookup = find_lookup(tmp_path, **{SHARED: shared, OWN: own})
    assert lookup.columns == ("code", "value")
    assert lookup.rows == ((1, "one"), (3, "three"), (2, "zwei"), (4, "four"))


def test_a_department_may_fill_a_table_alone(tmp_path: Path) -> None:
    own = "lookup_a: {columns: [code], rows: [[1]]}"
    assert find_lookup(tmp_path, **{OWN: own}).rows == ((1,),)


def test_the_hash_follows_the_rows(tmp_path: Path) -> None:
    one = find_lookup(tmp_path, **{SHARED: "lookup_a: {columns: [code], rows: [[1]]}"})
    two = find_lookup(tmp_path, **{SHARED: "lookup_a: {columns: [code], rows: [['1']]}"})
    assert one.sha256 != two.sha256
