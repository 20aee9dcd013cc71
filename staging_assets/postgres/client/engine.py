"""SQLAlchemy engines whose errors hold no values of rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg2
from sqlalchemy import create_engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg2 import PGDialect_psycopg2
from sqlalchemy.engine import Engine, ExceptionContext
from sqlalchemy.pool import NullPool

from staging_assets.postgres.messages.errors import find_safe_text
from staging_assets.postgres.messages.raised import find_raiser

_JOINED = "staging_assets"


class JoinedDialect(PGDialect_psycopg2):
    """For connections that only look like the driver's: types are registered on the real one."""

    supports_statement_cache = True

    def on_connect(self) -> Callable[[Any], None] | None:
        """Return what is done with every new connection."""
        usual = super().on_connect()  # type: ignore[no-untyped-call]
        return None if usual is None else lambda joined: usual(joined.driver_connection)


registry.register(f"postgresql.{_JOINED}", __name__, JoinedDialect.__name__)


def make_engine(connect: Callable[[], Any], *, joined: bool = False) -> Engine:
    """Return an engine that pools nothing.

    Args:
        connect: opens one of the driver's connections.
        joined: they are no such connections, but have one as their `driver_connection`.
    """
    engine = create_engine(
        f"postgresql+{_JOINED if joined else 'psycopg2'}://",
        creator=connect,
        poolclass=NullPool,
        hide_parameters=True,
        use_native_hstore=False,
        future=True,  # SQLAlchemy 1.4 as 2.0
    )
    event.listen(engine, "handle_error", _hide)
    return engine


def hide_values(error: BaseException) -> None:
    """Take the values of rows out of what an error of the driver says.

    The driver puts parameters into the statement itself, so that the line that Postgres quotes
    has them, and so has the DETAIL of a broken key.
    """
    if isinstance(error, psycopg2.Error) and error.pgcode is not None:
        text = find_safe_text(error)
        said = error.diag.message_hint if find_raiser(error.diag.context) is None else None
        hint = f" {said}" if said else ""
        error.args = (f"{text} (SQLSTATE {error.pgcode}).{hint}",)


def _hide(context: ExceptionContext) -> None:
    hide_values(context.original_exception)
    raised, original = context.sqlalchemy_exception, context.original_exception
    if raised is not None:
        module = type(original).__module__
        raised.args = (f"({module}.{type(original).__name__}) {original}",)
