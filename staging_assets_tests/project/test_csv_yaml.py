"""The key `csv` of staging.yaml: what it says for which file, and its mistakes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from staging_assets.errors import ProjectError
from staging_assets.model import CsvFormat, CsvOptions
from staging_assets.project import load_project
from staging_assets_tests.support.folders import make_project

DOCUMENTED = Path(__file__).parents[2] / "docs" / "csv.md"


def load(folder: Path, text: str) -> CsvOptions:
    files = {"create_tables/.keep": "", "populate_tables/demo/.keep": "", "staging.yaml": text}
    return load_project(make_project(folder, files), "demo").config.csv


def test_the_example_of_the_documentation_means_what_it_says(tmp_path: Path) -> None:
    example = re.findall(r"```yaml\n(.*?)```", DOCUMENTED.read_text(), re.DOTALL)[0]
    options = load(tmp_path, example)
    assert options.find_format("other.csv") == CsvFormat(
        "iso8859-1", ";", skips_blank_lines=True, declared=True
    )
    assert options.find_format("licences.csv") == CsvFormat(
        table="dog_licences", skips_blank_lines=True, declared=True
    )
    assert options.find_format("export_1.csv") == CsvFormat(
        encoding="iso8859-1",
        delimiter="\t",
        quote="",
        null="NA",
        header=("id", "owner", "chip"),
        skips_blank_lines=True,
        declared=True,
    )


def test_without_the_key_files_are_as_they_always_were(tmp_path: Path) -> None:
    assert load(tmp_path, "").find_format("x.csv") == CsvFormat()


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ("{null: NULL}", {"null": "NULL"}),
        ("{null: ~}", {"null": "~"}),
        ('{null: ""}', {"null": ""}),
        ("{header: no}", {"header": False}),
        ("{header: True}", {"header": True}),
        (r'{delimiter: "\t"}', {"delimiter": "\t", "declared": True}),
        ('{quote: ""}', {"quote": ""}),
        (r'{escape: "\\"}', {"escape": "\\"}),
        ("{encoding: UTF8}", {}),
        ("{encoding: Windows-1252}", {"encoding": "cp1252"}),
        ("{names: repair, blank_lines: skip}", {"repairs_names": True, "skips_blank_lines": True}),
        ("{files: {X.csv: {delimiter: '|'}}}", {}),
        ("{files: {'*': {null: a}, 'x.*': {null: b}, 'y*': {null: c}}}", {"null": "b"}),
    ],
)
def test_a_key_says_how_a_file_is_written(
    tmp_path: Path, said: str, fields: dict[str, str]
) -> None:
    assert load(tmp_path, f"csv: {said}\n").find_format("x.csv") == CsvFormat(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("[a]", r":1:6: `csv` is no mapping"),
        ("{delimeter: ';'}", r":1:7: unknown key 'delimeter'. Use one of: encoding, .*, files"),
        ("{table: x}", r":1:7: unknown key 'table'"),
        ("{delimiter: ;;}", r":1:18: the delimiter is no single ASCII character"),
        ("{delimiter: ''}", r":1:18: the delimiter is no single"),
        ("{delimiter: é}", r":1:18: the delimiter is no single"),
        (r'{quote: "\n"}', r":1:14: the quote is no single"),
        ("{encoding: klingon}", r":1:17: there is no encoding 'klingon'"),
        ("{encoding: hex}", r":1:17: there is no encoding 'hex'"),
        ("{header: maybe}", r":1:15: 'maybe' is neither true nor false"),
        ("{header: [a, a]}", r":1:15: these names are none, or too long, or there twice"),
        ("{names: fix}", r":1:14: 'fix' is none of its words. Write refuse or repair"),
        ("{blank_lines: yes}", r":1:20: 'yes' is none of its words. Write refuse or skip"),
        ("{files: {a.csv: {tabel: x}}}", r":1:23: unknown key 'tabel'"),
        ("{files: {a.csv: {delimiter: '|', quote: '|'}}}", r":1:23: the delimiter and the quote"),
        ("{files: {a.csv: {table: " + "x" * 64 + "}}}", r":1:30: the name is longer than 63"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, said: str, told: str) -> None:
    with pytest.raises(ProjectError, match=f"staging.yaml{told}"):
        load(tmp_path, f"csv: {said}\n")
