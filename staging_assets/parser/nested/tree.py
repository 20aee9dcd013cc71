"""A script as a tree: its statements, the code in their literals, the code in those ..."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal as OneOf
from typing import NamedTuple

from staging_assets.model import SchemaNames
from staging_assets.parser.lexer.letters import LETTER
from staging_assets.parser.lexer.literals import Literal, read_literal
from staging_assets.parser.lexer.tokens import TEXT_KINDS, LexicalError, Token, fold, tokenize
from staging_assets.parser.names.find import find_names
from staging_assets.parser.names.scope import Names
from staging_assets.parser.nested.code import SnippetKind, find_snippets, looks_like_sql
from staging_assets.parser.strings.contexts import Contexts
from staging_assets.parser.strings.naming import Naming

PieceKind = OneOf["statement"] | SnippetKind

NAME_PATTERN = rf'(?:{LETTER}[\w$]*|"(?:[^"]|"")+")'
PLAIN = re.compile(rf"{LETTER}[\w$]*")
"""A name that needs no quotes, if it is in lower case."""
_RELATION = re.compile(
    rf"\s*(?P<schema>{NAME_PATTERN})\s*\.\s*(?P<name>{NAME_PATTERN})(?:\s*\.\s*{NAME_PATTERN})?\s*(?:\(.*\)\s*)?",
    re.DOTALL,
)
_NAME = re.compile(NAME_PATTERN)
_LOOKS_UP = ("nextval", "currval", "setval", "to_regclass")
_MAX_DEPTH = 8


class NamedInString(NamedTuple):
    """What a string may name (`'staging.x_seq'`), if it is no data; spans count from its start.

    Args:
        schema, name: as Postgres folds them; `name` is empty when it is not known.
        start, end: where the schema stands in the text.
        data: whether nothing looks it up as far as the piece shows: no cast, no routine.
    """

    schema: str
    name: str
    start: int
    end: int
    data: bool = False


@dataclass
class Fragment:
    """One statement of a script, or the code in a literal.

    Args:
        kind: `statement`, or what kind of literal it was.
        tokens: of its text, comments left out.
        names: the names in it.
        schemas: what scripts call the schemas.
        spelled: literals, and in a foreign language text, that name a relation.
        literal: for code in a literal: its text and where that stands in the piece around it.
        token: for code in a literal: the literal.
        dynamic: whether it puts SQL together while it runs.
        inner: the code in its literals.
        given: SQL that routines are given, which they may run.
    """

    kind: PieceKind
    tokens: Sequence[Token]
    names: Names
    schemas: SchemaNames
    spelled: list[tuple[Token, Literal, NamedInString]] = field(default_factory=list)
    literal: Literal | None = None
    token: Token | None = None
    dynamic: bool = False
    inner: list[Fragment] = field(default_factory=list)
    given: list[Fragment] = field(default_factory=list)

    def walk(
        self, outside: Callable[[int], int] = lambda offset: offset, lasting: bool = False
    ) -> Iterator[tuple[Fragment, Callable[[int], int], bool]]:
        """Every piece in it, itself first.

        With each comes what turns its offsets into the script's, and whether it is (in) the
        body of a function, which runs later.
        """
        lasting = lasting or self.kind in BODIES
        yield self, outside, lasting
        for piece in self.inner:
            assert piece.literal is not None
            yield from piece.walk(compose(outside, piece.literal.outside), lasting)


def compose(outside: Callable[[int], int], inside: Callable[[int], int]) -> Callable[[int], int]:
    """First `inside`, then `outside`."""
    return lambda offset: outside(inside(offset))


BODIES = frozenset(("routine", "query", "foreign"))
"""The kinds of pieces that run later: the bodies of functions."""


def read_piece(
    tokens: Sequence[Token],
    schemas: SchemaNames,
    kind: PieceKind = "statement",
    depth: int = 0,
    hidden: tuple[str, ...] = (),
) -> Fragment:
    """Read one statement, or the code in a literal, and the code in its literals.

    Args:
        tokens: of its text.
        schemas: what scripts call the schemas.
        kind: `statement`, or what kind of literal it is in.
        depth: how many literals it is in.
        hidden: schemas that a parameter of the same name hides in it.
    """
    code = kind in ("block", "routine")
    snippets = find_snippets(tokens, code=code, body=kind != "statement")
    names = find_names(tokens, schemas, code=code, hidden=hidden)
    piece = Fragment(kind, tokens, names, schemas, dynamic=snippets.dynamic)
    for snippet in snippets.found if depth < _MAX_DEPTH else ():
        literal = read_literal(snippet.token)
        if snippet.kind == "foreign":
            inner = _read_foreign(literal, snippet.token, schemas)
        else:
            hidden = names.hides if snippet.kind in BODIES else ()
            inside = tokenize_leniently(literal.value)
            inner = read_piece(inside, schemas, snippet.kind, depth + 1, hidden)
        inner.literal, inner.token = literal, snippet.token
        piece.inner.append(inner)
    if not (tokens and tokens[0].value == "comment"):
        taken = {snippet.token.start for snippet in snippets.found}
        piece.spelled = list(_find_spelled(tokens, taken))
        piece.given = list(_find_given(tokens, schemas, taken)) if depth == 0 else []
    return piece


def _find_given(
    tokens: Sequence[Token], schemas: SchemaNames, taken: set[int]
) -> Iterator[Fragment]:
    contexts: Contexts | None = None
    for index, token in enumerate(tokens):
        if token.kind in TEXT_KINDS and token.start not in taken and "." in token.value:
            literal = read_literal(token)
            if looks_like_sql(literal.value):
                contexts = contexts or Contexts(tokens, Naming())
                if contexts.is_argument(index):
                    inside = tokenize_leniently(literal.value)
                    piece = read_piece(inside, schemas, "dynamic", 1)
                    piece.literal, piece.token = literal, token
                    yield piece


def _find_spelled(
    tokens: Sequence[Token], taken: set[int]
) -> Iterator[tuple[Token, Literal, NamedInString]]:
    contexts: Contexts | None = None
    for index, token in enumerate(tokens):
        if token.kind not in TEXT_KINDS:
            continue
        if "." not in token.value:
            literal = read_literal(token) if _is_looked_up(tokens, index) else None
            if literal is not None and _NAME.fullmatch(literal.value):
                span = (0, len(literal.value))
                yield token, literal, NamedInString("", read_name(literal.value), *span)
            continue
        if token.start not in taken and not _is_part(tokens, index):
            literal = read_literal(token)
            found = _RELATION.fullmatch(literal.value)
            if found:
                contexts = contexts or Contexts(tokens, Naming())
                data = not contexts.is_argument(index) and contexts.find(index) is None
                schema, name = read_name(found["schema"]), read_name(found["name"])
                spelled = NamedInString(schema, name, *found.span(1), data)
                yield token, literal, spelled


def _is_looked_up(tokens: Sequence[Token], index: int) -> bool:
    """Whether a literal is plainly the name of a relation: that of a sequence, `::regclass`."""
    before = tokens[index - 2].value if index > 1 and tokens[index - 1].value == "(" else ""
    cast = len(tokens) > index + 2 and tokens[index + 1].value == "::"
    return before in _LOOKS_UP or (cast and tokens[index + 2].value == "regclass")


def _is_part(tokens: Sequence[Token], index: int) -> bool:
    """Whether a literal goes on in the next line, or is a key into JSON."""
    around = tokens[max(0, index - 1) : index + 2]
    parts = sum(token.kind in TEXT_KINDS for token in around)
    return parts > 1 or (index > 0 and tokens[index - 1].value in ("->", "->>", "#>", "#>>"))


def _read_foreign(literal: Literal, token: Token, schemas: SchemaNames) -> Fragment:
    piece = Fragment("foreign", (), Names(), schemas)
    for found in named_in_text(schemas).finditer(literal.value):
        name = read_name(found["name"])
        spelled = NamedInString(read_name(found["schema"]), name, *found.span("schema"))
        piece.spelled.append((token, Literal(literal.value, 0), spelled))
    return piece


@lru_cache(maxsize=64)
def named_in_text(schemas: SchemaNames, *, dotted: bool = True) -> re.Pattern[str]:
    """Where a text that is no SQL names what may have to be called otherwise.

    Args:
        schemas: what scripts call the schemas.
        dotted: whether a dot follows, and a name where there is one; else the schema stands alone.
    """
    spelled = []
    for schema in sorted(schemas.moved):
        spelled.append(re.escape('"' + schema.replace('"', '""') + '"'))
        if PLAIN.fullmatch(schema) and fold(schema) == schema:
            spelled.append(f"(?i:{re.escape(schema)})")
    pattern = rf"""(?<![\w$."])(?P<schema>{"|".join(spelled)})"""
    end = rf"\s*\.\s*(?P<name>{NAME_PATTERN})?" if dotted else r"""(?![\w$".])"""
    return re.compile(pattern + end)


def read_name(name: str | None) -> str:
    """A name as Postgres folds it; empty for none."""
    if not name:
        return ""
    return name[1:-1].replace('""', '"') if name[0] == '"' else fold(name)


def tokenize_leniently(text: str) -> list[Token]:
    """The tokens of a piece of SQL that may begin or end in the middle of something."""
    for _ in range(100):
        try:
            return tokenize(text)
        except LexicalError as error:
            text = text[: error.offset] + " " + text[error.offset + 1 :]
    return []
