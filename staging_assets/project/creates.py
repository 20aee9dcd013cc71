"""The CREATE scripts of a folder: what each makes, whichever file its statements stand in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from staging_assets.errors import Problem
from staging_assets.model import SchemaNames, Script
from staging_assets.parser import fold
from staging_assets.project.file_reader import Files, Named
from staging_assets.project.scripts.create import Creation, find_creation
from staging_assets.project.scripts.divide import divide
from staging_assets.project.scripts.grants import grants_on_all
from staging_assets.project.scripts.script import Source
from staging_assets.project.scripts.subjects import find_made, find_own, is_about, is_additive

ReadSource = Callable[[Script], tuple[Source | None, list[Problem]]]


@dataclass
class Creations:
    """What the CREATE scripts make.

    Args:
        by_table: table to what makes it.
        routines: scripts of functions and the like that stood among tables.
        commons: the tables of a file, and its statements about several of them at once.
        unread: names of tables whose script could not be read.
        problems: what is wrong with them.
    """

    by_table: dict[str, Creation] = field(default_factory=dict)
    routines: list[Source] = field(default_factory=list)
    commons: list[tuple[frozenset[str], Source]] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)


def read_creations(files: Files, schemas: SchemaNames, read: ReadSource) -> Creations:
    """Read the CREATE scripts, and the other files in their folders that speak of tables.

    Args:
        files: of the folder.
        schemas: what they call the schemas.
        read: reads one script; gives None when it cannot be read, and what is wrong with it.
    """
    found = Creations()
    several: list[Source] = []
    for named in files.creates:
        source, problems = read(named.script)
        found.problems += problems
        if source is None:
            found.unread.add(fold(named.table))
        else:
            _take(found, several, named, source)
    others = _find_others(files, found, several, read)
    if several or others:
        _divide(found, [*several, *others], schemas)
    return found


def _take(found: Creations, several: list[Source], named: Named, source: Source) -> None:
    """Take a script that is for one table; put it among those for several, if it is."""
    creation, problems = find_creation(source, named.table)
    adds = creation is not None and _only_adds(source, creation)
    if (problems or creation is None) and (adds or len(_find_made(source)) > 1):
        several.append(source)
        return
    found.problems += problems
    if creation is None:
        found.unread.add(fold(named.table))
    elif creation.name in found.by_table:
        first = found.by_table[creation.name].source.script.label
        what = f"creates {creation.name}, as {first} does"
        found.problems.append(source.note(0, what, "Remove one of the two scripts"))
    else:
        found.by_table[creation.name] = creation


def _only_adds(source: Source, creation: Creation) -> bool:
    """Whether all that a script for one table does to others may go to their scripts."""
    changed = ("alter", "drop", "change", "truncate", "write")
    return all(
        is_additive(statement)
        for statement in source.statements
        for use in find_own(statement)
        if use.role in changed and use.relation.name not in creation.own
    )


def _find_others(
    files: Files, found: Creations, several: Iterable[Source], read: ReadSource
) -> list[Source]:
    """The files of other names that make tables, or have keys, indexes ... of those of others.

    Those that make tables come first, and those with foreign keys last: they need the others' keys.
    """
    makers, adding = [], []
    known = {*found.by_table}
    for source in several:
        known |= _find_made(source)
    for script in files.others:
        other, problems = read(script)
        if other is None:
            continue  # nothing says that it is one of ours
        made = _find_made(other)
        double = sorted(made & found.by_table.keys())
        if double and made <= found.by_table.keys():
            first = found.by_table[double[0]].source.script.label
            files.shadowed.append((first, script.label))
        elif made:
            known |= made
            found.problems += problems
            makers.append(other)
        else:
            adding.append((any(u.role == "reference" for u in other.uses), other, problems))
    for _, source, problems in sorted(adding, key=lambda each: each[0]):
        if any(is_about(each, known) or grants_on_all(each) for each in source.statements):
            found.problems += problems
            makers.append(source)
    return makers


def _find_made(source: Source) -> set[str]:
    return {name for each in source.statements if (name := find_made(each)) is not None}


def _divide(found: Creations, files: list[Source], schemas: SchemaNames) -> None:
    makers: Mapping[str, Source] = {name: each.source for name, each in found.by_table.items()}
    divided = divide(files, makers)
    found.problems += [*divided.problems, *(each.problem for each in divided.left)]
    for name, script in divided.scripts.items():
        creation, problems = find_creation(Source(script, schemas), name)
        found.problems += problems
        if creation is None:
            found.unread.add(name)
        else:
            found.by_table[name] = creation
    found.routines = [Source(script, schemas) for script in divided.routines]
    found.commons = [(each.tables, Source(each.script, schemas)) for each in divided.commons]
