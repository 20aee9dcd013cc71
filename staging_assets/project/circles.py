"""Tables that wait for each other: by foreign keys alone, or by their order, which is an error."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from staging_assets.errors import Problem
from staging_assets.model import Circle, Table, cleanup_node
from staging_assets.project.dependencies import FolderContents
from staging_assets.project.graph import Edge
from staging_assets.project.scripts.script import Source


def find_circle(parts: FolderContents, tables: Mapping[str, Table], names: Sequence[str]) -> Circle:
    """A circle of foreign keys as it is built.

    Args:
        parts: what was read of the folder.
        tables: all of it.
        names: those of the circle, in the order in which they are filled.
    """
    reasons = (_find_in_place(parts, tables[name], names) for name in names)
    in_place = next((reason for reason in reasons if reason), None)
    fills = [fill for fill in find_fills(parts) if fill.node in names]
    whole = [f"{parts.place(fill)} fills {fill.needs} as well" for fill in fills]
    commons = parts.find_commons(names)
    if commons:
        first = commons[0].place(commons[0].statements[0].tokens[0].start)
        in_place = f"{first} is about several tables of this file, or about none"
        whole.insert(0, in_place)
    scripts = tuple(source.script for source in commons)
    return Circle(tuple(names), in_place, whole[0] if whole else None, scripts)


def find_commons(parts: FolderContents) -> Iterator[Edge]:
    """The tables of files that say something of several at once: edges round them."""
    for tables, source in parts.commons:
        names = sorted(tables & parts.creations.keys())
        for name, other in zip(names, [*names[1:], *names[:1]], strict=True):
            yield Edge(name, other, "key", source.script.key, source.statements[0].tokens[0].start)


def find_fills(parts: FolderContents) -> Iterator[Edge]:
    """POPULATE scripts that put rows into another table, or change its rows: one edge for each.

    Run again for the one table, they would double the other's rows; so both are built together.
    """
    for name, source in parts.populates.items():
        told: set[str] = set()
        for use in source.uses:
            other = parts.owners.get(use.relation.name) if source.is_own(use) else None
            changes = use.role in ("write", "change", "truncate") and not use.lasting
            if changes and other is not None and other not in {name, *told}:
                told.add(other)
                yield Edge(name, other, "key", source.script.key, use.offset)


def tell_fills(circles: Iterable[Circle]) -> Iterator[str]:
    """Say which tables are built together because a script fills several."""
    for circle in circles:
        if circle.whole:
            names = ", ".join(circle.tables)
            yield f"{circle.whole}: {names} are built together, whichever is selected"


def _find_in_place(parts: FolderContents, table: Table, circle: Sequence[str]) -> str | None:
    """Why a table of a circle has to be filled where it stands, and the others with it."""
    if not table.filled:
        return None
    if table.in_place:
        return table.in_place
    for source in (parts.creations[table.name].source, parts.populates.get(table.name)):
        if source is None:
            continue
        reach = parts.routines.reach(source.uses)
        # A routine finds the published tables only, and the others of the circle are none yet.
        for routine, use in reach.uses:
            if use.relation.schema == parts.schemas.staging and use.kind != "data":
                owner = parts.owners.get(use.relation.name)
                if owner in circle and owner != table.name:
                    return f"{routine.name} ({routine.source.place(use.offset)}) names {owner}"
        others = [name for name in circle if name != table.name]
        named = _find_words(parts, source, others) if reach.opaque else None
        if named is not None:
            return f"{source.script.label}: names {named} to a routine that makes SQL"
    return None


def _find_words(parts: FolderContents, source: Source, names: Sequence[str]) -> str | None:
    """One of these tables that a string in a script names."""
    said = {use.relation for use in source.uses if use.role == "spelled"}
    text = source.script.text
    return next((n for n in names if parts.schemas.own(n) in said or f"'{n}'" in text), None)


def find_early_reads(parts: FolderContents, circle: Circle) -> Iterator[Problem]:
    """CREATE scripts that read another table of a circle whose tables are made before any is full.

    Args:
        circle: one that cannot be filled as shadows, or nothing is found.
    """
    for name in circle.tables if circle.in_place else ():
        creation = parts.creations[name]
        for use in creation.source.uses:
            owner = parts.owners.get(use.relation.name)
            inside = use.relation.schema == parts.schemas.staging and owner in circle.tables
            reads = use.role == "read" and use.kind != "type" and not use.lasting
            if reads and inside and owner != name and not creation.is_view:
                yield creation.source.note(
                    use.offset,
                    f"reads {owner}, and the two are among tables that are built together and "
                    f"all made before one is filled: {circle.in_place}",
                    f"Move what fills {name} to a POPULATE script",
                )
                break


def tell_declared(parts: FolderContents, edges: Iterable[Edge]) -> Iterator[str]:
    """Say which declarations are passed over, since foreign keys go both ways."""
    for edge in edges:
        yield (
            f"{parts.place(edge)}: foreign keys lead from {edge.node} to {edge.needs} and back, so "
            "they are built together; which comes first need not be declared"
        )


def tell_cycle(parts: FolderContents, cycle: Sequence[Edge]) -> Problem:
    """Say which nodes wait for each other, why, and what to do about it."""
    way = " -> ".join([cycle[0].node, *(edge.needs for edge in cycle)])
    reasons = "; ".join(f"{edge.node} needs {edge.needs} ({parts.place(edge)})" for edge in cycle)
    label, line, column = parts.position(cycle[0])
    what = f"these wait for each other: {way}: {reasons}"
    return Problem(label, line, column, what, _find_way_out(parts, cycle))


def _find_way_out(parts: FolderContents, cycle: Sequence[Edge]) -> str:
    """What to do about a circle; an order that is declared helps only against a false reading."""
    if all(edge.strength == "declared" for edge in cycle):
        return "Remove one of them from `dependencies` in staging.yaml"
    for edge in cycle:
        if edge.strength == "key":
            own = cleanup_node(edge.node)
            last = edge.needs if any(each.node == own for each in cycle) else edge.node
            return (
                f"Take the foreign key out of {edge.node}'s CREATE script, and add it with "
                f"`alter table` in {parts.schemas.cleanup_file(last)}, which runs after both"
            )
    for edge in cycle:
        filled = edge.node in parts.populates and edge.strength != "declared"
        if filled and edge.needs in parts.creations:
            file = parts.schemas.cleanup_file(edge.node)
            return (
                f"Move what {edge.node} does with the rows of {edge.needs} from its POPULATE "
                f"script into {file}, which runs after both; or, if it "
                "does not need them, say under `dependencies` in staging.yaml which comes first"
            )
    return "Remove one of them, or say under `dependencies` in staging.yaml which comes first"
