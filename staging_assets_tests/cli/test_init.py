"""`staging-assets init`: a project that builds at once, by what its own README says."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from staging_assets.cli import app as cli
from staging_assets_tests.support.commands import BIN, find_environment

pytestmark = pytest.mark.server


def test_a_new_project_builds_and_passes_its_own_test(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "My Dogs"
    assert cli.main(["init", str(folder)]) == 0
    assert f"cd {folder}\n    staging-assets build" in capsys.readouterr().out
    assert 'name = "my-dogs"' in (folder / "pyproject.toml").read_text()
    assert (folder / ".github" / "workflows" / "staging.yml").exists()
    assert ".staging/" in (folder / ".gitignore").read_text()
    environment = find_environment(PATH=f"{BIN}{os.pathsep}{os.environ['PATH']}")
    ran = subprocess.run(
        [BIN / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", folder],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 passed" in ran.stdout, ran.stdout


def test_the_readme_names_commands_and_folders_that_are_there(tmp_path: Path) -> None:
    assert cli.main(["init", str(tmp_path / "p")]) == 0
    readme = (tmp_path / "p" / "README.md").read_text()
    for command in re.findall(r"^staging-assets (\w+)", readme, re.M):
        assert cli.main([command, "--help"]) == 0
    for folder in re.findall(r"^\| `([^`]+)`", readme, re.M):
        assert (tmp_path / "p" / folder).exists()
    assert "{name}" not in readme


def test_nothing_is_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "README.md").write_text("mine")
    assert cli.main(["init", str(tmp_path)]) == 1
    assert "is there already. Name another folder." in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]
    (tmp_path / "file").write_text("")
    assert cli.main(["init", str(tmp_path / "file" / "x")]) == 1
    assert "Not a directory" in capsys.readouterr().err
