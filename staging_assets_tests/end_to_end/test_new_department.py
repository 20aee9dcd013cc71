"""docs/new-department.md, followed literally: every block is pasted into a shell, in order."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from staging_assets_tests.support.commands import ROOT, find_environment, run_typed
from staging_assets_tests.support.forked import run_forked

pytestmark = pytest.mark.server

PAGE = (ROOT / "docs" / "new-department.md").read_text()
DONE = "--- block is done ---"


def find_blocks() -> list[str]:
    return re.findall(r"```sh\n(.*?)```", PAGE, flags=re.DOTALL)


def find_shown_rows() -> list[list[str]]:
    """The rows of the tables that the page shows, cell by cell."""
    lines = [line for line in PAGE.splitlines() if line.startswith("    ") and " | " in line]
    return [[cell.strip() for cell in line.split("|")] for line in lines]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The part of the project that the page works on, as a copy with an embedded server."""
    folder = tmp_path_factory.mktemp("department")
    for name in ("sql", "docs"):
        shutil.copytree(ROOT / name, folder / name)
    yield folder
    run_forked("staging-assets db stop", find_environment(), folder=folder)


@pytest.fixture(scope="module")
def pasted(root: Path) -> subprocess.CompletedProcess[str]:
    """What one shell says to all of the blocks; it stops at the first command that fails."""
    lines = ["set -e", *(f"{block}echo '{DONE}'" for block in find_blocks())]
    return run_typed("\n".join(lines), find_environment(), folder=root)


def test_every_block_of_the_page_works(pasted: subprocess.CompletedProcess[str]) -> None:
    assert pasted.returncode == 0, pasted.stdout + pasted.stderr
    assert pasted.stdout.count(DONE) == len(find_blocks())
    assert "Traceback" not in pasted.stdout + pasted.stderr


def test_the_page_shows_what_comes_out(pasted: subprocess.CompletedProcess[str]) -> None:
    printed = [[cell.strip() for cell in line.split("|")] for line in pasted.stdout.splitlines()]
    shown = find_shown_rows()
    assert len(shown) == 2 + 3 + 2
    assert [row for row in shown if row not in printed] == []


def test_both_tables_are_built_and_the_rest_is_empty(
    pasted: subprocess.CompletedProcess[str],
) -> None:
    assert re.search(r"staging/officers_hub +3 rows", pasted.stdout)
    assert re.search(r"staging/events_hub +2 rows", pasted.stdout)
    assert re.search(r"staging/arrests +0 rows", pasted.stdout)
    assert ", 0 failed, 0 skipped" in pasted.stdout


def test_its_checks_are_evaluated(pasted: subprocess.CompletedProcess[str]) -> None:
    checked = pasted.stdout.split(DONE)[6]
    assert re.search(r"ok +events_hub +row_count_between", checked)
    assert re.search(r"ok +officers_hub +department_defined_officer_id_unique", checked)


def test_taking_it_away_leaves_the_project_as_it_was(
    root: Path, pasted: subprocess.CompletedProcess[str]
) -> None:
    assert (root / "sql" / "staging.yaml").read_text().rstrip() == (
        ROOT / "sql" / "staging.yaml"
    ).read_text().rstrip()
    assert not (root / "sql" / "populate_tables" / "riverton").exists()
