"""What the command line itself says, before any command is run."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from staging_assets.cli import app as cli

COMMAND = Path(sys.executable).parent / "staging-assets"


def test_help_lists_every_command_and_imports_none(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cli, "import_module", lambda name: pytest.fail(f"{name} was imported"))
        assert cli.main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {name} " in shown for name in ("check", "db"))
    assert "Exit codes: 0 all is well" in shown


def test_version_is_the_distributions(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"staging-assets, version {version('staging_assets')}\n"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["chek"], "there is no command 'chek'. Did you mean check?"),
        (["zzz"], "there is no command 'zzz'. staging-assets --help lists them."),
        (["check", "--jsn"], "No such option '--jsn'"),
        (["db", "stat"], "No such command 'stat'"),
    ],
)
def test_a_wrong_command_line_has_an_exit_code_of_its_own(
    capsys: pytest.CaptureFixture[str], typed: list[str], said: str
) -> None:
    assert cli.main(typed) == 64
    shown = capsys.readouterr()
    assert (shown.out, said in shown.err) == ("", True)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_can_complete(shell: str) -> None:
    told = {"_STAGING_ASSETS_COMPLETE": f"{shell}_source"}
    ran = subprocess.run(
        [COMMAND], env={**os.environ, **told}, capture_output=True, text=True, check=True
    )
    assert "_STAGING_ASSETS_COMPLETE" in ran.stdout


def test_a_command_and_its_options_are_completed() -> None:
    for words, expected in (
        ("staging-assets ch", "check"),
        ("staging-assets check --ju", "--junit"),
    ):
        told = {
            "_STAGING_ASSETS_COMPLETE": "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(words.count(" ")),
        }
        ran = subprocess.run(
            [COMMAND], env={**os.environ, **told}, capture_output=True, text=True, check=False
        )
        assert ran.stdout.split() == [f"plain,{expected}"]
