"""Ctrl-C and SIGTERM in a `dagster` command of this project, from its first moment to its last.

Dagster changes the handlers of both several times: it only notes a signal while it loads the
definitions and prepares the run, raises in the step, and ends with exit code 1 whatever came. So
what has come is noted here besides, by Python's wakeup descriptor, which every handler leaves
alone. The command ends with 128 plus the signal's number, as shells have it.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_DEFAULTS = (signal.default_int_handler, signal.SIG_DFL)


class _State:
    """Of this process: there is one set of handlers."""

    told = -1
    """Where the numbers of signals can be read; -1 when the signals were never taken."""
    came = 0
    begun = False
    handlers: dict[int, Any] = {}  # noqa: RUF012 - replaced, never changed


def take_signals() -> None:
    """From now on a signal ends this process at once, and is noted.

    A signal that the process ignores, or handles in a way of its own, is left alone. In its last
    moments, when Python takes its handlers away, a signal changes nothing of how the process ends.
    """
    _State.told, written = os.pipe()
    for end in (_State.told, written):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(written, warn_on_full_buffer=False)
    for number in _SIGNALS:
        if signal.getsignal(number) in _DEFAULTS:
            signal.signal(number, _leave)
            # Registered before anything else is imported, so called after everything else.
            atexit.register(signal.signal, number, signal.SIG_IGN)


def hold_signals() -> None:
    """Dagster only notes signals while definitions load, which takes a while: end at once."""
    if _State.told < 0:
        return
    if number := find_signal():
        _leave(number, None)
    _State.handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    for number, handler in _State.handlers.items():
        if handler != signal.SIG_IGN:
            signal.signal(number, _leave)


def release_signals() -> None:
    """The definitions are there: what a signal does is Dagster's business again."""
    for number, handler in _State.handlers.items():
        signal.signal(number, handler)
    _State.handlers, _State.begun = {}, True


def find_signal() -> int:
    """The number of the first SIGINT or SIGTERM that came; 0 when none did."""
    if _State.told >= 0 and not _State.came:
        try:
            numbers = os.read(_State.told, 64)
        except BlockingIOError:
            numbers = b""
        _State.came = next((number for number in numbers if number in _SIGNALS), 0)
    return _State.came


def _leave(number: int, frame: FrameType | None) -> None:
    """Nothing has begun yet, or all is done: just end."""
    if not _State.begun:
        print("cancelled: nothing had begun", file=sys.stderr, flush=True)
    os._exit(128 + (find_signal() or number))
