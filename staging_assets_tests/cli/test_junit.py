"""Check results as JUnit XML."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from staging_assets.checks import Check, CheckResult, build_error
from staging_assets.cli.checking.junit import build_junit, write_junit

RESULTS = [
    CheckResult("table_not_empty", "arrests", True),
    CheckResult("min_rows", "arrests", False, summary="3 < 5 & more", metadata={"rows": 3}),
    build_error(Check("odd", "sql", "stops"), 'relation "x" does not exist (42P01)'),
]


def read(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)


def test_a_table_is_a_suite_and_a_check_a_case() -> None:
    root = read(build_junit(RESULTS, 1.5))
    assert root.attrib == {
        "name": "staging checks",
        "time": "1.500",
        "tests": "3",
        "failures": "1",
        "errors": "1",
        "skipped": "0",
    }
    assert [suite.get("name") for suite in root] == ["staging.arrests", "staging.stops"]
    good, bad = root[0]
    assert (good.get("classname"), good.get("name"), len(good)) == (
        "staging.arrests",
        "table_not_empty",
        0,
    )
    failure = bad.find("failure")
    assert failure is not None
    assert failure.get("message") == "3 < 5 & more"
    assert failure.text == "3 < 5 & more\nrows: 3"
    error = root[1][0].find("error")
    assert error is not None
    assert "does not exist" in str(error.get("message"))


def test_a_failed_warning_is_no_failure() -> None:
    warning = CheckResult("min_rows", "stops", False, "WARN", False, summary="3 rows")
    root = read(build_junit([warning], 0))
    assert (root.get("failures"), root.get("errors")) == ("0", "0")
    assert root[0][0].findtext("system-out") == "warning: 3 rows"


def test_characters_that_xml_cannot_hold_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "checks.xml"
    write_junit(path, [CheckResult("odd", "t", False, summary="a\x00b\ud800é")], 0)
    failure = ElementTree.parse(path).getroot()[0][0].find("failure")
    assert failure is not None
    assert failure.get("message") == "a?b?é"
