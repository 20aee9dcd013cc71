"""The bodies of functions in a script, and what stands where in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from staging_assets.model import Relation, SchemaNames
from staging_assets.parser.lexer.tokens import LexicalError
from staging_assets.parser.statements import ReadStatement, read_statements
from staging_assets.parser.uses import resolve

_LANGUAGES = {"routine": "plpgsql", "query": "sql"}


@dataclass(frozen=True)
class RoutineBody:
    """The body of a function or procedure, as a script writes it.

    Args:
        name: of the routine.
        language: `sql` or `plpgsql`.
        text: of the body, as the server keeps it.
        offset: where the routine's name stands in the script.
        outside: turns offsets into `text` into the script's.
    """

    name: Relation
    language: str
    text: str
    offset: int
    outside: Callable[[int], int]


def find_bodies(text: str, schemas: SchemaNames) -> list[RoutineBody]:
    """The bodies in literals that a script creates, in SQL and PL/pgSQL.

    Args:
        text: the script; one that cannot be read has none.
        schemas: what it calls the schemas.
    """
    try:
        statements = read_statements(text, schemas)
    except LexicalError:
        return []
    return [body for statement in statements for body in _find_in(statement)]


def find_block(text: str) -> RoutineBody | None:
    """The PL/pgSQL of a DO statement; None for any other statement."""
    for statement in read_statements(text, SchemaNames()):
        for piece in statement.piece.inner:
            if piece.kind == "block" and piece.literal is not None:
                language = [token.value for token in statement.tokens]
                if "language" in language and "plpgsql" not in language:
                    return None
                return RoutineBody(
                    Relation("", "DO"),
                    "plpgsql",
                    piece.literal.value,
                    statement.tokens[0].start,
                    piece.literal.outside,
                )
    return None


def find_paths(text: str, schemas: SchemaNames) -> set[tuple[str, ...]]:
    """The paths that a script sets, for itself or for the routines that it makes.

    Args:
        text: the script; one that cannot be read sets none.
        schemas: what it calls the schemas.
    """
    try:
        statements = read_statements(text, schemas)
    except LexicalError:
        return set()
    found = {path for each in statements for path in (each.path, each.search_path)}
    return found | {each.body_path for each in statements if each.body_path is not None}


def _find_in(statement: ReadStatement) -> Iterator[RoutineBody]:
    if not statement.starts_with("create"):
        return
    named = next((name for name in statement.piece.names.found if name.role == "define"), None)
    if named is None:
        return
    for piece in statement.piece.inner:
        if piece.kind in _LANGUAGES and piece.literal is not None:
            yield RoutineBody(
                resolve(named, statement.path, statement.schemas.staging),
                _LANGUAGES[piece.kind],
                piece.literal.value,
                (named.schema or named.name).start,
                piece.literal.outside,
            )
