"""The statements that exchange a table for another, in the order in which they have to run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg2 import errors

from staging_assets.errors import BuildError, NameTakenError
from staging_assets.model import Relation
from staging_assets.parser import quote, quote_literal
from staging_assets.postgres import Cursor
from staging_assets.publisher.attached.attachments import CATALOG_SETTINGS, Attachments
from staging_assets.publisher.attached.dependents import sort_dependents
from staging_assets.publisher.attached.inbound_keys import (
    add_key_steps,
    drop_key_steps,
    find_late,
    find_left,
    find_missing_target,
)
from staging_assets.publisher.owed_keys import owe_steps
from staging_assets.publisher.request import PublishRequest
from staging_assets.publisher.retired import (
    choose_retired_schema,
    drop_steps,
    keep_steps,
    retire_steps,
)
from staging_assets.publisher.transaction.brief_locks import take_locks
from staging_assets.publisher.transaction.steps import Step

_BESIDE = ("function", "statistics")
"""What may have the same name as a table or type."""

_LOCK_OWN = """
declare
    name text;
begin
    for name in
        select format('%I.%I', n.nspname, c.relname)
        from pg_class c
        join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = {schema} and c.relname = any ({names}) and c.relkind in ('r', 'p')
        order by 1
    loop
        execute 'lock table ' || name || ' in access exclusive mode';
    end loop;
end
"""


@dataclass(frozen=True)
class Exchange:
    """How the old objects leave and the new ones come.

    Args:
        detach: takes off the foreign keys that reference the old table.
        move: takes the old objects away and puts the new ones in their place.
        attach: gives the new objects what the old ones had.
        finish: drops the old objects if `move` only retired them.
    """

    detach: Sequence[Step]
    move: Sequence[Step]
    attach: Sequence[Step]
    finish: Sequence[Step]


def take_all_locks(
    cursor: Cursor,
    request: PublishRequest,
    *,
    turn: int = 1,
    seen: Attachments | None = None,
    every_view: bool = False,
    after: str = "",
) -> None:
    """Lock the old tables, and what is known to hang on them, in ACCESS EXCLUSIVE mode.

    The settings that `read_attachments` needs are sent ahead in the same round trip.

    Whoever reads a view locks it before its tables, so views come first, the outermost before
    the others. Whoever joins two tables locks them in an order that is not known: hence the
    choice.

    Args:
        request: of its names, the old tables that exist are locked.
        turn: which try this is; tables that reference them are locked before or after them by
            turns.
        seen: what was seen to hang on them in an earlier try; foreign keys that will not be
            touched are left out.
        every_view: whether views upon views are locked as well.
        after: a statement to send along, whose result is that of the cursor.

    Raises LockBusyError when another session uses one of them.
    """
    schema = request.live.schema
    listed = f"array[{', '.join(quote_literal(name) for name in request.names)}]::name[]"
    own = _LOCK_OWN.format(schema=quote_literal(schema), names=listed)
    relations = [quote(Relation(schema, name)) for name in request.names]
    locking = [own]
    if seen is not None:
        ordered = reversed(sort_dependents(seen.dependents))
        views = [d for d in ordered if d.owner and (d.direct or every_view)]
        left = find_left(seen.inbound, request.live, request.rebuilt_later)
        tables = sorted({key.on for key in seen.inbound if key not in left})
        if tables:
            others = f"lock table {', '.join(tables)} in access exclusive mode"
            locking = [own, others] if turn % 2 else [others, own]
        # Giving a view the owner that it has takes the lock and does nothing else.
        locking = [f"alter {d.noun} {d.name} owner to {d.owner}" for d in views] + locking
        relations += [d.name for d in views] + tables
    locking = [*request.yielding, *locking]
    take_locks(cursor, locking, relations, before=CATALOG_SETTINGS, after=after, turn=turn)


def lock_hubs_steps(attached: Attachments) -> list[Step]:
    """Lock the tables that the old one references, if that takes no waiting at all.

    Dropping the old table needs it. Where it is not possible, there is a savepoint `hubs`.
    """
    if not attached.hubs:
        return []
    hubs = ", ".join(attached.hubs)
    lock = f"savepoint hubs; lock table {hubs} in access exclusive mode nowait"
    return [Step("locking what it references", lock)]


def lock_hubs(cursor: Cursor, attached: Attachments) -> bool:
    """The same at once; returns whether it was possible."""
    try:
        for step in lock_hubs_steps(attached):
            cursor.execute(step.statement)
    except errors.LockNotAvailable:
        cursor.execute("rollback to savepoint hubs")
        return False
    return True


def check_possible(attached: Attachments, request: PublishRequest) -> None:
    """Raise BuildError when the new objects cannot take the old ones' place."""
    live, later = request.live, request.rebuilt_later
    old = {item.simple: item for item in attached.old if item.noun not in _BESIDE}
    unchanged = "The old table is as it was."
    if attached.live is None:
        raise BuildError(f"{live}: there is no schema {live.schema}. Build staging/schema first.")
    for item in attached.new:
        before = old.get(item.simple)
        if before and item.noun not in _BESIDE and before.noun != item.noun:
            raise NameTakenError(
                f"{live}: {before.name} is a {before.noun}, and the script makes a {item.noun} "
                f"of that name. {unchanged} Drop or rename the {before.noun}."
            )
    if attached.taken:
        raise NameTakenError(
            f"{live}: {attached.taken[0]}, and the script makes one of that name. {unchanged} "
            "Rename one of them."
        )
    if attached.parents:
        child, parent = attached.parents[0]
        raise BuildError(
            f"{live}: {child} is a partition or child of {parent}, which would lose its rows. "
            f"{unchanged} Detach it, or let the script that makes {parent} make it."
        )
    unknown = [
        what
        for what, schema, table in attached.unknown
        if not _is_later(schema, table, live, later) and schema not in attached.kept_schemas
    ]
    if unknown:
        raise BuildError(
            f"{live}: {'; '.join(unknown)}: this hangs on the old table and cannot be carried "
            f"over to the new one. {unchanged} Drop it, or have this run rebuild what it belongs "
            "to."
        )
    gone = find_missing_target(attached.inbound)
    if gone is not None:
        raise BuildError(
            f"{live}: foreign key {gone} references {gone.references}, which the script no longer "
            f"makes. {unchanged} Drop the foreign key."
        )


