"""Lets Dagster's console log show what went wrong, and leave the rest to the history.

Dagster takes its own console logger unless the run's config names another one, and nothing but the
command line can give such a config to `dagster asset materialize`. The instance's log level would
do for the console, but it also keeps everything below it out of the history.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import dagster as dg

from staging_assets.defs.reporting.log import build_console_logger

_FUNCTION = "_logger_fn"
"""Where a `LoggerDefinition` keeps the function that makes its logger."""


def install_quiet_console(level: str, stopped: Callable[[], int] = lambda: 0) -> None:
    """Make Dagster's default console logger one of lines on standard error.

    A Dagster that keeps the function elsewhere is left as it is.

    Args:
        level: the least that is shown, such as "WARNING".
        stopped: whether a signal has come: what Dagster says of the end of the run is old then.
    """

    def build(_: Any) -> logging.Logger:
        return build_console_logger(level, stopped)

    if hasattr(dg.colored_console_logger, _FUNCTION):
        setattr(dg.colored_console_logger, _FUNCTION, build)
