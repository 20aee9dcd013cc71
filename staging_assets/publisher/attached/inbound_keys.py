"""Foreign keys of other tables that reference a table which is replaced.

They are checked against the new rows before anything is locked, come back NOT VALID with the
new table, and are validated after it: readers wait for none of this.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from staging_assets.errors import BuildError
from staging_assets.model import Relation
from staging_assets.postgres import Cursor
from staging_assets.publisher.attached.objects import InboundKey
from staging_assets.publisher.transaction.steps import Step

_NOT_VALID_ON_PARTITIONED = 180000
"""The server version since which a partitioned table can have a NOT VALID foreign key."""


def find_unchecked(
    inbound: Iterable[InboundKey], live: Relation, later: frozenset[str]
) -> list[InboundKey]:
    """Return those whose rows have to be looked up in the new table before it is published.

    Args:
        inbound: all that reference it.
        live: where the table belongs.
        later: tables of its schema that this run rebuilds after it.
    """
    return [
        key
        for key in inbound
        if not key.scrap
        and key.validated
        and key.enforced
        and not (key.schema == live.schema and key.table in later)
    ]


def run_check(cursor: Cursor, key: InboundKey, live: Relation, *, target: str) -> None:
    """Count the rows of the referencing table that find no row in the new one.

    Args:
        target: the new table as SQL, where it is now.

    Raises BuildError with the constraint and the count when there are any.
    """
    broken = find_broken(cursor, key, target=target)
    if broken is not None:
        raise BuildError(
            f"{live}: {broken}. The old table is as it was. "
            f"Rebuild {key.on} with it, or correct the rows that it is filled with."
        )


def find_broken(cursor: Cursor, key: InboundKey, *, target: str) -> str | None:
    """Say how many rows of the referencing table find no row in the new one, if any.

    Args:
        target: the new table as SQL, where it is now.
    """
    own = [column for column, _, _ in key.columns]
    filled = " and ".join(f"r.{column} is not null" for column in own)
    equal = key.columns[:-1] if key.period else key.columns
    meets = " and ".join(f"k.{there} {operator} r.{here}" for here, there, operator in equal)
    found = f"exists (select 1 from {target} k where {meets})"  # noqa: S608
    if key.period:
        # Several rows together may cover a period.
        here, there, _ = key.columns[-1]
        covered = f"select pg_catalog.range_agg(k.{there}) from {target} k where {meets}"  # noqa: S608
        found = f"coalesce(r.{here} operator(pg_catalog.<@) ({covered}), false)"
    only = "" if key.partitioned else "only "
    cursor.execute(
        f"select count(*) from {only}{key.on} r where {filled} and not {found}"  # noqa: S608
    )
    row = cursor.fetchone()
    if not row or not row[0]:
        return None
    return (
        f"{row[0]:,} rows of {key.on} ({', '.join(own)}) have no row in the new "
        f"{key.references}: foreign key {key}"
    )


def find_left(
    inbound: Iterable[InboundKey], live: Relation, later: frozenset[str]
) -> list[InboundKey]:
    """Return those of tables that this run rebuilds anyway.

    They stay on the old table, which then has to wait, and go with their own old tables: nobody
    has to lock these now. Should one not be rebuilt after all, `drop_retired` turns its key around.
    """
    return [
        key for key in inbound if not key.scrap and key.schema == live.schema and key.table in later
    ]


def find_missing_target(inbound: Iterable[InboundKey]) -> InboundKey | None:
    """Return a foreign key whose referenced table the script no longer makes."""
    return next((key for key in inbound if key.target is None and not key.scrap), None)


def drop_key_steps(inbound: Iterable[InboundKey]) -> list[Step]:
    """Statements that take the foreign keys off their tables."""
    return [
        Step(f"foreign key {key}", f"alter table {key.on} drop constraint {key.constraint}")
        for key in inbound
    ]


def find_late(inbound: Iterable[InboundKey], *, server_version: int) -> list[InboundKey]:
    """Return those that come back NOT VALID, and are validated when nothing is locked any more."""
    return [
        key
        for key in inbound
        if not key.scrap
        and key.validated
        and key.enforced
        and (not key.partitioned or server_version >= _NOT_VALID_ON_PARTITIONED)
    ]


def add_key_steps(inbound: Sequence[InboundKey], *, server_version: int) -> list[Step]:
    """Statements that put the foreign keys back, NOT VALID where the server can."""
    steps = []
    late = find_late(inbound, server_version=server_version)
    for key in inbound:
        if key.scrap:
            continue
        how = " not valid" if key in late else ""
        steps.append(
            Step(
                f"foreign key {key}",
                f"alter table {key.on} add constraint {key.constraint} {key.definition}{how}",
            )
        )
        if key.comment:
            steps.append(Step(f"comment on foreign key {key}", key.comment))
    return steps
