"""What a contributor is told: the quick tests, the hooks before a commit, the folders of tests."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import yaml

from staging_assets_tests.support.distribution import TOGETHER

ROOT = Path(__file__).parent.parent
SAMPLE = """
import subprocess, sys
import pytest

def test_free():
    subprocess.run([sys.executable, "-c", "pass"], check=True)

@pytest.fixture
def server():
    return 1

def test_given(server):
    pass

@pytest.mark.parametrize("which", ["database", "database15"])
def test_named(which):
    pass

@pytest.mark.server
def test_marked():
    pass

def test_forgotten():
    subprocess.run(["/nowhere/postgres", "--version"])

START = "import subprocess; subprocess.run(['/bin/sh', '-c', 'true', 'sh', '/nowhere/initdb'])"

def test_forgotten_in_a_command():
    subprocess.run([sys.executable, "-c", START], check=True)
"""


def test_quick_tests_need_no_server_and_a_forgotten_mark_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "test_sample.py").write_text(SAMPLE)
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-rA", "--capture=fd", "-p", "no:cacheprovider"),
            *("-p", "staging_assets_tests.support.no_server", "--no-server", str(tmp_path)),
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    outcomes = set(re.findall(r"^(PASSED|FAILED) \S*test_sample\.py::(\w+)", ran.stdout, re.M))
    assert outcomes == {
        ("PASSED", "test_free"),
        ("FAILED", "test_forgotten"),
        ("FAILED", "test_forgotten_in_a_command"),
    }, ran.stdout
    assert "4 deselected" in ran.stdout
    # Once as pytest shows an error, once as the child wrote it; a summary may repeat either.
    said = "RuntimeError: a server is started though none may be"
    assert len(re.findall(rf"^E +{said}", ran.stdout, re.M)) == 1, ran.stdout
    assert len(re.findall(rf"^{said}", ran.stdout, re.M)) == 1, ran.stdout


def test_hooks_before_a_commit_are_what_make_lint_runs() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    entries = [hook["entry"] for hook in hooks]
    lint = (ROOT / "Makefile").read_text().partition("\nlint:")[2].partition("\n\n")[0]
    typed = [line.strip().removeprefix("@$(BIN)/") for line in lint.splitlines()[1:]]
    assert [command.split()[0] for command in typed] == ["ruff", "ruff", "mypy", "sqlfluff"]
    for entry, command in zip(entries, typed, strict=True):
        program, _, rest = entry.removeprefix(".venv/bin/").partition(" ")
        assert (program, rest.split()[:1]) == (command.split()[0], [*command.split()[1:2]])
        assert (Path(sys.prefix) / "bin" / program).exists()
    assert {hook["language"] for hook in hooks} == {"system"}


def test_contributing_names_every_folder_of_tests_and_no_other() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text().partition("## Tests")[2].partition("\n## ")[0]
    told = set(re.findall(r"^\| `(\w+)/` ", page, re.M))
    there = {
        path.name for path in Path(__file__).parent.iterdir() if (path / "__init__.py").exists()
    }
    assert told == there | {"data"}


def test_modules_that_one_worker_takes_are_there() -> None:
    assert [module for module in TOGETHER if not (ROOT / module).exists()] == []
