"""Which parameters of the routines that scripts create are used as names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from staging_assets.model import Relation, SchemaNames
from staging_assets.parser.lexer.tokens import NAME_KINDS, TEXT_KINDS, Token
from staging_assets.parser.nested.tree import (
    Fragment,
    PieceKind,
    read_piece,
    tokenize_leniently,
)
from staging_assets.parser.strings.catalog_columns import REGISTERED
from staging_assets.parser.strings.contexts import Contexts
from staging_assets.parser.strings.flow import Flow
from staging_assets.parser.strings.groups import Groups
from staging_assets.parser.strings.naming import EVERY, KNOWN, NameKind, Naming, NamingRoutine

_MODES = frozenset(("in", "out", "inout", "variadic"))
_TYPE_STARTS = frozenset(
    ("double", "character", "timestamp", "time", "bit", "national", "interval")
)
_MOST_ROUNDS = 6


class Parameter(NamedTuple):
    """One parameter that a caller gives.

    Args:
        name: empty when it has none.
        registered: whether its type looks names up.
        start, end: its tokens; the end is not included.
    """

    name: str
    registered: bool
    start: int
    end: int


class Definition(NamedTuple):
    """A routine as it is created; the body is None where it is not in a language that is read."""

    name: Relation
    parameters: tuple[Parameter, ...]
    body: Fragment | None


def read_definition(piece: Fragment) -> Definition | None:
    """The function or procedure that a statement creates."""
    name = next((name for name in piece.names.found if name.role == "define"), None)
    if name is None:
        return None
    relation = Relation(name.schema.value if name.schema else "", name.name.value)
    body = next((inner for inner in piece.inner if inner.kind in ("routine", "query")), None)
    return Definition(relation, tuple(_read_parameters(piece.tokens, name.name)), body)


class CatalogRoutine(NamedTuple):
    """A routine as the server's catalog has it.

    Args:
        name: of the routine, with the schemas' names in scripts.
        language: `plpgsql`, `sql`, `c` ...
        source: of the body.
        parameters: names of those that a caller gives; empty for one without.
        types: the names of their types.
    """

    name: Relation
    language: str
    source: str
    parameters: tuple[str, ...]
    types: tuple[str, ...]


def read_catalog_naming(routines: Iterable[CatalogRoutine], schemas: SchemaNames) -> Naming:
    """What routines of the catalog do with their arguments."""
    return _settle([_define(routine, schemas) for routine in routines], Naming())


def find_called(routines: Iterable[CatalogRoutine], schemas: SchemaNames) -> set[Relation]:
    """The routines that others call, and so may hand their arguments to."""
    return {
        Relation(name.schema.value if name.schema else "", name.name.value)
        for routine in routines
        if (body := _define(routine, schemas).body) is not None
        for name in body.names.found
        if name.role == "call" and name.name.value not in KNOWN
    }


def _define(routine: CatalogRoutine, schemas: SchemaNames) -> Definition:
    parameters = tuple(
        Parameter(name, kind.lstrip("_") in REGISTERED, 0, 0)
        for name, kind in zip(routine.parameters, routine.types, strict=True)
    )
    body = None
    if routine.source and routine.language in ("plpgsql", "sql"):
        kind: PieceKind = "routine" if routine.language == "plpgsql" else "query"
        body = read_piece(tokenize_leniently(routine.source), schemas, kind)
    return Definition(routine.name, parameters, body)


def read_naming(pieces: Iterable[Fragment], naming: Naming | None = None) -> Naming:
    """What the routines that statements create do with their arguments.

    Args:
        pieces: the statements.
        naming: what is known of other routines.

    Routines call each other: what one does with a name decides about those that call it.
    """
    made = [each for each in map(read_definition, pieces) if each is not None]
    return _settle(made, naming or Naming())


def _settle(made: Sequence[Definition], naming: Naming) -> Naming:
    by_name: dict[Relation, list[Definition]] = {}
    for each in made:
        by_name.setdefault(each.name, []).append(each)
    known = frozenset(by_name)
    for _ in range(_MOST_ROUNDS if made else 0):
        routines: dict[Relation, NamingRoutine] = {}
        for name, overloads in by_name.items():
            routine = _join([_read_routine(each, naming) for each in overloads])
            if routine.arguments:
                routines[name] = routine
        grown = naming.add(Naming(routines, known))
        if grown == naming:
            break
        naming = grown
    return naming


def _read_routine(definition: Definition, naming: Naming) -> NamingRoutine:
    arguments: dict[int, NameKind] = {}
    used = _find_used(definition.body, naming) if definition.body is not None else set()
    for position, parameter in enumerate(definition.parameters):
        if parameter.registered:
            arguments[position] = "oid"
        elif parameter.name in used or f"${position + 1}" in used:
            arguments[position] = "text"
    if "tg_argv" in used:
        arguments[EVERY] = "text"
    return NamingRoutine(arguments, tuple(each.name for each in definition.parameters))


def _join(overloads: Sequence[NamingRoutine]) -> NamingRoutine:
    """Several routines of one name: an argument is a name where all that have it take one."""
    first = overloads[0]
    if len(overloads) == 1:
        return first
    arguments = {
        position: kind
        for each in overloads
        for position, kind in each.arguments.items()
        if all(
            position in other.arguments or not 0 <= position < len(other.parameters)
            for other in overloads
        )
    }
    longest = max(overloads, key=lambda each: len(each.parameters))
    return NamingRoutine(arguments, longest.parameters)


def _find_used(body: Fragment, naming: Naming) -> set[str]:
    """The variables that a body uses as names."""
    contexts = Contexts(body.tokens, naming)
    return Flow(body.tokens, contexts, code=body.kind == "routine").variables


def find_defaults(piece: Fragment, naming: Naming) -> Iterator[int]:
    """The literals that are defaults of parameters used as names."""
    definition = read_definition(piece)
    routine = definition and naming.routines.get(definition.name)
    if not definition or not routine:
        return
    for position, parameter in enumerate(definition.parameters):
        if routine.find(position, None) == "text":
            for index in range(parameter.start, parameter.end):
                if piece.tokens[index].kind in TEXT_KINDS:
                    yield index


def _read_parameters(tokens: Sequence[Token], name: Token) -> Iterator[Parameter]:
    groups = Groups(tokens)
    opening = next((i + 1 for i, token in enumerate(tokens) if token.start == name.start), -1)
    if groups.value(opening) != "(":
        return
    for member in range(groups.count_members(opening)):
        start, end = groups.find_member(opening, member)
        words = [token for token in tokens[start:end] if token.kind in NAME_KINDS]
        if words and words[0].kind == "word" and words[0].value == "out":
            continue
        first = bool(words) and words[0].kind == "word" and words[0].value in _MODES
        words = words[first:]
        named = len(words) > 1 and not (words[0].kind == "word" and words[0].value in _TYPE_STARTS)
        named = named and groups.value(start + first + 1) not in (".", "(")
        registered = any(word.value in REGISTERED for word in words[:4])
        yield Parameter(words[0].value if named else "", registered, start, end)
