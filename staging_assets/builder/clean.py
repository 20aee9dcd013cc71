"""Run a table's cleanup on its shadow, before anybody reads it."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from staging_assets.builder.audit import run_audit
from staging_assets.builder.cleanups.on_shadow.footprint import OwnTable
from staging_assets.builder.cleanups.on_shadow.place import NotAloneError, ShadowPlace
from staging_assets.builder.cleanups.run import run_cleanup
from staging_assets.builder.context import NodeResult, RunContext
from staging_assets.builder.shadow.create import Shadow
from staging_assets.builder.shadow.keys import read_shape
from staging_assets.builder.shadow.table import SMALL
from staging_assets.errors import BuildError, CancelledError
from staging_assets.model import Cleanup, Relation, Table, cleanup_node
from staging_assets.parser import quote, quote_literal
from staging_assets.postgres import Connection, Session, check_untouched


class InCleanupError(BuildError):
    """A table was not built because its cleanup failed.

    Args:
        node: the cleanup.
        cause: what it raised.
    """

    def __init__(self, node: str, cause: Exception) -> None:
        self.node, self.cause = node, cause
        super().__init__(str(cause))


@dataclass(frozen=True)
class Cleaned:
    """A table after its cleanup.

    Args:
        shadow: as the cleanup has left it.
        rows: how many it has.
        seconds: how long the cleanup took; None when it is still to run.
    """

    shadow: Shadow
    rows: int
    seconds: float | None = None


def find_cleanup(work: RunContext, table: Table) -> Cleanup | None:
    """The table's cleanup, if this run does it."""
    if work.options.create_only or cleanup_node(table.name) not in work.nodes:
        return None
    return work.project.cleanups.get(table.name)


def run_clean(session: Session, work: RunContext, shadow: Shadow, rows: int) -> Cleaned:
    """Run the cleanup of a table that is filled and has its keys, in a transaction of its own.

    One that may touch more than its table is left for later, and the log says so; one that turns
    out to, is taken back as well.

    Args:
        session: not in a transaction.
        shadow: the table.
        rows: how many it has.

    Raises InCleanupError when it fails.
    """
    cleanup = find_cleanup(work, shadow.table)
    if cleanup is None:
        return Cleaned(shadow, rows)
    node = cleanup_node(shadow.table.name)
    if cleanup.after is not None:
        _tell_later(session, work, node, cleanup.after)
        return Cleaned(shadow, rows)
    began = time.monotonic()
    numbers = _read_numbers(session, shadow)
    with failing_as(node):
        try:
            with session.transaction():
                cleaned = _run_on_shadow(session, work, cleanup, shadow)
        except NotAloneError as refused:
            _tell_later(session, work, node, refused.reason)
            if numbers:
                session.run(numbers)
            return Cleaned(shadow, rows)
        if cleaned.rows > SMALL:
            referenced = shadow.table.name in work.referenced
            verb = "vacuum (analyze, truncate off)" if referenced else "analyze"
            session.run_alone(f"{verb} {quote(cleaned.shadow.relation)}")
    return replace(cleaned, seconds=time.monotonic() - began)


def run_clean_in_place(session: Session, work: RunContext, table: Table) -> float | None:
    """Run the cleanup of a table that is filled where it stands, in the transaction that is open.

    Returns how long it took; None when there is none, or it is to run after the publication.

    Raises InCleanupError when it fails.
    """
    cleanup = find_cleanup(work, table)
    if cleanup is None:
        return None
    node = cleanup_node(table.name)
    if cleanup.after is not None:
        _tell_later(session, work, node, cleanup.after)
        return None
    began = time.monotonic()
    with failing_as(node):
        run_script_of(session, work, cleanup)
    return time.monotonic() - began


def run_script_of(
    session: Session, work: RunContext, cleanup: Cleanup, place: ShadowPlace | None = None
) -> bool:
    """Run a cleanup's script in the transaction that is open; ours goes on with our settings.

    Args:
        place: where its table is, when that is not published.

    Returns and raises what `run_cleanup` does.
    """
    session.notices.at(cleanup.script.label, script=cleanup.script.text)
    left = run_cleanup(
        session.users_connection,
        cleanup.script,
        work.schema,
        server=session.server,
        schemas=session.schemas,
        unpublished=place,
    )
    session.pin()
    check_untouched(session, cleanup.script.label)
    return left


@contextmanager
def failing_as(node: str) -> Iterator[None]:
    """Let whatever fails inside be a failure of the cleanup, and not of its table's own scripts.

    Args:
        node: the cleanup.

    Raises InCleanupError in the place of what was raised.
    """
    failure: Exception | None = None
    try:
        yield
    except (CancelledError, InCleanupError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is raised as another
        failure = error
    if failure is not None:
        raise InCleanupError(node, failure)


def run_cleanup_audit(
    connection: Connection,
    work: RunContext,
    cleanup: str,
    seconds: float,
    *,
    relation: Relation,
    own: Collection[str] = (),
) -> NodeResult:
    """Evaluate the checks of a cleanup that has run.

    Args:
        cleanup: its node.
        seconds: how long it took.
        relation: where its table is now.
        own: names of everything that belongs to the table.

    Raises InCleanupError when one of them says that it must stop.
    """
    with failing_as(cleanup):
        checks = run_audit(connection, work, cleanup, relation=relation, own=own)
    table = work.project.node(cleanup).name
    return NodeResult(
        cleanup, "built", seconds=seconds, checks=checks, metadata={"built_with": table}
    )


def _run_on_shadow(session: Session, work: RunContext, cleanup: Cleanup, shadow: Shadow) -> Cleaned:
    """Run it in the transaction that is open, and see what it has left."""
    place = ShadowPlace(session.users_connection, _find_own_table(session, work, shadow))
    run_script_of(session, work, cleanup, place)
    shape = read_shape(session.run, shadow.relation.schema, work.schema, place.own)
    after = replace(shadow, shape=shape, own=frozenset(place.own) | shape.names, removed=())
    name = quote(shadow.relation)
    rows = int(session.run(f"select count(*) from {name}")[0][0])  # noqa: S608
    if rows <= SMALL and shadow.table.name in shape.names:
        session.run(f"analyze {name}")
    return Cleaned(after, rows)


def _find_own_table(session: Session, work: RunContext, shadow: Shadow) -> OwnTable:
    keys = (key for key in shadow.shape.keys if key.kind == "f")
    return OwnTable(
        live=shadow.live,
        build_schema=shadow.relation.schema,
        own=shadow.own | shadow.shape.index_names,
        hubs=frozenset(key.references for key in keys if key.references),
        earlier=work.find_earlier(shadow.table.name),
        tables=frozenset(work.project.tables),
        schemas=session.schemas,
    )


def _read_numbers(session: Session, shadow: Shadow) -> str:
    """SQL that puts the table's sequences where they are now: no rollback does that."""
    sequences = shadow.shape.sequences
    if not sequences:
        return ""
    parts = [
        f"select {quote_literal(name)}, last_value, is_called from {name}"  # noqa: S608
        for name in sequences
    ]
    return ";".join(
        f"select pg_catalog.setval({quote_literal(name)}, {value}, {called})"
        for name, value, called in session.run(" union all ".join(parts))
    )


def _tell_later(session: Session, work: RunContext, node: str, reason: str) -> None:
    session.log("info", f"{node}: runs when its table is published, for {reason}")
