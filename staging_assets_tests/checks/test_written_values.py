"""Numbers in the arguments of checks are what is written, and Postgres reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.checks import KINDS, find_checks
from staging_assets.errors import ProjectError
from staging_assets.postgres import Server
from staging_assets.project import load_project
from staging_assets_tests.support.builds import build, tables
from staging_assets_tests.support.folders import make_project


def load(folder: Path, spelled: str, value: str, check: str) -> Any:
    files = {
        **tables(
            t=(f"create table staging.t (c {spelled});", f"insert into staging.t values ({value});")
        ),
        "staging.yaml": f"checks:\n  t:\n    - {check}\n",
    }
    return load_project(make_project(folder, files), "demo", KINDS)


@pytest.mark.parametrize(
    ("spelled", "value", "listed"),
    [
        ("int", "10", "010"),
        ("int", "8", "08"),
        ("int", "31", "0x1F"),
        ("int", "1000", "1_000"),
        ("numeric", "12345678901234567.89", "12345678901234567.89"),
        ("numeric(5,2)", "1.5", "1.50"),
        ("double precision", "'Infinity'", ".inf"),
        ("text", "'010'", "010"),
        ("text", "'1.50'", "1.50"),
        ("text", "'0x1F'", "0x1F"),
        ("text", "'No'", "No"),
        ("boolean", "false", "No"),
        ("date", "'2001-02-03'", "2001-02-03"),
    ],
)
@pytest.mark.parametrize("which", ["database", "database15"])
def test_an_accepted_value_is_what_is_written(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    which: str,
    spelled: str,
    value: str,
    listed: str,
) -> None:
    server: Server = request.getfixturevalue(which)
    project = load(tmp_path, spelled, value, f"accepted_values: {{c: [{listed}]}}")
    result = build(server, project, checks=find_checks(project))["t"]
    assert result.status == "built", result.message
    assert "c_accepted_values" in {check.name for check in result.checks if check.passed}


def test_another_value_is_found(database: Server, witness: Connection, tmp_path: Path) -> None:
    project = load(tmp_path, "int", "8", "accepted_values: {c: [010]}")
    result = build(database, project, checks=find_checks(project))["t"]
    assert result.status == "failed"
    assert "1 row with another value" in (result.message or "")


@pytest.mark.parametrize(
    ("check", "arguments"),
    [
        ("min_rows: 010", {"rows": 10}),
        ("min_rows: 1_000", {"rows": 1000}),
        ("min_rows: 0x10", {"rows": 16}),
        ("row_count_change: 2.50", {"drop": 2.5, "growth": 2.5}),
    ],
)
def test_a_count_is_what_is_written(
    tmp_path: Path, check: str, arguments: dict[str, float]
) -> None:
    (declared,) = load(tmp_path, "int", "8", check).config.checks
    assert declared.arguments == arguments


@pytest.mark.parametrize("check", ["min_rows: 1:30", "accepted_values: {c: [190:20:30]}"])
def test_a_number_in_base_sixty_is_told_with_its_line(tmp_path: Path, check: str) -> None:
    with pytest.raises(ProjectError, match=r"staging\.yaml:3:"):
        load(tmp_path, "int", "8", check)
