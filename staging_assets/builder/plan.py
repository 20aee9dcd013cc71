"""Where and under which names a table is made before it is published."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from psycopg2 import errors

from staging_assets.builder.context import RunContext
from staging_assets.builder.shadow.create import Shadow, ShadowPlan, run_rename
from staging_assets.builder.shadow.private import run_make_private
from staging_assets.builder.shadow.roles import find_roles
from staging_assets.errors import NameTakenError
from staging_assets.model import Table
from staging_assets.postgres import Session

T = TypeVar("T")

_MOST_NAMES = 5


def find_plan(
    session: Session,
    work: RunContext,
    table: Table,
    later: frozenset[str],
    *,
    first: str = "",
    filled: bool = True,
) -> ShadowPlan:
    """Decide how a table's shadow is made.

    Args:
        session: not in a transaction; it makes a private schema where the table needs one.
        later: tables that this run has still to build.
        first: a statement to begin the transaction with.
        filled: whether what fills the table is run.
    """
    scripts = [table.create.text] + ([table.populate.text] if table.populate else [])
    roles = find_roles(*scripts)
    rivals = work.rivals.get(table.name, ())
    alone = roles or rivals or table.bare
    place = run_make_private(session, table, work.schema) if alone else work.build_schema
    session.path.stand_first(place if table.bare else None)
    return ShadowPlan(
        work.schema,
        place,
        first=first,
        filled=filled,
        referenced=table.name in work.referenced,
        roles=roles,
        rivals=rivals,
        later=later,
        tables=work.project.tables,
    )


def run_with_free_names(
    session: Session, shadow: Shadow, plan: ShadowPlan, publish: Callable[[Shadow], T]
) -> T:
    """Publish a shadow; try again with names that can be had when another table has one.

    Raises what `publish` raises when names are not the reason.
    """
    for _ in range(_MOST_NAMES):
        try:
            return publish(shadow)
        except (NameTakenError, errors.DuplicateTable, errors.DuplicateObject):
            renamed = run_rename(session, shadow, plan)
            if renamed is None:
                raise
            shadow = renamed
    return publish(shadow)
