"""Put a finished shadow table in the place of the live one, in one short transaction.

The order inside it: lock the old table, read all that hangs on it, take off the foreign keys that
reference it, move it away, move the new one in, give that what the old one had, drop the old one.
Whatever fails on the way rolls all of it back.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from psycopg2 import extensions

from staging_assets.model import Relation
from staging_assets.parser import quote
from staging_assets.publisher.attached import dependents
from staging_assets.publisher.attached.attachments import (
    CATALOG_SETTINGS,
    Attachments,
    InboundKey,
    NotPreparedError,
    read_attachments,
    run_prepare_attachments,
)
from staging_assets.publisher.attached.inbound_keys import (
    find_left,
    find_unchecked,
    read_not_valid,
    run_check,
    run_validate,
)
from staging_assets.publisher.swap_plan import (
    check_possible,
    find_exchange,
    lock_hubs,
    take_all_locks,
    tell_gone,
)
from staging_assets.publisher.transaction.brief_locks import Log, Tries, find_seconds, run_in_tries
from staging_assets.publisher.transaction.steps import Step, StepError, explain, run_steps
from staging_assets.settings import SessionSettings

__all__ = ["InboundKey", "PublishOutcome", "run_publish", "run_validate"]


@dataclass(frozen=True)
class PublishOutcome:
    """What a publication left behind.

    Args:
        not_valid: inbound foreign keys that are back and could not be validated, because rows
            were written since they had been checked. `run_validate` takes them.
    """

    not_valid: tuple[InboundKey, ...] = ()


@dataclass
class Publication:
    """What is published, and what earlier tries have taught.

    Args:
        live: where the table belongs.
        build_schema: where it was built, under its own name.
        own: names of everything that its CREATE script makes.
        later: tables of the live schema that this run rebuilds after this one.
        checked: foreign keys for which all rows were found in the new table.
        singly: whether statements are sent one by one, to learn which one fails.
        mode: how views and functions get from the old table to the new one.
        seen: what hung on the old table in the last try.
        left: foreign keys that go on referencing the old table.
        turn: how many tries there were.
    """

    live: Relation
    build_schema: str
    own: Sequence[str]
    later: frozenset[str]
    checked: set[str] = field(default_factory=set)
    singly: bool = False
    mode: dependents.Mode = dependents.Mode.REPLACE
    seen: Attachments | None = None
    left: Sequence[InboundKey] = ()
    turn: int = 0


class AgainError(Exception):
    """The try is given up: something has to be learnt or done first, outside its transaction."""

    def __init__(self, learn: Callable[[extensions.cursor], None]) -> None:
        self.learn = learn
        super().__init__()


def run_publish(
    connection: extensions.connection,
    *,
    live: Relation,
    shadow_schema: str,
    own: frozenset[str],
    rebuilt_later: frozenset[str],
    sessions: SessionSettings,
    log: Log,
    cancelled: threading.Event,
) -> PublishOutcome:
    """Move the shadow's objects to the live schema, with all that hangs on the old ones.

    Args:
        connection: not in a transaction.
        live: where the table belongs.
        shadow_schema: where it was built, under its own name.
        own: names of everything that its CREATE script makes.
        rebuilt_later: tables of this schema that the run rebuilds after this one.
        sessions: `lock_timeout` is the time for all tries at the lock together.
        log: level and message.
        cancelled: no further try is made once it is set.

    Raises BuildError when the locks are not to be had, rows elsewhere reference rows that are no
    more, or something that hangs on the old table cannot be carried over. The old table is then
    as it was.
    """
    work = Publication(live, shadow_schema, sorted(own | {live.name}), rebuilt_later)
    tries = Tries(f"publishing {live}", find_seconds(sessions.lock_timeout), log, cancelled)
    with in_autocommit(connection):
        while True:
            try:
                hanging = _run_tries(connection, work, tries)
                break
            except AgainError as again:
                with connection.cursor() as cursor:
                    again.learn(cursor)
        tell_gone(hanging, live, log)
        return run_validate_now(connection, hanging, work, log, cancelled)


def _run_tries(connection: extensions.connection, work: Publication, tries: Tries) -> Attachments:
    if work.mode is not dependents.Mode.COPY:
        return run_in_tries(connection, tries, lambda cursor: _swap(cursor, work, None))
    assert work.seen is not None
    with dependents.copied(connection, work.seen, work.live) as copies:
        return run_in_tries(
            connection,
            Tries(tries.what, tries.patience, tries.log, tries.cancelled, nested=True),
            lambda cursor: _swap(cursor, work, copies),
        )


def _swap(
    cursor: extensions.cursor, work: Publication, copies: dependents.Copies | None
) -> Attachments:
    """One try, inside a transaction."""
    work.turn += 1
    take_all_locks(
        cursor,
        work.live,
        work.own,
        turn=work.turn,
        seen=work.seen,
        left=work.left,
        every_view=work.mode is not dependents.Mode.REPLACE,
        before=CATALOG_SETTINGS,
    )
    hanging = read_known(cursor, work, copies.schema if copies else work.build_schema)
    check_inbound(hanging, work)
    see_all(hanging, work)
    is_free = not hanging.unknown and lock_hubs(cursor, hanging)
    drop, create = dependents.find_steps(cursor, hanging.dependents, work.mode, copies)
    exchange = find_exchange(
        hanging,
        work.live,
        drop=drop,
        create=create,
        at_once=True,
        droppable=is_free,
        left=work.left,
        server_version=cursor.connection.server_version,
    )
    steps = [*exchange.detach, *exchange.move, *exchange.attach, *exchange.finish]
    run_known_steps(cursor, steps, hanging, work)
    return hanging


def read_known(cursor: extensions.cursor, work: Publication, build_schema: str) -> Attachments:
    """Read what hangs on the old table; refuse what cannot be carried over."""
    try:
        hanging = read_attachments(
            cursor, live_schema=work.live.schema, build_schema=build_schema, own=work.own
        )
    except NotPreparedError:
        raise AgainError(run_prepare_attachments) from None
    check_possible(hanging, work.live, work.later)
    return hanging


def check_inbound(hanging: Attachments, work: Publication) -> None:
    """Have every foreign key checked against the new rows, once, while nothing is locked."""
    first = [
        key
        for key in find_unchecked(hanging.inbound, work.live, work.later)
        if str(key) not in work.checked
    ]

    def check(cursor: extensions.cursor) -> None:
        for key in first:
            target = quote(Relation(work.build_schema, key.references))
            run_check(cursor, key, work.live, target=target)
            work.checked.add(str(key))

    if first:
        raise AgainError(check)


def see_all(hanging: Attachments, work: Publication) -> None:
    """Make sure that what hangs on the old table is what was expected, and locked before it."""
    before = work.seen
    left = find_left(hanging.inbound, work.live, work.later)
    touched = [key for key in hanging.inbound if not key.scrap and key not in left]
    if before is None and not hanging.dependents and not touched:
        work.left = left
        return
    if before and (before.dependents, before.inbound) == (hanging.dependents, hanging.inbound):
        return

    def learn(_: extensions.cursor) -> None:
        work.left = left
        mode = work.mode
        if mode is dependents.Mode.REPLACE:
            mode = dependents.find_mode(hanging)
        work.mode, work.seen = mode, hanging

    raise AgainError(learn)


def run_known_steps(
    cursor: extensions.cursor, steps: Sequence[Step], hanging: Attachments, work: Publication
) -> None:
    """Run the statements; after a failure, have them run again in a way that tells more."""
    relations = [*(key.on for key in hanging.inbound), *(d.name for d in hanging.dependents)]
    try:
        run_steps(cursor, steps, singly=work.singly, relations=relations)
    except StepError as failed:
        error = failed

        def learn(_: extensions.cursor) -> None:
            if not work.singly:
                work.singly = True
            elif work.mode is dependents.Mode.REPLACE and dependents.is_misfit(error):
                work.mode = dependents.find_mode(hanging, replaceable=False)
            else:
                raise explain(error, work.live)

        raise AgainError(learn) from None


def run_validate_now(
    connection: extensions.connection,
    hanging: Attachments,
    work: Publication,
    log: Log,
    cancelled: threading.Event,
) -> PublishOutcome:
    """Validate the foreign keys that came back; return those that cannot be validated now."""
    now = find_unchecked(hanging.inbound, work.live, work.later)
    told = run_validate(connection, now, cancelled.is_set)
    for sentence in told:
        log("warning", sentence)
    if not told:
        return PublishOutcome()
    with connection.cursor() as cursor:
        return PublishOutcome(tuple(read_not_valid(cursor, now)))


@contextmanager
def in_autocommit(connection: extensions.connection) -> Iterator[None]:
    """Let transactions be begun in SQL; afterwards the connection is as it was."""
    before = connection.autocommit
    connection.autocommit = True
    try:
        yield
    finally:
        if not connection.closed:
            connection.autocommit = before
