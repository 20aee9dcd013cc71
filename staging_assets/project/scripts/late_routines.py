"""Routines among tables that can only be made when some of these are there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from staging_assets.parser import ReadStatement
from staging_assets.project.scripts.subjects import find_own, is_of_routines

_OTHERS = "others"
"""What operators, casts and the like are put together as."""
_DONE = ("define", "alter", "about", "drop")


def find_routine(statement: ReadStatement) -> str:
    """What a statement about routines is about: the name of one, or `others` for all else."""
    for use in find_own(statement):
        if use.role in _DONE:
            return use.relation.name
    return _OTHERS


def find_late(statements: Iterable[ReadStatement], owners: Mapping[str, str]) -> set[str]:
    """The routines that name something of a table in their signature, or in a body that is checked.

    Each is a script of its own: it waits for that table, and the others of the file, which tables
    may need, do not wait with it.

    Args:
        statements: of some files.
        owners: name of anything that the files make to the table it belongs to.
    """
    named: dict[str, set[str]] = {}
    for statement in statements:
        if is_of_routines(statement):
            about = find_routine(statement)
            uses = {use.relation.name for use in find_own(statement)}
            named.setdefault(about, set()).update(uses - {about})
    late = {name for name, uses in named.items() if not uses.isdisjoint(owners)}
    while more := {name for name, uses in named.items() if uses & late} - late:
        late |= more
    return late
