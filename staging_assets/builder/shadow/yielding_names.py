"""Generated names that give way to a name that another table's script says.

`create index a_b_key on staging.x (...)` is what its author wrote; `a_b_key` of `staging.a` is
what Postgres made up. When the one comes while the other is published, the other takes the next
name of its series, in the transaction that publishes the one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from staging_assets.builder.shadow.names import Made, NamesRead, Naming, is_written, read_names
from staging_assets.model import Relation, Table
from staging_assets.parser import quote, quote_identifier, quote_literal

_TRIES = 5


def find_yielding(
    run: Callable[..., list[tuple[Any, ...]]],
    naming: Naming,
    own: frozenset[str],
    tables: Mapping[str, Table],
) -> tuple[str, ...] | None:
    """Find what gives way to the names that a shadow has, as PL/pgSQL statements that rename it.

    Args:
        run: sends a statement with its arguments, and returns rows.
        naming: of the shadow.
        own: names of all that the shadow's script makes.
        tables: those of the folder. A table that no script makes keeps its names.

    Returns None where a name is held by what is called so in a script, or by no table of these.
    """
    read = read_names(run, naming, own)
    for _ in range(_TRIES):
        steps = _find_steps(run, naming, own, tables, read)
        if steps is not None:
            return steps
        before, read = read, read_names(run, naming, own)
        if read.others == before.others:
            break  # else the holder was published between two looks, and may hold it no more
    return None


def _find_steps(
    run: Callable[..., list[tuple[Any, ...]]],
    naming: Naming,
    own: frozenset[str],
    tables: Mapping[str, Table],
    read: NamesRead,
) -> tuple[str, ...] | None:
    steps = []
    for kind, held in read.others.items():
        taken = {*held, *own}
        for name in sorted(own & held.keys()):
            made = _find_generated(run, naming, tables.get(held[name]), kind, name)
            if made is None:
                return None
            free = next(each for each in made.series() if each not in taken)
            taken.add(free)
            steps.append(_rename_step(made, naming.live, free))
    return tuple(steps)


def _find_generated(
    run: Callable[..., list[tuple[Any, ...]]],
    naming: Naming,
    holder: Table | None,
    kind: str,
    name: str,
) -> Made | None:
    """What has the name, if Postgres made it up."""
    if holder is None or holder.name == naming.table or is_written(name, holder.create.text):
        return None
    held = read_names(run, naming, {holder.name}).old
    return next(
        (
            made
            for made in held
            if made.name == name
            and (made.kind == "statistics") == (kind == "statistics")
            and made.has(name)
        ),
        None,
    )


def _rename_step(made: Made, live: str, free: str) -> str:
    """Rename it, if it still has the name: its table may have been built anew by now."""
    old = quote_literal(quote(Relation(live, made.name)))
    there = f"to_regclass({old}) is not null"
    if made.kind == "statistics":
        there = (
            "exists (select from pg_statistic_ext where"
            f" stxnamespace = {quote_literal(quote_identifier(live))}::regnamespace"
            f" and stxname = {quote_literal(made.name)})"
        )
    renamed = f"alter {made.kind} {quote(Relation(live, made.name))} rename to"
    return f"if {there} then {renamed} {quote_identifier(free)}; end if"
