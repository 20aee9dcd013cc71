"""A command that is forked (`support/forked.py`) says and does what the one that is typed does."""

from __future__ import annotations

import json
import re
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from staging_assets_tests.end_to_end.test_commands import typed  # noqa: F401 - a fixture
from staging_assets_tests.support.commands import run_typed
from staging_assets_tests.support.forked import run_forked

WRONG = json.dumps({"ops": {"staging_build": {"config": {"rebuild": "chnged"}}}})
MINE = """
import json, os, sys
import dagster as dg

@dg.asset
def mine():
    print(json.dumps([sys.argv, os.getcwd(), dict(os.environ)]), flush=True)
    print("and this", file=sys.stderr)
    {then}

defs = dg.Definitions([mine], executor=dg.in_process_executor)
"""


def tell(ran: CompletedProcess[str]) -> tuple[int, str, str]:
    """Code and streams, without times, ids of runs and numbers of processes."""
    out, err = (
        re.sub(
            r"\d+\.?\d* ?m?s\b|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|[0-9a-f]{8}-[-0-9a-f]{27}", "#", text
        )
        for text in (ran.stdout, ran.stderr)
    )
    return ran.returncode, out, re.sub(r"- \d+ -", "- # -", err)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (f"dagster asset materialize --select 'staging/*' --config-json '{WRONG}'", 1),
        ("staging-assets show nothing", 1),
    ],
)
def test_both_ways_say_the_same(
    typed: dict[str, str],  # noqa: F811
    command: str,
    code: int,
) -> None:
    told = tell(run_typed(command, typed))
    assert told == tell(run_forked(command, typed))
    assert told[0] == code, told


@pytest.mark.parametrize(("then", "code"), [("raise ValueError('no')", 1), ("os._exit(7)", 7)])
def test_both_ways_have_the_same_environment_and_end_alike(
    typed: dict[str, str],  # noqa: F811
    tmp_path: Path,
    then: str,
    code: int,
) -> None:
    (tmp_path / "mine.py").write_text(MINE.format(then=then))
    command = "dagster asset materialize --select mine -f mine.py"
    told = []
    for run in (run_typed, run_forked):
        ran = run(command, typed, folder=tmp_path)
        assert ran.returncode == code, ran.stderr
        assert "and this" in ran.stderr
        line = next(line for line in ran.stdout.splitlines() if line.startswith("[["))
        words, where, variables = json.loads(line)
        # What bash has of its own, and a shell's line to show.
        for name in ("_", "SHLVL", "PWD", "OLDPWD", "PS1", "VIRTUAL_ENV_PROMPT"):
            variables.pop(name, None)
        told.append((words, where, variables, len(ran.stdout.splitlines())))
    assert told[0] == told[1]
