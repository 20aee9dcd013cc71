"""Dagster's own command, which some of ours become: its history, its log, its exit code."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from staging_assets.cli.common.options import find_said_variables


def become_dagster(
    words: Sequence[str], *, dry_run: bool, config: str | None = None, **said: str | None
) -> int:
    """Go on as `dagster` with these words.

    Args:
        words: what follows the program's name.
        config: run config as JSON, for a command that takes it from files alone.
        dry_run: whether the command is only printed.
        said: of `schema_options`: they become the variables that they stand for.
    """
    if said.get("sql_dir"):
        said["sql_dir"] = os.path.abspath(said["sql_dir"] or "")  # noqa: PTH100
    variables = find_said_variables(**said)
    program = Path(sys.executable).parent / "dagster"
    if dry_run:
        settings = [f"{name}={shlex.quote(value)}" for name, value in variables.items()]
        read = ["--config", f"<(echo {shlex.quote(config)})"] if config else []
        print(" ".join([*settings, "dagster", shlex.join(words), *read]))
        return 0
    sys.stdout.flush()
    if config:
        words = [*words, "--config", _open_as_file(config)]
    return os.execve(program, [str(program), *words], {**os.environ, **variables})  # noqa: S606


def build_config(step: str, **given: Any) -> str | None:
    """Run config of a step as JSON; None when nothing was said for it.

    Args:
        step: its name.
        given: its fields; None where nothing was said.
    """
    config = {name: value for name, value in given.items() if value is not None}
    return json.dumps({"ops": {step: {"config": config}}}) if config else None


def _open_as_file(text: str) -> str:
    """A path that reads as the text, once, in this process and what it becomes."""
    end, beginning = os.pipe()
    os.write(beginning, text.encode())
    os.close(beginning)
    os.set_inheritable(end, True)
    return f"/dev/fd/{end}"
