"""Which nodes of a branch are its own: those of which the live schema was made otherwise.

Scripts decide, functions and lookup rows among them. What sources hold now is no reason: that the
live tables are out of date is the live schema's affair, and its next build sees to it.
No database: what is known of the live schema comes in.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from staging_assets.builder import Build, MadeOf
from staging_assets.model import SCHEMA_NODE, Kind, StagingProject, Table, cleanup_node
from staging_assets.parser import LexicalError, ReadStatement, Use, read_statements
from staging_assets.scheduler.planning.reasons import Reason, find_differences

_MAKES_TYPE = re.compile(r"\bcreate\s+(?:type|domain)\b", re.IGNORECASE)
_KEEPING = frozenset(("view", "rule", "policy"))
"""What is kept in the catalog with all that it reads."""


def find_differing(
    project: StagingProject, live: str, history: Mapping[str, Build], there: Collection[str]
) -> dict[str, tuple[Reason, ...]]:
    """Find the nodes that a branch builds, and why, in build order.

    Scripts of procedures are always among them, since all functions are made in the branch.

    Args:
        project: the folder of scripts.
        live: the schema that it differs from.
        history: the last build of every node there.
        there: names of the relations there.
    """
    own = {node: list(_find_own(project, node, live, history, there)) for node in project.nodes}
    changed = {node for node, reasons in own.items() if reasons}
    while True:
        found = _spread(project, own, changed)
        held = _find_held(project, found) - found.keys()
        if not held:
            break
        for table, (holder, why) in sorted(_tell_held(project, found).items()):
            if table in held:
                own[table].append(Reason("upstream", f"{holder} {why}"))
        changed |= held
    return {node: tuple(found[node]) for node in project.nodes if node in found}


def _find_own(
    project: StagingProject,
    node: str,
    live: str,
    history: Mapping[str, Build],
    there: Collection[str],
) -> Iterator[Reason]:
    """What of a node alone is other than it was in the live schema."""
    if project.kind(node) is Kind.SCHEMA:
        return
    before = history.get(node)
    if before is None or before.made_of is None:
        yield Reason("never built", f"{live} has no record of a build")
        return
    if node in project.tables and node not in there:
        yield Reason("missing", f"it is not there in {live}")
    content = project.contents.get(node)
    parts = content.parts if content else {}
    yield from find_differences(project, MadeOf(before.made_of.parts), MadeOf(parts), ())


def _spread(
    project: StagingProject, own: Mapping[str, list[Reason]], changed: Collection[str]
) -> dict[str, list[Reason]]:
    """What is changed, what depends on it, and what is built together with either."""
    found: dict[str, list[Reason]] = {}
    while True:
        before = len(found)
        for node in project.nodes:
            if node in found:
                continue
            reasons = list(own[node]) if node in changed else []
            reasons += _find_above(project, node, found)
            reasons += _find_beside(project, node, found)
            if reasons:
                found[node] = reasons
        if len(found) == before:
            break
    for node in project.nodes:
        kind = project.kind(node)
        if node not in found and kind is Kind.PROCEDURES:
            found[node] = [Reason("asked", "functions are made in every branch")]
        if node not in found and kind is Kind.SCHEMA:
            found[node] = [Reason("asked", "the branch has its own")]
    return found


def _find_above(
    project: StagingProject, node: str, found: Mapping[str, list[Reason]]
) -> Iterator[Reason]:
    for parent in sorted(project.dependencies[node]):
        if parent in found and parent != SCHEMA_NODE:
            function = project.kind(parent) is Kind.PROCEDURES
            what = "changed" if function else "is built again"
            yield Reason("function" if function else "upstream", f"{parent} {what}")
        elif project.kind(parent) is Kind.PROCEDURES and _makes_type(project, parent):
            yield Reason("function", f"{parent} makes types, and the branch has its own")


def _find_beside(
    project: StagingProject, node: str, found: Mapping[str, list[Reason]]
) -> Iterator[Reason]:
    circle = project.circle_of[node].tables if node in project.circle_of else ()
    first = next((each for each in circle if each in found), None)
    if first is not None:
        yield Reason("upstream", f"it is built together with {first}")
    if node in project.cleanups and cleanup_node(node) in found:
        yield Reason("cleanup", f"{cleanup_node(node)} is run again")


def _makes_type(project: StagingProject, node: str) -> bool:
    text = project.procedures[project.node(node).name].script.text
    return _MAKES_TYPE.search(text) is not None


def _find_held(project: StagingProject, found: Collection[str]) -> frozenset[str]:
    return frozenset(_tell_held(project, found))


def _tell_held(project: StagingProject, found: Collection[str]) -> dict[str, tuple[str, str]]:
    """Tables that something in the branch would hold fast in the live schema, and why.

    A view, a type or a partition hangs on its table in the catalog, where it would be in the way
    of the live schema's next build. So the branch has its own.
    """
    owners = {name: t.name for t in project.tables.values() for name in (*t.own, t.name)}
    held: dict[str, tuple[str, str]] = {}
    for node in found:
        if node in project.tables:
            table = project.tables[node]
            for use in _find_holding(project, table):
                other = owners.get(use.relation.name, node)
                if other != node:
                    held.setdefault(other, (node, "hangs on it in the catalog"))
            for other in table.foreign_keys if table.seeded else ():
                held.setdefault(other, (node, "references it in rows that its CREATE script makes"))
        elif project.kind(node) is Kind.PROCEDURES:
            text = project.procedures[project.node(node).name].script.text
            for use in _find_uses(project, text):
                if use.relation.name in owners and use.role != "define":
                    held.setdefault(owners[use.relation.name], (node, "hangs on it in the catalog"))
    return held


def _find_holding(project: StagingProject, table: Table) -> Iterator[Use]:
    for statement in _read(project, table.create.text):
        words = {token.value for token in statement.tokens if token.kind == "word"}
        heads = {token.value for token in statement.tokens[:5] if token.kind == "word"}
        keeps = statement.tokens[0].value == "create" and not _KEEPING.isdisjoint(heads)
        for use in statement.uses:
            if use.lasting or use.relation.schema != project.schemas.staging:
                continue
            # A type; a constant such as 'staging.a'::regclass in a default; what LIKE takes over.
            typed = use.role == "mention" and use.kind in ("type", "data")
            constant = use.role == "spelled" and use.relation.name in project.tables
            copied = use.role == "read" and "like" in words
            keeps_all = keeps and use.role != "create"
            if use.role == "parent" or typed or constant or copied or keeps_all:
                yield use


def _find_uses(project: StagingProject, text: str) -> Iterator[Use]:
    """What a script of procedures names when it is run, and not when its functions are."""
    for statement in _read(project, text):
        for use in statement.uses:
            if not use.lasting and use.relation.schema == project.schemas.staging:
                yield use


def _read(project: StagingProject, text: str) -> list[ReadStatement]:
    try:
        return read_statements(text, project.schemas)
    except LexicalError:
        return []
