"""What happens to further signals while a run that was stopped is wound up."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_PATIENCE = 6.0
"""Seconds after which a further signal ends the process: the server then clears up by itself."""


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let a second Ctrl-C not break off what the first one began, which takes a moment.

    What is wound up is cancelling queries on the server, and noting what has been built.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    began = time.monotonic()

    def handle(number: int, frame: FrameType | None) -> None:
        if time.monotonic() - began > _PATIENCE:
            os._exit(128 + number)

    before = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
