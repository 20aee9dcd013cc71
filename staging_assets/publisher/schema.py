"""Put a finished candidate schema in place of the live one, in one transaction, and take it back.

Schemas change names, which locks no table: readers do not wait. What other schemas have on the
old tables (views, foreign keys, policies) is turned to the new ones, and grants and comments made
by hand are carried over, as when a single table is published.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from staging_assets.errors import BuildError
from staging_assets.model import Relation, StagingProject
from staging_assets.parser import quote, quote_identifier
from staging_assets.postgres import (
    Connection,
    Cursor,
    Log,
    SchemaLock,
    Server,
    find_build_schema,
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
    find_late,
    find_unchecked,
    run_check,
)
from staging_assets.publisher.attached.other_schemas import read_outside, run_drop_schema
from staging_assets.publisher.attached.schema_rename import function_steps, schema_steps
from staging_assets.publisher.owed_keys import (
    owe_steps,
    read_presence,
    run_hand_over,
    run_validate,
)
from staging_assets.publisher.promotable import LONGEST_NAME, check_complete, check_length
from staging_assets.publisher.retired import drop_retired
from staging_assets.publisher.transaction.brief_locks import Tries, parse_seconds, run_in_tries
from staging_assets.publisher.transaction.steps import (
    Step,
    StepError,
    explain,
    run_analyze,
    run_steps,
)

_SWAP = "__swap"


@dataclass(frozen=True)
class _Exchange:
    """One schema takes the place of another.

    Args:
        live: the name that is taken over.
        incoming: the schema that takes it.
        away: what the one that has it now is called afterwards.
    """

    live: str
    incoming: str
    away: str


def run_promote(
    server: Server,
    project: StagingProject,
    schema: str,
    candidate: str | None = None,
    *,
    log: Log = lambda level, text: None,
) -> None:
    """Make the candidate the live schema; the old one is kept as `<schema>__previous`.

    Args:
        server: where both are.
        project: what the candidate has to hold completely.
        schema: the live schema; it may be missing.
        candidate: `<schema>_next` if not told otherwise.
        log: level and message.

    Raises BuildError when the candidate is missing or incomplete, or something outside cannot be
    turned to it; BusyError when a run holds one of the schemas. Nothing is changed then.
    """
    candidate = candidate or f"{schema}_next"
    away = f"{schema}__previous"
    if candidate in (schema, away):
        raise BuildError(f"{candidate}: a schema cannot be promoted to itself. Name a candidate.")
    check_length(schema, away)
    with ExitStack() as locks:
        connection = locks.enter_context(_hold(server, schema, "promotion", log)).connection
        locks.enter_context(_hold(server, candidate, "promotion", log))
        if not has_schema(connection, candidate):
            raise BuildError(
                f"{candidate}: there is no such schema to promote. Build it first: "
                f"STAGING_SCHEMA={candidate}, or run config schema: {candidate}."
            )
        check_complete(connection, project, candidate)
        for name in (schema, candidate):
            drop_retired(connection, name)
        _pay(connection, (schema, candidate), log)
        _run(connection, server, _Exchange(schema, candidate, away), log)


def run_rollback(
    server: Server,
    project: StagingProject,
    schema: str,
    *,
    log: Log = lambda level, text: None,
) -> None:
    """Swap the live schema with `<schema>__previous`; doing it twice changes nothing.

    Args:
        server: where both are.
        project: not looked at: the previous schema may stem from older scripts.
        schema: the live schema.
        log: level and message.

    Raises BuildError when there is nothing to go back to, or something outside cannot be turned
    to it; BusyError when a run holds the schema. Nothing is changed then.
    """
    del project
    previous = f"{schema}__previous"
    check_length(schema, previous)
    with _hold(server, schema, "rollback", log) as lock:
        if not has_schema(lock.connection, previous):
            raise BuildError(
                f"{schema}: there is no schema {previous} to go back to. Nothing was promoted yet."
            )
        _pay(lock.connection, (schema, previous), log)
        _run(lock.connection, server, _Exchange(schema, previous, previous), log)


def _hold(server: Server, schema: str, what: str, log: Log) -> SchemaLock:
    return SchemaLock(server, schema, what, wait=0, log=log, cancelled=threading.Event())


def _run(connection: Connection, server: Server, exchange: _Exchange, log: Log) -> None:
    patience = parse_seconds(server.sessions.lock_timeout)
    tries = Tries(f"promoting {exchange.incoming}", patience, log, threading.Event())
    with connection.cursor() as cursor:
        run_prepare_attachments(cursor)
    analyze = run_in_tries(connection, tries, lambda cursor: _swap(cursor, exchange))
    _pay(connection, (exchange.live,), log)
    for sentence in run_analyze(connection, analyze):
        log("warning", sentence)


def _pay(connection: Connection, schemas: Iterable[str], log: Log) -> None:
    """Validate the foreign keys that are owed; a promotion and a rollback owe some in turn."""
    for schema in schemas:
        for sentence in run_validate(connection, schema):
            log("error", sentence)


def _swap(cursor: Cursor, exchange: _Exchange) -> Sequence[str]:
    """One try, inside a transaction; returns tables that have to be analyzed afterwards."""
    connection = cursor.connection
    live = Relation(exchange.live, "*")
    cursor.execute(CATALOG_SETTINGS)
    if exchange.away != exchange.incoming and has_schema(connection, exchange.away):
        run_drop_schema(cursor, exchange.away)
    attached: Attachments | None = None
    before: list[Step] = []
    after: list[Step] = []
    if has_schema(connection, exchange.live):
        attached = read_outside(cursor, exchange.live, exchange.incoming)
        for key in find_unchecked(attached.inbound, live, frozenset()):
            target = quote(Relation(exchange.incoming, key.references))
            run_check(cursor, key, Relation(exchange.incoming, key.references), target=target)
        drop, create = dependents.dependent_steps(
            cursor, attached.dependents, dependents.Mode.RECREATE, None
        )
        before = [
            *drop_key_steps(attached.inbound),
            *(
                Step(f"publication {name}", f"alter publication {name} drop table {table}")
                for name, table in attached.unpublish
            ),
            *drop,
        ]
        returns = add_key_steps(attached.inbound, server_version=connection.server_version)
        after = [*attached.carried, *create, *attached.kept, *returns]
        after += schema_steps(cursor, exchange.live, exchange.incoming)
    relations = [*(key.on for key in attached.inbound)] if attached else []
    relations += [d.name for d in attached.dependents] if attached else []
    try:
        run_steps(cursor, before, singly=True, relations=relations)
        run_steps(cursor, _rename_steps(cursor, exchange), singly=True, relations=[])
        functions = function_steps(cursor, exchange.incoming, exchange.live)
        run_steps(cursor, [*functions, *after], singly=True, relations=relations)
        if attached is not None:
            late = find_late(attached.inbound, server_version=connection.server_version)
            present = read_presence(cursor, exchange.live)
            owed = owe_steps(exchange.live, late, present=present)
            run_steps(cursor, owed, singly=True, relations=[])
            run_hand_over(cursor, exchange.away, exchange.live)
    except StepError as failed:
        raise explain(failed, live) from None
    return attached.analyze if attached else ()


def _rename_steps(cursor: Cursor, exchange: _Exchange) -> list[Step]:
    """The schemas' new names, and those of their companions."""
    pairs: list[tuple[str, str]] = []
    if exchange.away == exchange.incoming:
        between = f"{exchange.live[: LONGEST_NAME - len(_SWAP) - 8]}{_SWAP}"
        pairs = [
            (exchange.live, between),
            (exchange.incoming, exchange.live),
            (between, exchange.away),
        ]
    else:
        pairs = [(exchange.live, exchange.away), (exchange.incoming, exchange.live)]
    steps: list[Step] = []
    for name in ("", "build"):
        there: set[str] = set()
        for old, new in pairs:
            source = find_build_schema(old) if name else old
            target = find_build_schema(new) if name else new
            if source in there or has_schema(cursor.connection, source):
                there.add(target)
                steps.append(
                    Step(
                        f"renaming {source}",
                        f"alter schema {quote_identifier(source)}"
                        f" rename to {quote_identifier(target)}",
                    )
                )
    return steps
