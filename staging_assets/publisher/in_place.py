"""A new table in the place of the old one, filled where it stands, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from psycopg2.errorcodes import DUPLICATE_OBJECT

from staging_assets.model import Relation
from staging_assets.parser import quote, quote_literal
from staging_assets.postgres import Connection, Cursor
from staging_assets.publisher.attached import dependents
from staging_assets.publisher.attached.attachments import (
    CATALOG_SETTINGS,
    Attachments,
    read_attachments,
    run_prepare_attachments,
)
from staging_assets.publisher.attached.inbound_keys import find_left, find_unchecked, run_check
from staging_assets.publisher.request import PublishRequest
from staging_assets.publisher.swap_plan import (
    Exchange,
    check_possible,
    lock_hubs,
    plan_exchange,
    take_all_locks,
    tell_gone,
)
from staging_assets.publisher.table import run_settle
from staging_assets.publisher.transaction.autocommit import in_autocommit
from staging_assets.publisher.transaction.brief_locks import run_in_tries, take_locks
from staging_assets.publisher.transaction.steps import Step, StepError, explain, run_steps

_CHANGED = (
    "search_path",
    "jit",
    "plan_cache_mode",
    "enable_seqscan",
    "enable_hashjoin",
    "enable_mergejoin",
    "lock_timeout",
    "statement_timeout",
)
"""Settings that a publication changes in its transaction; a script must not find them so."""


def run_in_place(
    connection: Connection,
    request: PublishRequest,
    *,
    fill: Callable[[], None],
    audit: Callable[[Connection, Relation], None],
) -> None:
    """Put an empty new table in place of the old one, fill it there, and carry over what hangs.

    Args:
        connection: not in a transaction.
        request: what is published; the new table is empty.
        fill: fills the live table on the same connection, in the transaction that is open.
        audit: called after it.

    Raises BuildError, and whatever `fill` and `audit` raise; everything is then as it was.
    """
    tries = request.tries(f"building {request.live} in place", nested=True)
    with in_autocommit(connection), connection.cursor() as cursor:
        # The query is planned before anything is locked.
        run_prepare_attachments(cursor)
        cursor.execute("begin")
        try:
            restore = _read_settings(cursor)
            attached, exchange = run_in_tries(
                connection, tries, lambda cursor: _move_in(cursor, request)
            )
            cursor.execute(restore)
            fill()
            audit(connection, request.live)
            run_in_tries(
                connection, tries, lambda cursor: _attach(cursor, request, attached, exchange)
            )
            cursor.execute("commit")
        except BaseException:
            if not connection.closed:
                cursor.execute("rollback")
            raise
        tell_gone(attached, request)
        run_settle(connection, attached, request)


def _read_settings(cursor: Cursor) -> str:
    """Return the statement that brings the settings back to what they are now."""
    cursor.execute("select name, current_setting(name) from unnest(%s) as name", (list(_CHANGED),))
    parts = [
        f"set_config({quote_literal(name)}, {quote_literal(value)}, true)"
        for name, value in cursor.fetchall()
    ]
    return f"select {', '.join(parts)}"


def _move_in(cursor: Cursor, request: PublishRequest) -> tuple[Attachments, Exchange]:
    """Retire the old table and give its place to the new one, which is empty."""
    take_all_locks(cursor, request)
    attached = read_attachments(
        cursor,
        live_schema=request.live.schema,
        build_schema=request.shadow_schema,
        own=request.names,
    )
    check_possible(attached, request)
    drop, create = dependents.dependent_steps(
        cursor, attached.dependents, dependents.Mode.RECREATE, None
    )
    exchange = plan_exchange(
        attached,
        request,
        drop=drop,
        create=create,
        at_once=False,
        droppable=not attached.unknown,
        server_version=cursor.connection.server_version,
    )
    _run(cursor, exchange.move, attached, request)
    return attached, exchange


def _attach(
    cursor: Cursor, request: PublishRequest, attached: Attachments, exchange: Exchange
) -> None:
    """Give the new table, which is full by now, what the old one had."""
    live, later = request.live, request.rebuilt_later
    left = find_left(attached.inbound, live, later)
    tables = sorted({key.on for key in attached.inbound if key not in left})
    if tables:
        take_locks(cursor, [f"lock table {', '.join(tables)} in access exclusive mode"], tables)
    for key in find_unchecked(attached.inbound, live, later):
        run_check(cursor, key, live, target=quote(replace(live, name=key.references)))
    cursor.execute(CATALOG_SETTINGS)
    _run(cursor, exchange.detach, attached, request)
    for step in exchange.attach[: len(attached.carried)]:
        _run_unless_there(cursor, step, attached, request)
    _run(cursor, exchange.attach[len(attached.carried) :], attached, request)
    if exchange.finish and lock_hubs(cursor, attached):
        _run(cursor, exchange.finish, attached, request)
    _run(cursor, request.record_steps, attached, request)


def _run_unless_there(
    cursor: Cursor, step: Step, attached: Attachments, request: PublishRequest
) -> None:
    """Carry something over, unless what filled the table has made it itself, as it did before."""
    saved = f"savepoint staging_assets_carried;{step.statement};"
    guarded = Step(step.label, f"{saved}release savepoint staging_assets_carried")
    relations = [key.on for key in attached.inbound]
    try:
        run_steps(cursor, [guarded], singly=True, relations=relations)
    except StepError as failed:
        if failed.error.pgcode != DUPLICATE_OBJECT:
            raise explain(failed, request.live) from None
        cursor.execute("rollback to savepoint staging_assets_carried")


def _run(
    cursor: Cursor,
    steps: Sequence[Step],
    attached: Attachments,
    request: PublishRequest,
) -> None:
    try:
        run_steps(cursor, steps, singly=True, relations=[key.on for key in attached.inbound])
    except StepError as failed:
        raise explain(failed, request.live) from None
