"""Check results as JUnit XML, which every CI system shows: a suite a table, a case a check."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from staging_assets.checks import CheckResult

# XML 1.0 cannot hold these at all, not even escaped.
_IMPOSSIBLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def build_junit(results: Sequence[CheckResult], seconds: float) -> str:
    """Build the XML.

    Args:
        results: of the checks, in the order in which they are shown.
        seconds: how long all of it took (checks share queries, so none has a time of its own).

    A failed check is a `failure`, one that could not be evaluated an `error`. A failed warning is
    no failure: it is a case with its text in `system-out`, since JUnit knows no warnings.
    """
    root = ElementTree.Element("testsuites", name="staging checks", time=f"{seconds:.3f}")
    tables: dict[str, list[CheckResult]] = {}
    for result in results:
        tables.setdefault(result.table, []).append(result)
    _count(root, results)
    for table, of_table in tables.items():
        suite = ElementTree.SubElement(root, "testsuite", name=f"staging.{table}", time="0")
        _count(suite, of_table)
        for result in of_table:
            _add_case(suite, result)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def write_junit(path: Path, results: Sequence[CheckResult], seconds: float) -> None:
    """Write the XML to a file, and make its folder. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(build_junit(results, seconds), encoding="utf-8")


def _count(element: ElementTree.Element, results: Sequence[CheckResult]) -> None:
    element.set("tests", str(len(results)))
    element.set("failures", str(sum(result.fails and not result.error for result in results)))
    element.set("errors", str(sum(result.error for result in results)))
    element.set("skipped", "0")


def _add_case(suite: ElementTree.Element, result: CheckResult) -> None:
    case = ElementTree.SubElement(
        suite, "testcase", classname=f"staging.{result.table}", name=result.name, time="0"
    )
    if result.passed:
        return
    summary = _IMPOSSIBLE.sub("?", result.summary)
    lines = [summary, *(f"{name}: {value}" for name, value in result.metadata.items())]
    details = _IMPOSSIBLE.sub("?", "\n".join(lines))
    if result.fails:
        kind = "error" if result.error else "failure"
        ElementTree.SubElement(case, kind, message=summary, type=result.severity).text = details
    else:
        ElementTree.SubElement(case, "system-out").text = f"warning: {details}"
