"""The lines that a person reads while a build runs."""

from __future__ import annotations

import io
from typing import Literal

import pytest

from staging_assets.defs.reporting.console import Screen
from staging_assets.scheduler import CrewSize
from staging_assets.scheduler.run import NodeResult


def show(*results: NodeResult, total: int, size: CrewSize | None = None) -> list[str]:
    out = io.StringIO()
    screen = Screen(total, out)
    if size is not None:
        screen.note_size(size)
    for result in results:
        screen.show(result)
    screen.show_summary("look there")
    return out.getvalue().splitlines()


def test_a_table_is_one_line_with_its_place_rows_and_seconds() -> None:
    lines = show(NodeResult("arrests", "built", rows=1234, seconds=0.5), total=97)
    assert lines[0].split() == ["[", "1/97]", "staging/arrests", "1,234", "rows", "0.50", "s"]


@pytest.mark.parametrize(
    ("status", "why", "told"),
    [
        ("built", "the server is 20 ms away", " s; 8 workers: the server is 20 ms away"),
        ("built", "", " s"),
        ("unchanged", "the server is 20 ms away", " s"),
    ],
)
def test_a_number_of_workers_that_is_not_the_default_is_told_with_its_reason(
    status: Literal["built", "unchanged"], why: str, told: str
) -> None:
    lines = show(NodeResult("arrests", status), total=1, size=CrewSize(8, why))
    (totals,) = (line for line in lines if "0 failed" in line)
    assert totals.endswith(told)


def test_a_failure_shows_its_reason_below_and_the_summary_names_it() -> None:
    lines = show(
        NodeResult("officers", "failed", message="a.sql:1:2: no.\n  caret"),
        NodeResult("arrests", "skipped", message="staging/officers failed"),
        NodeResult("races", "unchanged"),
        total=3,
    )
    assert lines[0].endswith("FAILED")
    assert lines[1:3] == ["    a.sql:1:2: no.", "      caret"]
    assert lines[3].endswith("skipped: staging/officers failed")
    totals = "0 built, 1 unchanged, 1 failed, 1 skipped; 0 rows"
    assert any(line.startswith(totals) for line in lines)

    assert "failed: staging/officers" in lines
    assert "skipped: staging/arrests" in lines
    assert lines[-2] == "look there"
    assert lines[-1].endswith("--select 'staging/officers,staging/arrests'")


def test_one_row_is_not_rows() -> None:
    assert " 1 row " in show(NodeResult("races", "built", rows=1, seconds=0.0), total=1)[0]