def plan_exchange(
    attached: Attachments,
    request: PublishRequest,
    *,
    drop: Sequence[Step],
    create: Sequence[Step],
    at_once: bool,
    droppable: bool,
    server_version: int,
) -> Exchange:
    """Put the statements in order.

    Args:
        attached: the new objects, the old ones, and all that hangs on the old ones. Foreign keys
            of tables that are rebuilt later go on referencing the old table, wherever it is.
        drop, create: those that take dependents off the old table and put them on the new one.
        at_once: whether the old table is dropped before the new one comes, not after.
        droppable: whether it can be dropped at all, now.
    """
    schema = request.live.schema
    left = find_left(attached.inbound, request.live, request.rebuilt_later)
    keys = [key for key in attached.inbound if key not in left]
    droppable = droppable and not left
    at_once = at_once and droppable and not attached.dependents and not attached.kept
    move = [
        Step(f"publication {name}", f"alter publication {name} drop table {table}")
        for name, table in attached.unpublish
    ]
    move += drop
    finish: list[Step] = []
    if request.keeping is not None:
        move += keep_steps(attached.old, request.keeping.schema)
    elif at_once:
        move += drop_steps(attached.old)
    elif attached.old:
        retired = choose_retired_schema(schema, attached.old, attached.retired)
        move += retire_steps(attached.old, schema, retired)
        finish = drop_steps(attached.old, retired=retired) if droppable else []
    move += [
        Step(f"moving {item.name}", f"alter {item.alter} {item.name} set schema {attached.live}")
        for item in attached.new
        if item.moves
    ]
    if request.keeping is not None:
        move += request.keeping.moving_steps()
    returned = add_key_steps(keys, server_version=server_version)
    late = find_late(keys, server_version=server_version)
    owed = owe_steps(schema, late, present=attached.owed)
    return Exchange(
        detach=drop_key_steps(keys),
        move=move,
        attach=[*attached.carried, *create, *attached.kept, *returned, *owed],
        finish=finish,
    )


def tell_gone(attached: Attachments, request: PublishRequest) -> None:
    """Log what the old table had and the script does not make."""
    if attached.gone:
        gone = ", ".join(attached.gone)
        # Who attaches a partition by hand expects its rows to stay.
        level = "warning" if any(map(_is_partition, attached.gone)) else "info"
        request.log(level, f"{request.live}: gone with the old table, not in its script: {gone}")


def _is_partition(part: str) -> bool:
    return part.startswith("partition ")


def _is_later(schema: str | None, table: str | None, live: Relation, later: frozenset[str]) -> bool:
    return schema == live.schema and table in later
