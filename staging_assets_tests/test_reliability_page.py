"""The page of promises names tests that there are, and every proof has its line."""

from __future__ import annotations

import re
from pathlib import Path

from staging_assets_tests.support.figures import PAGE, write_figures

TESTS = Path(__file__).parent
ROW = re.compile(r"^\| .* \| .* \| `([^`|]+)` \|$", re.MULTILINE)


def test_every_line_names_a_test_that_there_is() -> None:
    named = ROW.findall(PAGE.read_text())
    assert len(named) > 20
    for each in named:
        file, _, name = each.partition("::")
        text = (TESTS / file).read_text()
        assert not name or f"def {name.partition('[')[0]}(" in text, each


def test_every_proof_has_its_line() -> None:
    page = PAGE.read_text()
    for file in sorted((TESTS / "trust").glob("test_*.py")):
        for name in re.findall(r"^def (test_\w+)", file.read_text(), re.MULTILINE):
            assert f"`trust/{file.name}::{name}" in page, name


def test_figures_go_into_the_lines_of_their_tests() -> None:
    page = "Figures of never.\n| a | old | `trust/a.py::b` |\n| c | old | `d.py` |\n"
    seen = {"trust/a.py::b": ("passed", "5 of 5"), "trust/x.py::y": ("passed", "1")}
    written = write_figures(page, seen)
    assert "| a | 5 of 5 | `trust/a.py::b` |\n| c | old | `d.py` |\n" in written
    assert "never" not in written
    broken = write_figures(page, {"trust/a.py::b": ("failed", "3 of 5")})
    assert "| a | **not kept**: 3 of 5 | `trust/a.py::b` |" in broken
