"""Where lines for a person at a terminal go.

While a step runs, Dagster captures standard output and error in files, and shows them from there a
moment later, by a process of its own that is killed when the run ends: what comes last may be cut
off. In a command that a person types, lines go to where the streams led before.
"""

from __future__ import annotations

import os
import sys
from typing import TextIO

_kept: dict[str, TextIO] = {}


def keep_streams() -> None:
    """Keep the streams as they are now; called in commands, before any step runs."""
    for name in ("stdout", "stderr"):
        stream: TextIO = getattr(sys, name)
        try:
            copy = os.dup(stream.fileno())
        except (OSError, ValueError, AttributeError):
            continue
        _kept[name] = os.fdopen(
            copy, "w", buffering=1, encoding=stream.encoding, errors="backslashreplace"
        )


def find_stdout() -> TextIO:
    """Standard output: as it was kept, else as it is."""
    return _kept.get("stdout", sys.stdout)


def find_stderr() -> TextIO:
    """Standard error: as it was kept, else as it is."""
    return _kept.get("stderr", sys.stderr)
