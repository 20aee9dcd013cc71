"""What Dagster's own log shows on standard error: warnings and errors, a line each.

Dagster's stock console logger writes every event, several lines for each table, and a stack of its
own under every failure. All of that is in the history, which the UI shows. Here a person sees what
went wrong, once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TextIO

from staging_assets.defs.reporting.bar import take_away
from staging_assets.defs.reporting.streams import find_stderr

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_NAME = "staging_assets.console"
_ON_SCREEN = ("failed: ", "skipped: ", "checks failed: ")
"""What begins like this is told in full on standard output."""

FAILED, SKIPPED, CHECK_FAILED = "table failed: ", "table skipped: ", "check failed: "
"""How lines begin that tell of it at once; on a terminal it stands on standard output."""


class _Lines(logging.Formatter):
    """`13:05:09 ERROR staging_build: ...`; what failed, and no stack."""

    default_time_format = "%H:%M:%S"

    def format(self, record: logging.LogRecord) -> str:
        about: dict[str, Any] = getattr(record, "dagster_meta", {})
        event = about.get("dagster_event")
        text = str(about.get("orig_message") or record.getMessage())
        step = about.get("step_key")
        failure = getattr(event, "step_failure_data", None) if _is_failure(event) else None
        if failure is not None:
            told = failure.user_failure_data
            text = (told.description if told else None) or f"{text}\n{_find_cause(failure.error)}"
            if text.startswith(_ON_SCREEN):
                text = text.splitlines()[0]
        line = f"{self.formatTime(record, self.default_time_format)} {record.levelname}"
        return f"{line} {step}: {text}" if step else f"{line} {text}"


class _Handler(logging.StreamHandler[TextIO]):
    """Writes a line where the bar of a terminal may stand: that is taken away first."""

    def emit(self, record: logging.LogRecord) -> None:
        take_away()
        super().emit(record)


def _is_on_screen(record: logging.LogRecord) -> bool:
    about: dict[str, Any] = getattr(record, "dagster_meta", {})
    return str(about.get("orig_message", "")).startswith((CHECK_FAILED, FAILED, SKIPPED))


def _is_failure(event: Any) -> bool:
    return event is not None and event.event_type_value == "STEP_FAILURE"


def _find_cause(error: Any) -> str:
    """The last cause of an error that is none of ours, with its stack: it is a bug."""
    while error is not None and error.cause is not None:
        error = error.cause
    return "" if error is None else error.to_string().strip()


def build_console_logger(level: str, stopped: Callable[[], int] = lambda: 0) -> logging.Logger:
    """A logger of lines on standard error.

    Args:
        level: the least that is shown, one of `LEVELS`.
        stopped: when it gives a number, nothing is shown any more.
    """
    logger = logging.Logger(_NAME, level)
    handler = _Handler(find_stderr())
    handler.setFormatter(_Lines())
    handler.addFilter(lambda record: not (_is_on_screen(record) or stopped()))
    logger.addHandler(handler)
    return logger
