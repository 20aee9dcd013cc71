"""How a command ends that a signal stopped: one line, and the exit code that shells expect."""

from __future__ import annotations

import atexit
import sys
from collections.abc import Callable

import click

from staging_assets.defs.reporting.streams import find_stderr

_told: list[str] = []
"""What was said in the end of a run: that it was stopped, or what it has built."""


def note_last_word(text: str) -> None:
    """Remember that a person has been told how the run ended."""
    _told.append(text)


def install_exit_code(find_signal: Callable[[], int]) -> None:
    """Let the command that loads the definitions end as one that was stopped, when it was.

    Dagster's own commands say "Materialization failed" then, and end with 1.

    Args:
        find_signal: the number of the signal that came; 0 when none did.
    """
    context = click.get_current_context(silent=True)
    if context is None:
        return

    def leave() -> None:
        if number := find_signal():
            sys.exit(128 + number)

    def tell() -> None:
        if find_signal() and not _told:
            print("cancelled: nothing was built", file=find_stderr(), flush=True)

    context.call_on_close(leave)
    # Registered before the run registers what it does in the end, so called after that.
    atexit.register(tell)
