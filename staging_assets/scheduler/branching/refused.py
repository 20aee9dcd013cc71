"""Scripts of a branch that would write what is the live schema's: refused before anything runs.

What is not seen here is refused while it runs. A statement that writes goes to the branch in any
case, where a view stands that takes nothing; and no transaction is committed that holds a lock for
writing in the live schema.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Collection, Iterable, Iterator, Mapping

from staging_assets.errors import BuildError
from staging_assets.model import Kind, Relation, Script, StagingProject, list_some
from staging_assets.parser import (
    LexicalError,
    ReadStatement,
    Use,
    find_place,
    read_statements,
)

_VERBS = {
    "write": "write",
    "change": "change",
    "truncate": "empty",
    "alter": "alter",
    "drop": "drop",
    "create": "make",
}
_ABOUT = ("comment", "cluster", "reindex", "security")
"""What is said about a table with these is kept with it."""
_MOST_TOLD = 20


def check_writes(project: StagingProject, branch: str, nodes: Collection[str]) -> None:
    """Refuse to build a branch whose scripts would write tables of the live schema.

    Args:
        project: as the branch sees it: `schemas` says what is the live schema's.
        branch: the schema that is built.
        nodes: those that it builds.

    Raises BuildError that lists all places.
    """
    lines = list(dict.fromkeys(_find_refused(project, nodes)))
    if not lines:
        return
    told = "\n  ".join([*lines[:_MOST_TOLD], *(["..."] if len(lines) > _MOST_TOLD else [])])
    owners = {name: t.name for t in project.tables.values() for name in (*t.own, t.name)}
    named = {line.rsplit(" ", 1)[-1].removeprefix(f"{project.schemas.staging}.") for line in lines}
    what = list_some(sorted({owners.get(name, name) for name in named}))
    raise BuildError(
        f"{branch}: scripts would write tables of {project.schemas.live}, which a branch only"
        f" reads:\n  {told}\nNothing was built. Build the branch completely (leave out"
        f" changed_from), or change the script of {what} too, so that the branch has its own."
    )


def _find_refused(project: StagingProject, nodes: Collection[str]) -> Iterator[str]:
    bodies = _read_bodies(project)
    for node in project.nodes:
        if node not in nodes:
            continue
        kind = project.kind(node)
        if kind in (Kind.SCHEMA, Kind.PROCEDURES):
            continue  # a function writes when it is called
        called: list[Use] = []
        for script, line, statement in _read_scripts(project, node):
            uses = [use for use in statement.uses if not use.lasting]
            called += uses
            yield from _tell(project, script, line, statement, uses)
        yield from _find_in_called(project, bodies, called)


def _read_scripts(
    project: StagingProject, node: str
) -> Iterator[tuple[Script, int | None, ReadStatement]]:
    """The statements of a node, each with its script; with the line of the string it stands in."""
    for script in project.find_scripts(node).values():
        if project.kind(node) is not Kind.CLEANUP:
            for statement in _read(project, script.text):
                yield script, None, statement
            continue
        for text, line in _find_strings(script):
            for statement in _read(project, text):
                yield script, line, statement


def _find_strings(cleanup: Script) -> Iterator[tuple[str, int]]:
    with contextlib.suppress(SyntaxError, ValueError):
        for node in ast.walk(ast.parse(cleanup.text)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value, node.lineno


def _find_in_called(
    project: StagingProject,
    bodies: Mapping[Relation, list[tuple[Script, ReadStatement]]],
    uses: Iterable[Use],
) -> Iterator[str]:
    """What the routines would write that these uses call, through others as well."""
    waiting = [use.relation for use in uses if use.role in ("call", "mention", "spelled")]
    seen: set[Relation] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for script, statement in bodies.get(name, ()):
            inner = [use for use in statement.uses if use.lasting]
            waiting += [use.relation for use in inner]
            yield from _tell(project, script, None, statement, inner)


def _read_bodies(
    project: StagingProject,
) -> dict[Relation, list[tuple[Script, ReadStatement]]]:
    found: dict[Relation, list[tuple[Script, ReadStatement]]] = {}
    for procedures in project.procedures.values():
        for statement in _read(project, procedures.script.text):
            for use in statement.uses:
                if use.role == "define":
                    name = use.relation
                    found.setdefault(name, []).append((procedures.script, statement))
                    if use.bare and name.schema:
                        bare = Relation("", name.name)
                        found.setdefault(bare, []).append((procedures.script, statement))
    return found


def _tell(
    project: StagingProject,
    script: Script,
    line: int | None,
    statement: ReadStatement,
    uses: Iterable[Use],
) -> Iterator[str]:
    for use in uses:
        verb = _find_verb(project, statement, use)
        if verb is not None:
            place = f"{script.label}:{line}" if line else find_place(script, use.offset)
            yield f"{place}: it would {verb} {use.relation}"


def _find_verb(project: StagingProject, statement: ReadStatement, use: Use) -> str | None:
    schemas = project.schemas
    if use.relation.schema != schemas.staging or use.relation.name not in schemas.lives:
        return None
    first = statement.tokens[0].value
    if first == "refresh" and not use.lasting:
        return "refresh"
    if use.role == "about" and first in _ABOUT:
        return "alter"
    if use.role == "spelled":
        # It gives the name of the live sequence, from which the branch would draw.
        words = {token.value for token in statement.tokens}
        return "draw numbers of" if "pg_get_serial_sequence" in words else None
    return _VERBS.get(use.role)


def _read(project: StagingProject, text: str) -> list[ReadStatement]:
    try:
        return read_statements(text, project.schemas)
    except LexicalError:
        return []
