"""The string literals of a piece that are names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from staging_assets.model import Relation, SchemaNames
from staging_assets.parser.lexer.tokens import TEXT_KINDS, Token
from staging_assets.parser.nested.routines import find_defaults
from staging_assets.parser.nested.tree import Fragment
from staging_assets.parser.strings.contexts import Contexts
from staging_assets.parser.strings.flow import Flow
from staging_assets.parser.strings.naming import NameKind, Naming

PathKind = Literal["path"]
_SETS_PATH = ["set_config", "(", "'search_path'", ","]


class NamingLiteral(NamedTuple):
    """A literal that is a name.

    Args:
        token: the literal.
        kind: how the name is kept; `path` for a list of schemas.
        formatted: whether it is the first argument of format().
    """

    token: Token
    kind: NameKind | PathKind
    formatted: bool


def find_naming_literals(
    piece: Fragment, naming: Naming, unknown: set[Relation] | None = None
) -> Iterator[NamingLiteral]:
    """The literals of a piece that hold a schema's name and are looked up as names.

    Args:
        piece: of a script; the code in its literals is left out.
        naming: what is known of the routines that it calls.
        unknown: collects the routines that get such a literal, and of which nothing is known.
    """
    tokens = piece.tokens
    # What is put into SQL that is executed is code, unless it is a schema's name alone.
    taken = {
        inner.token.start
        for inner in piece.inner
        if inner.token is not None
        and inner.literal is not None
        and inner.literal.value not in piece.schemas.moved
    }
    wanted = {
        index
        for index, token in enumerate(tokens)
        if token.kind in TEXT_KINDS
        and token.start not in taken
        and may_name(token.value, piece.schemas)
    }
    if not wanted or tokens[0].value == "comment":
        return
    contexts = Contexts(tokens, naming)
    found: dict[int, NameKind | PathKind] = {}
    for index in wanted:
        before = [token.value for token in tokens[max(0, index - 4) : index]]
        kind = "path" if before == _SETS_PATH else contexts.find(index)
        if kind is not None:
            found[index] = kind
    if piece.kind in ("block", "routine"):
        for index in Flow(tokens, contexts, code=True).find_assigned():
            found.setdefault(index, "text")
    for index in find_defaults(piece, naming) if piece.kind == "statement" else ():
        found.setdefault(index, "text")
    if unknown is not None:
        unknown |= contexts.unknown
    for index in sorted(wanted & found.keys()):
        formatted = [token.value for token in tokens[max(0, index - 2) : index]] == ["format", "("]
        yield NamingLiteral(tokens[index], found[index], formatted)


def may_name(text: str, schemas: SchemaNames, escape: str = "\\") -> bool:
    """Whether a text, as it is written, may hold the name of one of the schemas.

    Args:
        text: SQL, or a literal with its quotes.
        schemas: what scripts call the schemas.
        escape: what it may be hidden behind.
    """
    lowered = text.casefold()
    return escape in lowered or any(name in lowered for name in schemas.spelled)
