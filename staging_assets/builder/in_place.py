"""A table that cannot be filled as a shadow: built where it stands, in one transaction.

The old table is set aside under a lock, the new and empty one takes its place and is filled
there, by whatever names it. Until the commit everybody else waits; if anything fails, the old
table is back with all that hangs on it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

from psycopg2 import extensions

from staging_assets.builder.context import Work
from staging_assets.builder.shadow.lookup_rows import run_load_lookup
from staging_assets.builder.shadow.table import Plan, run_discard, run_make_shadow
from staging_assets.model import Relation, Table
from staging_assets.parser.lexer.spelling import spell, spell_text
from staging_assets.parser.rewrite import rewrite
from staging_assets.postgres.client.scripts import run_script
from staging_assets.postgres.client.session import Session
from staging_assets.publisher.attached import dependents
from staging_assets.publisher.attached.attachments import (
    CATALOG_SETTINGS,
    Hanging,
    Step,
    run_prepare_hanging,
)
from staging_assets.publisher.attached.inbound_keys import find_left, find_unchecked, run_check
from staging_assets.publisher.swap_plan import (
    Exchange,
    StepError,
    explain,
    find_exchange,
    lock_hubs,
    run_steps,
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


def run_table_in_place(
    session: Session,
    work: Work,
    table: Table,
    live: Relation,
    *,
    audit: Callable[[extensions.connection, Relation], None],
    later: frozenset[str],
) -> tuple[int, PublishOutcome]:
    """Build a table in one transaction; return its rows and what the publication left behind.

    Args:
        audit: called with the filled table before the commit; what it raises ends the build.
        later: tables that this run rebuilds after this one.

    Raises ScriptError, BuildError, or what `audit` raises; the old table is then as it was.
    """
    plan = Plan(work.schema, work.build_schema, filled=False)
    shadow, _ = run_make_shadow(session, table, plan)
    rows = 0

    def fill() -> None:
        nonlocal rows
        session.pin()
        fill_in_place(session, table, live)
        session.run(f"analyze {spell(live)}")
        rows = int(session.run(f"select count(*) from {spell(live)}")[0][0])  # noqa: S608

    try:
        outcome = run_in_place(
            session.connection,
            live=live,
            shadow_schema=work.build_schema,
            own=shadow.own,
            rebuilt_later=later,
            fill=fill,
            audit=audit,
            sessions=work.sessions,
            log=session.log,
            cancelled=session.stop,
        )
    except BaseException:
        run_discard(session, shadow)
        raise
    return rows, outcome


def fill_in_place(session: Session, table: Table, live: Relation) -> None:
    """Run what fills the table, inside the transaction that is open."""
    if table.lookup is not None:
        with session.connection.cursor() as cursor:
            run_load_lookup(cursor, live, table.lookup)
    if table.populate is not None:
        run_script(session, table.populate, rewrite(table.populate.text, schema=live.schema))
    session.pin()


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
            run_prepare_hanging(cursor)
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
        f"set_config({spell_text(name)}, {spell_text(value)}, true)"
        for name, value in cursor.fetchall()
    ]
    return f"select {', '.join(parts)}"


def _move_in(cursor: extensions.cursor, work: Publication) -> tuple[Hanging, Exchange]:
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
    cursor: extensions.cursor, work: Publication, hanging: Hanging, exchange: Exchange
) -> None:
    """Give the new table, which is full by now, what the old one had."""
    tables = sorted({key.on for key in hanging.inbound if key not in work.left})
    if tables:
        take_locks(cursor, [f"lock table {', '.join(tables)} in access exclusive mode"], tables)
    for key in find_unchecked(hanging.inbound, work.live, work.later):
        target = spell(replace(work.live, name=key.references))
        run_check(cursor, key, work.live, target=target)
    cursor.execute(CATALOG_SETTINGS)
    _run(cursor, exchange.detach, hanging, work)
    _run(cursor, exchange.attach, hanging, work)
    if exchange.finish and lock_hubs(cursor, hanging):
        _run(cursor, exchange.finish, hanging, work)


def _run(
    cursor: extensions.cursor, steps: Sequence[Step], hanging: Hanging, work: Publication
) -> None:
    try:
        run_steps(cursor, steps, singly=True, relations=[key.on for key in hanging.inbound])
    except StepError as failed:
        raise explain(failed, work.live) from None
