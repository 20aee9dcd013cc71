"""What the engine has to know of the server that it works on, and how that is found out.

Plain Postgres can do everything that is asked here. What another server cannot do stands here or
beside this, and nowhere else: the engine asks `find_abilities(connection)` and not who is there.
It costs no message: every session is asked who answers anyway, and says this too.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field

from staging_assets.errors import DatabaseError
from staging_assets.postgres.driver import Connection

COLUMNS = """pg_catalog.pg_is_in_recovery(),
pg_catalog.current_setting('transaction_read_only'),
pg_catalog.current_setting('staging_assets.one_statement', true),
(select e.extversion from pg_catalog.pg_extension as e
where e.extname operator(pg_catalog.=) 'citus')"""
"""What is asked of a new session, as columns; its answer is for `read_abilities`.

`staging_assets.one_statement` is a setting by which a database says that on its server a message
holds one statement.
"""


@dataclass(frozen=True)
class Abilities:
    """What a server can do.

    Args:
        standby: whether it follows another server, and takes no writing at all.
        read_only: whether its transactions are, until somebody says otherwise.
        one_statement: whether a message may hold one statement only; then what the engine sends
            together is taken apart (`one_statement.py`).
        stand_ins: whether foreign keys can be made against an empty table in the place of the one
            that they mean. Where not, they are made against that one, and stay while rows come.
        sequence_blocks: whether sequences can be told to give numbers in blocks.
        late_commits: whether a commit may return before it is on disk.
        distributes: whether tables may be spread over several machines (`citus.py`).
        settings: what every session sets besides what it always does.
        taking_names: parameters of routines that are names of tables, though they are of type text.
    """

    standby: bool = False
    read_only: bool = False
    one_statement: bool = False
    stand_ins: bool = True
    sequence_blocks: bool = True
    late_commits: bool = True
    distributes: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)
    taking_names: frozenset[str] = frozenset()


PLAIN = Abilities()

_FOUND: weakref.WeakKeyDictionary[Connection, Abilities] = weakref.WeakKeyDictionary()


def find_abilities(connection: Connection) -> Abilities:
    """What the server of a connection can do; of one that we did not open, what Postgres can."""
    return _FOUND.get(connection, PLAIN)


def note_abilities(connection: Connection, abilities: Abilities) -> None:
    """Keep in mind what the server of a connection can do, while the connection lives."""
    if abilities != PLAIN:
        _FOUND[connection] = abilities


def refuse_reading_only(connection: Connection, server: object) -> None:
    """Raise DatabaseError when nothing can be written where the connection leads to.

    Args:
        server: as people are told of it.
    """
    abilities = find_abilities(connection)
    if abilities.standby:
        raise DatabaseError(
            f"{server}: it is a standby, which only repeats what another server does, so nothing "
            "can be built here. Let STAGING_DATABASE_URL name that other one."
        )
    if abilities.read_only:
        raise DatabaseError(
            f"{server}: transactions only read there (default_transaction_read_only), so nothing "
            "can be built. Name the server that takes writes, or turn that off for this role or "
            "database."
        )
