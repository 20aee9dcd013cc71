"""Put a finished candidate schema in place of the live one, in one transaction, and take it back.

Schemas change names, which locks no table: readers do not wait. What other schemas have on the
old tables (views, foreign keys, policies) is turned to the new ones, and grants and comments made
by hand are carried over, as when a single table is published.
"""

from __future__ import annotations

import threading
from contextlib import ExitStack

from staging_assets.errors import BuildError
from staging_assets.model import StagingProject
from staging_assets.postgres import (
    Branch,
    Connection,
    Log,
    SchemaLock,
    Server,
    has_schema,
    read_branch,
)
from staging_assets.publisher.branch import run_exchange_branch
from staging_assets.publisher.exchange import Exchange, run_exchange, run_pay
from staging_assets.publisher.promotion.previous import (
    MOST_KEPT,
    find_previous,
)
from staging_assets.publisher.promotion.promotable import (
    check_complete,
    check_length,
    check_there,
)
from staging_assets.publisher.promotion.releases import (
    Author,
    Release,
    read_rows,
)
from staging_assets.publisher.retired import drop_retired

_ANYBODY = Author()


def run_promote(
    server: Server,
    project: StagingProject,
    schema: str,
    candidate: str | None = None,
    *,
    keep: int = 1,
    author: Author = _ANYBODY,
    log: Log = lambda level, text: None,
) -> Release:
    """Make the candidate the live schema; the old one is kept as `<schema>__previous`.

    Args:
        server: where both are.
        project: what the candidate has to hold completely.
        schema: the live schema; it may be missing.
        candidate: `<schema>_next` if not told otherwise.
        keep: how many schemas that were live before are kept; older ones are dropped.
        author: on whose behalf.
        log: level and message.

    Raises BuildError when the candidate is missing or incomplete, or something outside cannot be
    turned to it, and names all of that; BusyError when a run holds one of the schemas. Nothing is
    changed then.
    """
    candidate = candidate or f"{schema}_next"
    away = find_previous(schema)
    if candidate in (schema, away):
        raise BuildError(f"{candidate}: a schema cannot be promoted to itself. Name a candidate.")
    if not 1 <= keep <= MOST_KEPT:
        raise BuildError(
            f"keep: {keep} schemas cannot be kept. Give a number from 1 to {MOST_KEPT}."
        )
    check_length(schema, find_previous(schema, keep))
    with ExitStack() as locks:
        connection = locks.enter_context(_hold(server, schema, author, log)).connection
        locks.enter_context(_hold(server, candidate, author, log))
        check_there(connection, schema, candidate)
        if branch := read_branch(connection, candidate):
            return _run_branch(connection, server, project, schema, branch, keep, author, log)
        check_complete(connection, project, schema, candidate)
        for name in (schema, candidate):
            drop_retired(connection, name)
        run_pay(connection, (schema, candidate), log)
        release = _read_release(connection, "promote", schema, candidate, away, author)
        return run_exchange(
            connection, server, Exchange(schema, candidate, away, keep, release), log
        )


def run_rollback(
    server: Server,
    project: StagingProject,
    schema: str,
    *,
    author: Author = _ANYBODY,
    log: Log = lambda level, text: None,
) -> Release:
    """Swap the live schema with `<schema>__previous`; doing it twice changes nothing.

    Args:
        server: where both are.
        project: not looked at: what comes back may stem from older scripts.
        schema: the live schema.
        author: on whose behalf.
        log: level and message.

    Raises BuildError when there is nothing to go back to, or something outside cannot be turned
    to it; BusyError when a run holds the schema. Nothing is changed then.
    """
    previous = find_previous(schema)
    check_length(schema, previous)
    with _hold(server, schema, author, log) as lock:
        connection = lock.connection
        if not has_schema(connection, previous):
            raise BuildError(
                f"{schema}: there is no schema {previous} to go back to. Nothing was promoted yet."
            )
        if branch := read_branch(connection, previous):
            return _run_branch(connection, server, project, schema, branch, 0, author, log)
        run_pay(connection, (schema, previous), log)
        release = _read_release(connection, "rollback", schema, previous, previous, author)
        return run_exchange(
            connection, server, Exchange(schema, previous, previous, 0, release), log
        )


def _run_branch(  # noqa: PLR0917 - a promotion's
    connection: Connection,
    server: Server,
    project: StagingProject,
    schema: str,
    branch: Branch,
    keep: int,
    author: Author,
    log: Log,
) -> Release:
    """Let only the tables of a branch change places."""
    if branch.live != schema:
        raise BuildError(
            f"{branch.schema}: it is a branch of {branch.live}, and holds only what differs from "
            f"that. Promote it there: --schema {branch.live}."
        )
    for name in (schema, branch.schema):
        drop_retired(connection, name)
    run_pay(connection, (schema, branch.schema), log)
    return run_exchange_branch(
        connection,
        server,
        project,
        branch,
        action="promote" if keep else "rollback",
        keep=keep,
        author=author,
        log=log,
    )


def _hold(server: Server, schema: str, author: Author, log: Log) -> SchemaLock:
    return SchemaLock(server, schema, author.run_id, wait=0, log=log, cancelled=threading.Event())


def _read_release(  # noqa: PLR0917 - two schemas and what becomes of one
    connection: Connection, action: str, live: str, incoming: str, away: str, author: Author
) -> Release:
    """What is going to be noted: the rows are counted before anything is locked."""
    return Release(
        action=action,
        source=incoming,
        kept=away if has_schema(connection, live) else "",
        who=author.name,
        run_id=author.run_id,
        before=read_rows(connection, live),
        after=read_rows(connection, incoming),
    )
