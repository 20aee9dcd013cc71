"""Dagster's own command, which some of ours become: its history, its log, its exit code."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path


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
    variables = {
        f"STAGING_{name.upper()}": os.path.abspath(value) if name == "sql_dir" else value  # noqa: PTH100
        for name, value in said.items()
        if value is not None
    }
    program = Path(sys.executable).parent / "dagster"
    if dry_run:
        settings = [f"{name}={_quote(value)}" for name, value in variables.items()]
        read = ["--config", f"<(echo {_quote(config)})"] if config else []
        print(" ".join([*settings, "dagster", *map(_quote, words), *read]))
        return 0
    sys.stdout.flush()
    if config:
        words = [*words, "--config", _open_as_file(config)]
    return os.execve(program, [str(program), *words], {**os.environ, **variables})  # noqa: S606


def _open_as_file(text: str) -> str:
    """A path that reads as the text, once, in this process and what it becomes."""
    end, beginning = os.pipe()
    os.write(beginning, text.encode())
    os.close(beginning)
    os.set_inheritable(end, True)
    return f"/dev/fd/{end}"


def _quote(word: str) -> str:
    return word if re.fullmatch(r"[\w./:=-]+", word) else "'" + word.replace("'", "'\\''") + "'"
