"""The statements that exchange a table for another, in the order in which they have to run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg2 import errors, extensions

from staging_assets.errors import BuildError
from staging_assets.model import Relation
from staging_assets.parser import quote, quote_literal
from staging_assets.publisher import retired as aside
from staging_assets.publisher.attached import inbound_keys as inbound
from staging_assets.publisher.attached.attachments import Attachments, InboundKey
from staging_assets.publisher.attached.dependents import find_order
from staging_assets.publisher.transaction.brief_locks import Log, take_locks
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
        finish: drops the old objects if `move` only set them aside.
    """

    detach: Sequence[Step]
    move: Sequence[Step]
    attach: Sequence[Step]
    finish: Sequence[Step]


def take_all_locks(
    cursor: extensions.cursor,
    live: Relation,
    names: Sequence[str],
    *,
    turn: int = 1,
    seen: Attachments | None = None,
    left: Sequence[InboundKey] = (),
    every_view: bool = False,
    before: str = "",
) -> None:
    """Lock the old tables, and what is known to hang on them, in ACCESS EXCLUSIVE mode.

    Whoever reads a view locks it before its tables, so views come first, the outermost before
    the others. Whoever joins two tables locks them in an order that is not known: hence the
    choice.

    Args:
        names: of the old tables, those that exist are locked.
        turn: which try this is; tables that reference them are locked before or after them by
            turns.
        seen: what was seen to hang on them in an earlier try.
        left: foreign keys that will not be touched.
        every_view: whether views upon views are locked as well.
        before: statements to send along in the same round trip, ahead of the locks.

    Raises LockBusyError when another session uses one of them.
    """
    listed = f"array[{', '.join(quote_literal(name) for name in names)}]::name[]"
    own = _LOCK_OWN.format(schema=quote_literal(live.schema), names=listed)
    relations = [quote(Relation(live.schema, name)) for name in names]
    locking = [own]
    if seen is not None:
        views = [
            d for d in reversed(find_order(seen.dependents)) if d.owner and (d.direct or every_view)
        ]
        tables = sorted({key.on for key in seen.inbound if key not in left})
        if tables:
            others = f"lock table {', '.join(tables)} in access exclusive mode"
            locking = [own, others] if turn % 2 else [others, own]
        # Giving a view the owner that it has takes the lock and does nothing else.
        locking = [f"alter {d.noun} {d.name} owner to {d.owner}" for d in views] + locking
        relations += [d.name for d in views] + tables
    take_locks(cursor, locking, relations, before=before, turn=turn)


def lock_hubs(cursor: extensions.cursor, hanging: Attachments) -> bool:
    """Lock the tables that the old one references, if that takes no waiting at all.

    Dropping the old table needs it. Returns whether it was possible.
    """
    if not hanging.hubs:
        return True
    cursor.execute("savepoint hubs")
    try:
        cursor.execute(f"lock table {', '.join(hanging.hubs)} in access exclusive mode nowait")
    except errors.LockNotAvailable:
        cursor.execute("rollback to savepoint hubs")
        return False
    return True


def check_possible(hanging: Attachments, live: Relation, later: frozenset[str]) -> None:
    """Raise BuildError when the new objects cannot take the old ones' place."""
    old = {item.simple: item for item in hanging.old if item.noun not in _BESIDE}
    unchanged = "The old table is as it was."
    if hanging.live is None:
        raise BuildError(f"{live}: there is no schema {live.schema}. Build staging/schema first.")
    for item in hanging.new:
        before = old.get(item.simple)
        if before and item.noun not in _BESIDE and before.noun != item.noun:
            raise BuildError(
                f"{live}: {before.name} is a {before.noun}, and the script makes a {item.noun} "
                f"of that name. {unchanged} Drop or rename the {before.noun}."
            )
    if hanging.taken:
        raise BuildError(
            f"{live}: {hanging.taken[0]}, and the script makes one of that name. {unchanged} "
            "Rename one of them."
        )
    unknown = [
        what for what, schema, table in hanging.unknown if not _is_later(schema, table, live, later)
    ]
    if unknown:
        raise BuildError(
            f"{live}: {'; '.join(unknown)}: this hangs on the old table and cannot be carried "
            f"over to the new one. {unchanged} Drop it, or have this run rebuild what it belongs "
            "to."
        )
    gone = inbound.find_missing_target(hanging.inbound)
    if gone is not None:
        raise BuildError(
            f"{live}: foreign key {gone} references {gone.references}, which the script no longer "
            f"makes. {unchanged} Drop the foreign key."
        )


def find_exchange(
    hanging: Attachments,
    live: Relation,
    *,
    drop: Sequence[Step],
    create: Sequence[Step],
    at_once: bool,
    droppable: bool,
    left: Sequence[InboundKey] = (),
    server_version: int,
) -> Exchange:
    """Put the statements in order.

    Args:
        drop, create: those that take dependents off the old table and put them on the new one.
        at_once: whether the old table is dropped before the new one comes, not after.
        droppable: whether it can be dropped at all, now.
        left: foreign keys that go on referencing the old table, wherever it is.
    """
    keys = [key for key in hanging.inbound if key not in left]
    droppable = droppable and not left
    live_schema = hanging.live
    at_once = at_once and droppable and not hanging.dependents and not hanging.kept
    away = aside.find_aside(live.schema, hanging.old, hanging.aside)
    move = [
        Step(f"publication {name}", f"alter publication {name} drop table {table}")
        for name, table in hanging.unpublish
    ]
    move += drop
    finish: list[Step] = []
    if at_once:
        move += aside.find_drops(hanging.old)
    elif hanging.old:
        move += aside.find_moves(hanging.old, live.schema, away)
        finish = aside.find_drops(hanging.old, aside=away) if droppable else []
    move += [
        Step(
            f"moving {item.name}",
            f"alter {aside.find_noun(item)} {item.name} set schema {live_schema}",
        )
        for item in hanging.new
        if item.moves
    ]
    return Exchange(
        detach=inbound.find_drops(keys),
        move=move,
        attach=[
            *hanging.carried,
            *create,
            *hanging.kept,
            *inbound.find_returns(keys, server_version=server_version),
        ],
        finish=finish,
    )


def tell_gone(hanging: Attachments, live: Relation, log: Log) -> None:
    """Log what the old table had and the script does not make."""
    if hanging.gone:
        log(
            "info", f"{live}: gone with the old table, not in its script: {', '.join(hanging.gone)}"
        )


def _is_later(schema: str | None, table: str | None, live: Relation, later: frozenset[str]) -> bool:
    return schema == live.schema and table in later
