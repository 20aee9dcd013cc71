"""SQLAlchemy engines whose errors hold no values of rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg2
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.pool import NullPool

from staging_assets.postgres.redaction import find_safe_message


def make_engine(connect: Callable[[], Any]) -> Engine:
    """Return an engine that pools nothing.

    Args:
        connect: opens one of the driver's connections.
    """
    engine = create_engine(
        "postgresql+psycopg2://",
        creator=connect,
        poolclass=NullPool,
        hide_parameters=True,
        use_native_hstore=False,
    )
    event.listen(engine, "handle_error", _hide)
    return engine


def hide_values(error: BaseException) -> None:
    """Take the values of rows out of what an error of the driver says.

    The driver puts parameters into the statement itself, so that the line that Postgres quotes
    has them, and so has the DETAIL of a broken key.
    """
    if isinstance(error, psycopg2.Error) and error.pgcode is not None:
        text = find_safe_message(error.diag.message_primary or "", error.pgcode, "")
        hint = f" {error.diag.message_hint}" if error.diag.message_hint else ""
        error.args = (f"{text} (SQLSTATE {error.pgcode}).{hint}",)


def _hide(context: ExceptionContext) -> None:
    hide_values(context.original_exception)
    raised, original = context.sqlalchemy_exception, context.original_exception
    if raised is not None:
        module = type(original).__module__
        raised.args = (f"({module}.{type(original).__name__}) {original}",)
