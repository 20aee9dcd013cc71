"""Everything that is in the way of a branch's exchange, found at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from staging_assets.model import Relation
from staging_assets.parser import quote
from staging_assets.postgres import Connection, Cursor
from staging_assets.publisher.attached import dependents
from staging_assets.publisher.attached.attachments import (
    Attachments,
    read_attachments,
    run_prepare_attachments,
)
from staging_assets.publisher.attached.inbound_keys import find_broken, find_unchecked
from staging_assets.publisher.attached.routines import find_routine_users
from staging_assets.publisher.branch_exchange import BranchExchange, ObstructedError
from staging_assets.publisher.request import PublishRequest
from staging_assets.publisher.swap_plan import plan_exchange
from staging_assets.publisher.transaction.autocommit import in_autocommit
from staging_assets.publisher.transaction.steps import StepError, describe, run_each


def find_standing(connection: Connection, exchange: BranchExchange) -> list[str]:
    """What is seen to be in the way without a try: nothing of the live schema is locked.

    Rows that have no partner in the live tables which their keys reference, and what uses
    functions that are replaced.

    Raises LockBusyError when somebody reads a view of the branch.
    """
    with _trying(connection) as cursor:
        try:
            exchange.run_first(cursor)
        except ObstructedError as obstructed:
            return [str(obstructed)]
        except StepError as failed:
            return [describe(failed)]
        return _find_standing(cursor, exchange, _read(cursor, exchange))


def find_obstacles(
    connection: Connection, exchange: BranchExchange, request: PublishRequest
) -> list[str]:
    """Do all of it, whatever fails, and roll it back, to name everything that is in the way.

    Raises LockBusyError when something is locked by others.
    """
    with _trying(connection) as cursor:
        try:
            exchange.run_first(cursor)
        except ObstructedError as obstructed:
            return [str(obstructed)]
        except StepError as failed:
            return [describe(failed)]
        attached = _read(cursor, exchange)
        told = _find_standing(cursor, exchange, attached)
        told += _find_stuck(cursor, exchange, attached)
        inbound = tuple(key for key in attached.inbound if key.target is not None)
        attached = replace(attached, inbound=inbound)
        drop, create = dependents.dependent_steps(
            cursor, attached.dependents, dependents.Mode.RECREATE, None
        )
        plan = plan_exchange(
            attached,
            request,
            drop=drop,
            create=create,
            at_once=False,
            droppable=False,
            server_version=connection.server_version,
        )
        # What cannot be taken off is what depends on something that was named already.
        failed_off = run_each(cursor, [*plan.detach, *plan.move], [])
        told += [] if told else failed_off
        told += run_each(cursor, plan.attach, [])
        told += run_each(cursor, exchange.last_steps(cursor), [])
        told += exchange.find_hanging(cursor)
        return told


@contextmanager
def _trying(connection: Connection) -> Iterator[Cursor]:
    """A transaction that is rolled back."""
    with in_autocommit(connection), connection.cursor() as cursor:
        run_prepare_attachments(cursor)
        cursor.execute("begin")
        try:
            yield cursor
        finally:
            if not connection.closed:
                cursor.execute("rollback")


def _read(cursor: Cursor, exchange: BranchExchange) -> Attachments:
    return read_attachments(
        cursor,
        live_schema=exchange.live,
        build_schema=exchange.incoming,
        own=exchange.names,
    )


def _find_standing(cursor: Cursor, exchange: BranchExchange, attached: Attachments) -> list[str]:
    told = []
    for key in exchange.keys:
        if key.validated and key.enforced and key.columns and not key.period:
            here = str(Relation(exchange.incoming, key.table))
            broken = find_broken(cursor, replace(key, on=here), target=str(key.target))
            told += [broken.replace("the new ", f"{exchange.live}.")] if broken else []
    turned = {dependent.oid for dependent in attached.dependents if dependent.direct}
    return told + find_routine_users(
        cursor, exchange.routines, exchange.names, live=exchange.live, turned=turned
    )


def _find_stuck(cursor: Cursor, exchange: BranchExchange, attached: Attachments) -> list[str]:
    """What hangs on the old tables and cannot be turned to the new ones."""
    live, source = exchange.live, exchange.branch.schema
    told = [
        f"{what}: this hangs on {live} and cannot be turned to {source}"
        for what, schema, _ in attached.unknown
        if schema not in attached.kept_schemas
    ]
    told += [f"{each}, and {source} makes one of that name" for each in attached.taken]
    told += [
        f"{child}: it is a partition or child of {parent}, which would lose its rows"
        for child, parent in attached.parents
    ]
    told += [
        f"foreign key {key}: {source} has no table {key.references}"
        for key in attached.inbound
        if key.target is None
    ]
    for key in find_unchecked(attached.inbound, Relation(live, "*"), frozenset()):
        if key.target is not None:
            target = quote(Relation(exchange.incoming, key.references))
            if broken := find_broken(cursor, key, target=target):
                told.append(broken)
    return told
