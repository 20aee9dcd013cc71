"""docs/dagster.md: every fault of Dagster that is patched here is still there without the patch."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import pytest

from staging_assets_tests.support.commands import ROOT, find_environment
from staging_assets_tests.support.forked import run_forked

PAGE = ROOT / "docs" / "dagster.md"
PATCHES = ROOT / "staging_assets" / "defs" / "dagster_patches"
_SECTION = re.compile(
    r"^## (?P<title>[^\n]+)\n(?:(?!^## ).)*?"
    r"^```python\n(?P<script>.*?)^```\n\n```text\n(?P<told>.*?)\n```",
    re.MULTILINE | re.DOTALL,
)
_ROW = re.compile(r"^\| \[[^|]*\]\(#(?P<anchor>[^)]*)\) \| (?P<patch>[^|]*) \|", re.MULTILINE)
_LINES = range(10, 29)


class Fault(NamedTuple):
    script: str
    told: str
    patch: str


def find_anchor(title: str) -> str:
    return re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")


def read_faults() -> dict[str, Fault]:
    """Title of the section to what stands there."""
    text = PAGE.read_text()
    patches = dict(_ROW.findall(text))
    return {
        found["title"]: Fault(
            found["script"], found["told"], patches.pop(find_anchor(found["title"]))
        )
        for found in _SECTION.finditer(text)
    }


FAULTS = read_faults()


@pytest.mark.parametrize("title", FAULTS)
def test_the_fault_is_still_there_without_the_patch(title: str, tmp_path: Path) -> None:
    script, told, patch = FAULTS[title]
    file = tmp_path / "fault.py"
    file.write_text(script)
    ran = run_forked(f"python {file}", find_environment(), folder=tmp_path)
    assert ran.returncode != 0, (
        f"Dagster {version('dagster')} does this well: {patch} and the section {title!r} of {PAGE}"
        " can go, once no Dagster of the range in pyproject.toml needs them."
    )
    last = ran.stderr.strip().splitlines()[-1]
    assert re.sub(r"[\d.]+", "0", last) == re.sub(r"[\d.]+", "0", told), ran.stderr


def test_every_patch_has_its_script_and_every_script_its_line() -> None:
    text = PAGE.read_text()
    rows = dict(_ROW.findall(text))
    assert rows.keys() == {find_anchor(title) for title in FAULTS}
    named = {Path(name).name for patch in rows.values() for name in re.findall("`([^`]+)`", patch)}
    there = {path.name for path in PATCHES.glob("*.py")} - {"__init__.py", "make_history.py"}
    assert named == there | {"home.py", "ready_history.py"}
    for fault in FAULTS.values():
        assert len(fault.script.splitlines()) in _LINES
        assert "staging_assets" not in fault.script
