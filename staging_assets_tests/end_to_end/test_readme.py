"""The README followed as a newcomer would: a fresh clone, a fresh environment, nothing set."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from staging_assets.checks import KINDS
from staging_assets.project import load_project
from staging_assets.settings import VARIABLES
from staging_assets_tests.support.commands import ROOT, find_environment, run_typed

pytestmark = pytest.mark.server

README = (ROOT / "README.md").read_text()


def find_blocks(text: str) -> list[str]:
    """The shell blocks of a page, in order."""
    return re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL)


def find_text(text: str) -> list[list[str]]:
    """The lines of each block of output of a page."""
    return [block.splitlines() for block in re.findall(r"```text\n(.*?)```", text, re.DOTALL)]


def without_figures(line: str) -> str:
    """A line of output without what differs from run to run: its place and its seconds."""
    return re.sub(r"^\[ *\d+/| +\d+\.\d+ s$|in \d+\.\d s$", "", line)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What is committed, plus what is about to be, as a folder with a space in its name."""
    folder = tmp_path_factory.mktemp("new comer") / "staging_assets"
    folder.mkdir()
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    yield folder
    run_typed(".venv/bin/staging-assets db stop", find_environment(), activate=False, folder=folder)


@pytest.mark.timeout(900)
def test_every_command_of_the_readme_works_on_a_fresh_clone(clone: Path) -> None:
    environment = find_environment()
    activated = False
    for block in find_blocks(README):
        for line in block.splitlines():
            command = line.split("  #")[0].strip()
            if not command or command == "make test":  # this very test is part of it
                continue
            if command == "source .venv/bin/activate":
                activated = True
                continue
            typed = f"source .venv/bin/activate && {command}" if activated else command
            ran = run_typed(typed, environment, activate=False, folder=clone, timeout=600)
            screen = ran.stdout + ran.stderr
            assert ran.returncode == 0, f"{command}\n{screen}"
            assert "Traceback" not in screen, f"{command}\n{screen}"
            assert "Warning" not in screen or "validate" in command, f"{command}\n{screen}"
            if command == "make demo":
                shown = find_text(README)[0]
                assert {without_figures(row) for row in shown} - {
                    "...",
                    *map(without_figures, ran.stdout.splitlines()),
                } == set()
    # The server, which has been stopped, is started by whoever needs it.
    again = "make install && .venv/bin/dagster asset materialize --select staging/schema"
    ran = run_typed(again, environment, activate=False, folder=clone)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_message_that_the_readme_explains_is_the_one_that_is_explained_at_length() -> None:
    errors = find_text((ROOT / "docs" / "errors.md").read_text())
    assert find_text(README)[1] in errors


def test_the_readme_counts_what_the_demo_builds() -> None:
    project = load_project(ROOT / "sql", "demo", KINDS)
    lookups = [table for table in project.tables.values() if table.lookup is not None]
    said = (
        f"{1 + len(project.procedures) + len(project.tables) + len(project.cleanups)} are the "
        f"schema, {len(project.procedures)} files of stored procedures, {len(project.tables)} "
        f"tables ({len(lookups)} of them lookup tables) and {len(project.cleanups)} cleanups"
    )
    assert said in " ".join(README.split())


def test_links_of_the_readme_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target


def test_every_setting_that_the_readme_names_is_one() -> None:
    named = set(re.findall(r"STAGING_[A-Z_]+[A-Z]", README))
    known = {name for variable in VARIABLES for name in variable.names}
    assert named - known == set()


def test_pictures_are_there_and_small() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    shown = {
        page.parent / path
        for page in pages
        for path in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", page.read_text())
    }
    assert {path.name for path in shown} >= {"catalogue.png", "report.png", "timeline.png"}
    for path in (each for each in shown if each.parent.name == "images"):
        assert path.read_bytes().startswith(b"\x89PNG"), path
        assert path.stat().st_size < 150 * 1024, f"{path}: take it anew (make pictures)"
