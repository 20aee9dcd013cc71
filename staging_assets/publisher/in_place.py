"""A new table in the place of the old one, filled where it stands, in one transaction."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

from psycopg2 import extensions

from staging_assets.model import Relation
from staging_assets.parser import quote, quote_literal
from staging_assets.publisher.attached import dependents
from staging_assets.publisher.attached.attachments import (
    CATALOG_SETTINGS,
    Attachments,
    run_prepare_attachments,
)
from staging_assets.publisher.attached.inbound_keys import find_left, find_unchecked, run_check
from staging_assets.publisher.swap_plan import (
    Exchange,
    find_exchange,
    lock_hubs,
    take_all_locks,
    tell_gone,
)
from staging_assets.publisher.table import (
    Publication,
    PublishOutcome,
    in_autocommit,
    read_known,
    run_validate_now,
)
from staging_assets.publisher.transaction.brief_locks import (
    Log,
    Tries,
    find_seconds,
    run_in_tries,
    take_locks,
)
from staging_assets.publisher.transaction.steps import Step, StepError, explain, run_steps
from staging_assets.settings import SessionSettings

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
    connection: extensions.connection,
    *,
    live: Relation,
    shadow_schema: str,
    own: frozenset[str],
    rebuilt_later: frozenset[str],
    fill: Callable[[], None],
    audit: Callable[[extensions.connection, Relation], None],
    sessions: SessionSettings,
    log: Log,
    cancelled: threading.Event,
) -> PublishOutcome:
    """Put an empty new table in place of the old one, fill it there, and carry over what hangs.

    Args:
        connection: not in a transaction.
        live: where the table belongs.
        shadow_schema: where the new one is, empty, under its own name.
        own: names of everything that its CREATE script makes.
        rebuilt_later: tables of this schema that the run rebuilds after this one.
        fill: fills the live table on the same connection, in the transaction that is open.
        audit: called after it.
        sessions: `lock_timeout` is the time for all tries at the locks together.
        log: level and message.
        cancelled: no further try is made once it is set.

    Raises BuildError, and whatever `fill` and `audit` raise; everything is then as it was.
    """
    work = Publication(live, shadow_schema, sorted(own | {live.name}), rebuilt_later)
    patience = find_seconds(sessions.lock_timeout)
    tries = Tries(f"building {live} in place", patience, log, cancelled, nested=True)
    with in_autocommit(connection), connection.cursor() as cursor:
        # A plan for the catalog is made before anything is locked.
        cursor.execute("select from pg_prepared_statements where name = 'staging_assets_hanging'")
        if cursor.rowcount == 0:
            run_prepare_attachments(cursor)
        cursor.execute("begin")
        try:
            restore = _read_settings(cursor)
            hanging, exchange = run_in_tries(
                connection, tries, lambda cursor: _move_in(cursor, work)
            )
            cursor.execute(restore)
            fill()
            audit(connection, live)
            run_in_tries(connection, tries, lambda cursor: _attach(cursor, work, hanging, exchange))
            cursor.execute("commit")
        except BaseException:
            if not connection.closed:
                cursor.execute("rollback")
            raise
        tell_gone(hanging, live, log)
        return run_validate_now(connection, hanging, work, log, cancelled)


def _read_settings(cursor: extensions.cursor) -> str:
    """Return the statement that brings the settings back to what they are now."""
    cursor.execute("select name, current_setting(name) from unnest(%s) as name", (list(_CHANGED),))
    parts = [
        f"set_config({quote_literal(name)}, {quote_literal(value)}, true)"
        for name, value in cursor.fetchall()
    ]
    return f"select {', '.join(parts)}"


def _move_in(cursor: extensions.cursor, work: Publication) -> tuple[Attachments, Exchange]:
    """Set the old table aside and give its place to the new one, which is empty."""
    take_all_locks(cursor, work.live, work.own, before=CATALOG_SETTINGS)
    hanging = read_known(cursor, work, work.build_schema)
    work.left = find_left(hanging.inbound, work.live, work.later)
    drop, create = dependents.find_steps(cursor, hanging.dependents, dependents.Mode.RECREATE, None)
    exchange = find_exchange(
        hanging,
        work.live,
        drop=drop,
        create=create,
        at_once=False,
        droppable=not hanging.unknown,
        left=work.left,
        server_version=cursor.connection.server_version,
    )
    _run(cursor, exchange.move, hanging, work)
    return hanging, exchange


def _attach(
    cursor: extensions.cursor, work: Publication, hanging: Attachments, exchange: Exchange
) -> None:
    """Give the new table, which is full by now, what the old one had."""
    tables = sorted({key.on for key in hanging.inbound if key not in work.left})
    if tables:
        take_locks(cursor, [f"lock table {', '.join(tables)} in access exclusive mode"], tables)
    for key in find_unchecked(hanging.inbound, work.live, work.later):
        target = quote(replace(work.live, name=key.references))
        run_check(cursor, key, work.live, target=target)
    cursor.execute(CATALOG_SETTINGS)
    _run(cursor, exchange.detach, hanging, work)
    _run(cursor, exchange.attach, hanging, work)
    if exchange.finish and lock_hubs(cursor, hanging):
        _run(cursor, exchange.finish, hanging, work)


def _run(
    cursor: extensions.cursor, steps: Sequence[Step], hanging: Attachments, work: Publication
) -> None:
    try:
        run_steps(cursor, steps, singly=True, relations=[key.on for key in hanging.inbound])
    except StepError as failed:
        raise explain(failed, work.live) from None
