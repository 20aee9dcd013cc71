"""Put a finished shadow table in the place of the live one, in one short transaction.

The order inside it: lock the old table, read all that hangs on it, take off the foreign keys that
reference it, move it away, move the new one in, give that what the old one had, drop the old one.
Whatever fails on the way rolls all of it back.

Some things are known only once the table is locked, and take too long to be done then. Such a try
is given up (`Again`), the thing is learnt or done while nothing is locked, and another try is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from psycopg2 import errors

from staging_assets.model import Relation
from staging_assets.parser import quote
from staging_assets.postgres import Connection, Cursor, find_abilities
from staging_assets.publisher.attached import dependents
from staging_assets.publisher.attached.attachments import (
    Attachments,
    attachments_call_sql,
    fetch_attachments,
    run_prepare_attachments,
)
from staging_assets.publisher.attached.copies import run_copy
from staging_assets.publisher.attached.inbound_keys import (
    find_late,
    find_left,
    find_unchecked,
    run_check,
)
from staging_assets.publisher.attached.objects import InboundKey
from staging_assets.publisher.owed_keys import run_validate
from staging_assets.publisher.request import PublishRequest
from staging_assets.publisher.swap_plan import (
    check_possible,
    lock_hubs_steps,
    plan_exchange,
    take_all_locks,
    tell_gone,
)
from staging_assets.publisher.transaction.autocommit import Again, in_autocommit, run_transaction
from staging_assets.publisher.transaction.brief_locks import LockBusyError, run_in_tries
from staging_assets.publisher.transaction.steps import (
    Step,
    StepError,
    explain,
    run_analyze,
    run_steps,
)


@dataclass
class _Known:
    """What earlier tries have taught.

    Args:
        checked: foreign keys for which all rows were found in the new table.
        singly: whether statements are sent one by one, to learn which one fails.
        mode: how views and functions get from the old table to the new one.
        seen: what hung on the old table in the last try.
        turn: how many tries there were.
    """

    checked: set[str] = field(default_factory=set)
    singly: bool = False
    mode: dependents.Mode = dependents.Mode.REPLACE
    seen: Attachments | None = None
    turn: int = 0


class _Unprepared(Again):
    """The session has to plan the query of what hangs on a table."""


@dataclass(frozen=True)
class _Unchecked(Again):
    """Rows of these foreign keys have to be looked up in the new table."""

    keys: Sequence[InboundKey]


@dataclass(frozen=True)
class _Unseen(Again):
    """More hangs on the old table than was expected, and locked before it."""

    attached: Attachments


@dataclass(frozen=True)
class _Failed(Again):
    """A statement failed; another way may do, or tell more."""

    error: StepError
    attached: Attachments


def run_publish(connection: Connection, request: PublishRequest) -> Mapping[str, int]:
    """Move the shadow's objects to the live schema, with all that hangs on the old ones.

    Returns table to the bytes that it takes on disk, with its indexes and all; empty where tables
    may be spread over several machines, of which the catalog of one knows nothing.

    Foreign keys of other tables are validated after the commit. One for which that fails, since
    rows were written after they had been checked, stays owed (`run_validate`), and is logged.

    Args:
        connection: not in a transaction.
        request: what is published; the new table is filled.

    Raises BuildError when the locks are not to be had, rows elsewhere reference rows that are no
    more, or something that hangs on the old table cannot be carried over. The old table is then
    as it was.
    """
    known = _Known()
    with in_autocommit(connection):
        while isinstance(found := _run_tries(connection, request, known), Again):
            _learn(connection, request, known, found)
        tell_gone(found, request)
        run_settle(connection, found, request)
    return {} if find_abilities(connection).distributes else found.bytes


def _run_tries(
    connection: Connection, request: PublishRequest, known: _Known
) -> Attachments | Again:
    what = request.what
    seen = known.seen
    if known.mode is not dependents.Mode.COPY or seen is None:
        return run_in_tries(
            connection, request.tries(what), lambda cursor: _swap(cursor, request, known, None)
        )

    def copy_and_swap(cursor: Cursor) -> Attachments | Again:
        copies = run_copy(cursor, seen, request.live)
        return run_in_tries(
            connection,
            request.tries(what, nested=True),
            lambda cursor: _swap(cursor, request, known, copies),
        )

    return run_transaction(connection, copy_and_swap)


def _swap(
    cursor: Cursor,
    request: PublishRequest,
    known: _Known,
    copies: dependents.Copies | None,
) -> Attachments | Again:
    """One try, inside a transaction."""
    known.turn += 1
    keeping = request.keeping
    if keeping is not None:
        keeping.run_first(cursor)
    every_view = known.mode is not dependents.Mode.REPLACE
    question = attachments_call_sql(
        live_schema=request.live.schema,
        build_schema=copies.schema if copies else request.shadow_schema,
        own=request.names,
    )
    try:
        take_all_locks(
            cursor,
            request,
            turn=known.turn,
            seen=known.seen,
            every_view=every_view,
            after=question,
        )
    except errors.InvalidSqlStatementName:
        return _Unprepared()
    attached = fetch_attachments(cursor, request.live.schema)
    check_possible(attached, request)
    lacking = _find_lacking(attached, request, known)
    if lacking is not None:
        return lacking
    free = keeping is None and not attached.unknown
    hubs = lock_hubs_steps(attached) if free else []
    try:
        try:
            _run_exchange(cursor, request, known, copies, attached, first=hubs, droppable=free)
        except LockBusyError:
            if not hubs:
                raise
            # Somebody reads what the old table references: it is dropped later.
            cursor.execute("rollback to savepoint hubs")
            _run_exchange(cursor, request, known, copies, attached, first=(), droppable=False)
        if keeping is not None:
            keeping.run_last(cursor)
    except StepError as failed:
        return _Failed(failed, attached)
    return attached


def _run_exchange(
    cursor: Cursor,
    request: PublishRequest,
    known: _Known,
    copies: dependents.Copies | None,
    attached: Attachments,
    *,
    first: Sequence[Step],
    droppable: bool,
) -> None:
    """Let the new objects take the old ones' place; commit along with it where nothing follows.

    Args:
        first: what goes ahead.
        droppable: whether the old table may be dropped now.

    Raises StepError or LockBusyError.
    """
    drop, create = dependents.dependent_steps(cursor, attached.dependents, known.mode, copies)
    exchange = plan_exchange(
        attached,
        request,
        drop=drop,
        create=create,
        at_once=True,
        droppable=droppable,
        server_version=cursor.connection.server_version,
    )
    steps = [*first, *exchange.detach, *exchange.move, *exchange.attach, *exchange.finish]
    steps += request.record_steps
    if copies is None and request.keeping is None and not known.singly:
        steps.append(Step("publishing it", "commit"))
    relations = [*(key.on for key in attached.inbound), *(d.name for d in attached.dependents)]
    run_steps(cursor, steps, singly=known.singly, relations=relations)


def _find_lacking(attached: Attachments, request: PublishRequest, known: _Known) -> Again | None:
    """What has to be done while nothing is locked, before these can be taken over."""
    later = request.rebuilt_later
    unchecked = find_unchecked(attached.inbound, request.live, later)
    first = [key for key in unchecked if str(key) not in known.checked]
    if first:
        return _Unchecked(first)
    before = known.seen
    if before is not None:
        # Where the new table stands meanwhile makes no difference.
        keys = [[replace(key, target=None) for key in a.inbound] for a in (before, attached)]
        same = before.dependents == attached.dependents and keys[0] == keys[1]
        return None if same else _Unseen(replace(attached, new=before.new))
    left = find_left(attached.inbound, request.live, later)
    touched = [key for key in attached.inbound if not key.scrap and key not in left]
    return _Unseen(attached) if attached.dependents or touched else None


def _learn(connection: Connection, request: PublishRequest, known: _Known, again: Again) -> None:
    """Do or note, between two tries, what the last one lacked.

    Raises BuildError when no further try can do better.
    """
    match again:
        case _Unprepared():
            with connection.cursor() as cursor:
                run_prepare_attachments(cursor)
        case _Unchecked(keys):
            with connection.cursor() as cursor:
                for key in keys:
                    target = quote(Relation(request.source_schema, key.references))
                    run_check(cursor, key, request.live, target=target)
                    known.checked.add(str(key))
        case _Unseen(attached):
            if known.mode is dependents.Mode.COPY and known.seen is not None:
                # It was read with the new table in the private schema, which is gone again.
                attached = replace(attached, new=known.seen.new)
            known.seen = attached
            if known.mode is dependents.Mode.REPLACE:
                known.mode = dependents.choose_mode(attached)
        case _Failed(error, attached):
            if not known.singly:
                known.singly = True
            elif known.mode is dependents.Mode.REPLACE and dependents.is_misfit(error):
                known.mode = dependents.choose_mode(attached, replaceable=False)
            else:
                raise explain(error, request.live)


def run_settle(connection: Connection, attached: Attachments, request: PublishRequest) -> None:
    """Do what takes its time and holds nobody up, once the new table has its place.

    Foreign keys that came back are validated; what cannot be validated now stays owed. ANALYZE
    runs again where the planner was told something by hand.
    """
    left = find_left(attached.inbound, request.live, request.rebuilt_later)
    keys = [key for key in attached.inbound if key not in left]
    late = find_late(keys, server_version=connection.server_version)
    told = run_validate(connection, request.live.schema, request.cancelled.is_set, only=late)
    told += run_analyze(connection, attached.analyze)
    for sentence in told:
        request.log("warning", sentence)
