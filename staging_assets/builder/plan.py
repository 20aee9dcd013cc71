"""Where and under which names a table is made before it is published."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from psycopg2 import errors

from staging_assets.builder.branches.keys import run_check_keys
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
    filled: bool = True,
    circle: Sequence[Table] = (),
) -> ShadowPlan:
    """Decide how a table's shadow is made.

    Args:
        session: not in a transaction; it makes a private schema where the table needs one.
        later: tables that this run has still to build.
        filled: whether what fills the table is run.
        circle: the tables that are made with it, in this order, itself among them; nothing of
            them is made yet.
    """
    names = [each.name for each in circle]
    number = names.index(table.name) if names else 0
    alone = any(_is_alone(work, each) for each in circle or [table])
    place = run_make_private(session, table, work.schema) if alone else work.build_schema
    session.path.stand_first(place if table.bare else None)
    return ShadowPlan(
        work.schema,
        place,
        filled=filled,
        referenced=table.name in work.referenced,
        roles=_find_roles(table),
        rivals=work.rivals.get(table.name, ()),
        later=later.union(names) - {table.name},
        tables=work.project.tables,
        beside=_find_own([each for each in circle if each.name != table.name]),
        made=_find_own(circle[:number]),
        ahead=frozenset(names[number + 1 :]),
    )


def _is_alone(work: RunContext, table: Table) -> bool:
    """Whether it cannot be made beside the shadows of other workers."""
    return bool(_find_roles(table) or work.rivals.get(table.name) or table.bare)


def _find_own(tables: Sequence[Table]) -> frozenset[str]:
    """The names of all that the scripts of some tables make."""
    return frozenset(name for table in tables for name in (*table.own, table.name))


def _find_roles(table: Table) -> frozenset[str]:
    populate = [table.populate.text] if table.populate else []
    return find_roles(table.create.text, *populate)


def run_with_free_names(
    session: Session,
    shadows: Sequence[Shadow],
    plans: Sequence[ShadowPlan],
    publish: Callable[[Sequence[Shadow]], T],
) -> T:
    """Publish shadows; try again with names that can be had when another table has one.

    Args:
        shadows, plans: what is published together, and how each was made.

    Raises what `publish` raises when names are not the reason.
    """
    for shadow in shadows:
        run_check_keys(session, shadow, shadow.relation)
    for _ in range(_MOST_NAMES):
        try:
            return publish(shadows)
        except (NameTakenError, errors.DuplicateTable, errors.DuplicateObject):
            renamed = [run_rename(session, *each) for each in zip(shadows, plans, strict=True)]
            if not any(renamed):
                raise
            shadows = [new or old for new, old in zip(renamed, shadows, strict=True)]
    return publish(shadows)
