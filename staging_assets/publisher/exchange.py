"""The exchange of two schemas, in one transaction, with what other schemas have on them."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from staging_assets.errors import BuildError
from staging_assets.model import Relation
from staging_assets.parser import quote
from staging_assets.postgres import (
    Connection,
    Cursor,
    Log,
    Server,
    has_schema,
)
from staging_assets.publisher.attached import dependents
from staging_assets.publisher.attached.attachments import (
    CATALOG_SETTINGS,
    Attachments,
    run_prepare_attachments,
)
from staging_assets.publisher.attached.inbound_keys import (
    add_key_steps,
    drop_key_steps,
    find_broken,
    find_late,
    find_unchecked,
)
from staging_assets.publisher.attached.other_schemas import (
    find_hanging,
    read_outside,
    run_drop_schema,
)
from staging_assets.publisher.attached.schema_rename import function_steps, schema_steps
from staging_assets.publisher.owed_keys import (
    owe_steps,
    read_presence,
    run_hand_over,
    run_validate,
)
from staging_assets.publisher.promotion.previous import (
    find_previous,
    find_surplus,
    rename_steps,
    shift_steps,
)
from staging_assets.publisher.promotion.promotable import (
    LONGEST_NAME,
)
from staging_assets.publisher.promotion.releases import (
    Release,
    run_note,
)
from staging_assets.publisher.transaction.brief_locks import Tries, parse_seconds, run_in_tries
from staging_assets.publisher.transaction.steps import (
    Step,
    StepError,
    describe,
    run_analyze,
    run_each,
    run_steps,
)

_SWAP = "__swap"


class _ObstructedError(Exception):
    """Something is in the way, which it names: the exchange is tried again to find all of it."""


@dataclass(frozen=True)
class Exchange:
    """One schema takes the place of another.

    Args:
        live: the name that is taken over.
        incoming: the schema that takes it.
        away: what the one that has it now is called afterwards.
        keep: how many earlier ones stay; 0 when the two only change places.
        release: what is noted of it.
    """

    live: str
    incoming: str
    away: str
    keep: int
    release: Release


def run_exchange(connection: Connection, server: Server, exchange: Exchange, log: Log) -> Release:
    """Let two schemas change places, and pay what that owes.

    Args:
        connection: of the run that holds both.
        server: where they are.
        exchange: which, and how.
        log: level and message.

    Returns what was noted. Raises BuildError that names everything which is in the way.
    """
    patience = parse_seconds(server.sessions.lock_timeout)
    tries = Tries(f"promoting {exchange.incoming}", patience, log, threading.Event())
    with connection.cursor() as cursor:
        run_prepare_attachments(cursor)
    try:
        analyze, release = run_in_tries(connection, tries, lambda cursor: _swap(cursor, exchange))
    except _ObstructedError as obstructed:
        first = str(obstructed)
        run_in_tries(connection, tries, lambda cursor: _refuse(cursor, exchange, first))
    run_pay(connection, (exchange.live,), log)
    for sentence in run_analyze(connection, analyze):
        log("warning", sentence)
    return release


def run_pay(connection: Connection, schemas: Iterable[str], log: Log) -> None:
    """Validate the foreign keys that are owed; a promotion and a rollback owe some in turn."""
    for schema in schemas:
        for sentence in run_validate(connection, schema):
            log("error", sentence)


def _swap(cursor: Cursor, exchange: Exchange) -> tuple[Sequence[str], Release]:
    """One try, inside a transaction; returns tables to be analyzed afterwards, and what was noted.

    Raises _ObstructedError when something is in the way.
    """
    cursor.execute(CATALOG_SETTINGS)
    parts = _read_parts(cursor, exchange)
    if parts.in_the_way:
        raise _ObstructedError(parts.in_the_way[0])
    attached = parts.attached
    try:
        run_steps(cursor, parts.take_off, singly=True, relations=parts.relations)
        parts.run_turn()
        functions = function_steps(cursor, exchange.incoming, exchange.live)
        put_on = [*functions, *parts.put_on]
        run_steps(cursor, put_on, singly=True, relations=parts.relations)
        if attached is not None:
            server_version = cursor.connection.server_version
            late = find_late(attached.inbound, server_version=server_version)
            present = read_presence(cursor, exchange.live)
            owed = owe_steps(exchange.live, late, present=present)
            run_steps(cursor, owed, singly=True, relations=[])
            run_hand_over(cursor, exchange.away, exchange.live)
        release = run_note(cursor, exchange.live, exchange.away, exchange.release)
    except StepError as failed:
        raise _ObstructedError(describe(failed)) from None
    return (attached.analyze if attached else ()), release


@dataclass(frozen=True)
class _Parts:
    """What an exchange consists of, read before anything is changed.

    Args:
        exchange: the exchange.
        cursor: in its transaction.
        in_the_way: what cannot be turned to the other schema, or would not be right there.
        attached: what other schemas have on the live one; None when there is none.
        surplus: schemas that have to make room.
        take_off: statements that take what is attached off the live schema.
        put_on: those that put it on the other one, when it has its name.
    """

    exchange: Exchange
    cursor: Cursor
    in_the_way: Sequence[str]
    attached: Attachments | None
    surplus: Sequence[str]
    take_off: Sequence[Step]
    put_on: Sequence[Step]

    @property
    def relations(self) -> list[str]:
        """What may have to be locked."""
        if self.attached is None:
            return []
        keys = [key.on for key in self.attached.inbound]
        return [*keys, *(dependent.name for dependent in self.attached.dependents)]

    def run_turn(self) -> None:
        """Drop what has to make room, and give the schemas their new names."""
        cursor, exchange = self.cursor, self.exchange
        for schema in self.surplus:
            run_drop_schema(cursor, schema)
        # In the way of the names to come: the other of two, or an older one that comes back.
        live, entering = exchange.live, exchange.incoming
        pairs = []
        if entering.startswith(find_previous(live)):
            between = f"{live[: LONGEST_NAME - len(_SWAP) - 8]}{_SWAP}"
            pairs, entering = [(entering, between)], between
        self._rename(pairs)
        if exchange.keep:
            steps = shift_steps(cursor.connection, live, exchange.keep)
            run_steps(cursor, steps, singly=True, relations=[])
        self._rename([(live, exchange.away), (entering, live)])

    def _rename(self, pairs: list[tuple[str, str]]) -> None:
        steps = rename_steps(self.cursor.connection, pairs)
        run_steps(self.cursor, steps, singly=True, relations=[])


def _read_parts(cursor: Cursor, exchange: Exchange) -> _Parts:
    connection, live, incoming = cursor.connection, exchange.live, exchange.incoming
    surplus: list[str] = []
    if exchange.keep:
        surplus = find_surplus(connection, live, exchange.keep, incoming)
    in_the_way = [each for schema in surplus for each in find_hanging(cursor, schema)]
    if not has_schema(connection, live):
        return _Parts(exchange, cursor, in_the_way, None, surplus, (), ())
    attached, stuck = read_outside(cursor, live, incoming)
    in_the_way += stuck
    for key in find_unchecked(attached.inbound, Relation(live, "*"), frozenset()):
        target = quote(Relation(incoming, key.references))
        if broken := find_broken(cursor, key, target=target):
            in_the_way.append(broken)
    drop, create = dependents.dependent_steps(
        cursor, attached.dependents, dependents.Mode.RECREATE, None
    )
    unpublish = [
        Step(f"publication {name}", f"alter publication {name} drop table {table}")
        for name, table in attached.unpublish
    ]
    returns = add_key_steps(attached.inbound, server_version=connection.server_version)
    put_on = [*attached.carried, *create, *attached.kept, *returns]
    put_on += schema_steps(cursor, live, incoming)
    take_off = [*drop_key_steps(attached.inbound), *unpublish, *drop]
    return _Parts(exchange, cursor, in_the_way, attached, surplus, take_off, put_on)


def _refuse(cursor: Cursor, exchange: Exchange, first: str) -> NoReturn:
    """Do it all once more, whatever fails, to name everything that is in the way at once.

    Args:
        cursor: in a transaction, which is rolled back in the end.
        exchange: what was tried.
        first: what was in the way of the exchange.

    Raises BuildError.
    """
    cursor.execute(CATALOG_SETTINGS)
    parts = _read_parts(cursor, exchange)
    told = list(parts.in_the_way)
    # What cannot be taken off is what depends on something that was named already.
    failed = run_each(cursor, parts.take_off, parts.relations)
    told += [] if told else failed
    try:
        parts.run_turn()
    except StepError as stopped:
        told.append(describe(stopped))
    else:
        functions = function_steps(cursor, exchange.incoming, exchange.live)
        told += run_each(cursor, [*functions, *parts.put_on], parts.relations)
    lines = "".join(f"\n  {each}" for each in dict.fromkeys(told or [first]))
    raise BuildError(
        f"{exchange.live}: {exchange.incoming} cannot take its place. Nothing was changed. "
        f"In the way:{lines}\nChange or drop that first."
    )
