"""The last line of a terminal while a build runs: how far it is, at what, and until when."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live

_EVERY = 0.2
"""Seconds between two drawings."""


_shown: list[Bar] = []


def take_away() -> None:
    """Take the bar away, if there is one: something else is to be written. It comes again."""
    for bar in list(_shown):
        bar.close()


def is_terminal(out: TextIO) -> bool:
    """Whether what is written there is seen by a person, and a line can be drawn again."""
    try:
        if not out.isatty():
            return False
    except ValueError:  # it is closed
        return False
    console = _open_console(out)
    return console.is_terminal and not console.is_dumb_terminal


class Bar:
    """One line that is drawn again and again; whatever else is printed stands above it.

    Args:
        out: a terminal.
        total: how many nodes there are.
    """

    def __init__(self, out: TextIO, total: int) -> None:
        self._console = _open_console(out)
        self._total = total
        self._live: Live | None = None
        self._drawn = 0.0

    def show(self, building: Mapping[str, float], done: int, left: float | None) -> None:
        """Draw it, if the last drawing is old enough.

        Args:
            building: name to the seconds since it began, the longest first.
            done: how many nodes have ended.
            left: seconds that the rest may take, or None.
        """
        now = time.monotonic()
        if now - self._drawn < _EVERY:
            return
        self._drawn = now
        line = self._build_line(building, done, left)
        if self._live is None:
            from rich.live import Live  # noqa: PLC0415 - only a terminal needs it

            self._live = Live(
                line,
                console=self._console,
                auto_refresh=False,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start(refresh=True)
            _shown.append(self)
        else:
            self._live.update(line, refresh=True)

    def print_above(self, line: str) -> None:
        """Print a line for good."""
        self._console.print(line, markup=False, highlight=False, soft_wrap=True, emoji=False)

    def close(self) -> None:
        """Take it away."""
        if self._live is not None:
            self._live.stop()
            self._live = None
            _shown.remove(self)

    def _build_line(self, building: Mapping[str, float], done: int, left: float | None) -> str:
        width = 20
        filled = width * done // max(self._total, 1)
        until = "" if left is None else f", about {_spell(left)} left"
        now = ", ".join(f"{name} {_spell(age)}" for name, age in building.items())
        text = f"{'█' * filled}{'░' * (width - filled)} {done}/{self._total}{until}  {now}"
        return text[: max(self._console.width - 1, 1)].replace("[", "\\[")


def _spell(seconds: float) -> str:
    minutes, rest = divmod(int(seconds + 0.5), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def _open_console(out: TextIO) -> Console:
    from rich.console import Console  # noqa: PLC0415 - only a terminal needs it

    return Console(file=out, highlight=False)
