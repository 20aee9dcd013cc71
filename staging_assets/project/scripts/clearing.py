"""What stands at the head of a dump to take away what it makes: `pg_dump --clean` writes it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from staging_assets.parser import ReadStatement
from staging_assets.project.scripts.script import Source
from staging_assets.project.scripts.subjects import find_made, find_own, find_subjects

_TAKES = ("drop", "detach")


def find_clearing(
    source: Source, here: Collection[str], owners: Mapping[str, str]
) -> set[ReadStatement]:
    """The statements ahead of all that a file makes that take it away first.

    Each table is made anew in any case, and routines are replaced. Among them may be views without
    content, which are made so that the keys they need can be dropped, and are dropped then.

    Args:
        source: the file.
        here: the tables and views that it makes.
        owners: name of anything that the files make to the table it belongs to.
    """
    found: set[ReadStatement] = set()
    for statement in source.statements if here else ():
        if statement.starts_with("create", "or", "replace", "view"):
            if not _is_dropped_later(source, statement):
                break
        elif statement.starts_with("create"):
            break
        elif not _takes(statement) or not find_subjects(statement, owners) <= {*here}:
            continue
        found.add(statement)
    return found


def _takes(statement: ReadStatement) -> bool:
    words = {token.value for token in statement.tokens if token.kind == "word"}
    alters = statement.starts_with("alter") and not words.isdisjoint(_TAKES)
    return statement.starts_with("drop") or alters


def _is_dropped_later(source: Source, view: ReadStatement) -> bool:
    """Whether the file drops a view that it makes, before it makes it in earnest."""
    name, at = find_made(view), view.tokens[0].start
    return any(
        use.role == "drop" and use.relation.name == name and use.offset > at
        for statement in source.statements
        for use in find_own(statement)
    )
