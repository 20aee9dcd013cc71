"""Names without a schema: where they are looked up, and how a table's own ones find its shadow.

A shadow that scripts name without its schema stands in a schema of its own, which is put first
wherever a script sets a path. So what is not seen here, a type or dynamic SQL, finds it as well.
What is seen is given its schema: `drop table if exists x` must not find the table that is live.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import Any

from staging_assets.model import SchemaNames
from staging_assets.parser.edits import Edit, Escape, Place, within
from staging_assets.parser.lexer.literals import read_literal
from staging_assets.parser.lexer.quoting import quote_name
from staging_assets.parser.lexer.tokens import TEXT_KINDS, Token
from staging_assets.parser.names.scope import Name
from staging_assets.parser.nested.tree import BODIES, Fragment, compose
from staging_assets.parser.statements import ReadStatement
from staging_assets.parser.uses import resolve

_PLACED = frozenset(
    ("read", "write", "change", "truncate", "create", "alter", "drop", "parent", "reference")
)
READING = frozenset(("read", "mention", "parent", "reference", "spelled"))
"""What a name may be named for when a branch's script finds it in the live schema."""
PATHS = ("path", "body")
"""What a schema is named for in a path: that of the session, and of a routine's body."""
_SETS_PATH = ["set_config", "(", "'search_path'", ","]


def find_users_path(schemas: SchemaNames, built: str, first: str | None = None) -> str:
    """Where scripts find names without a schema when they begin, as SET search_path lists it.

    Args:
        schemas: what scripts call the schemas, and the path that is declared for them.
        built: the name in the database of the schema that is built.
        first: a schema that is to stand before it.
    """
    names = [schemas.in_database(name, built) for name in schemas.path] or ["public"]
    if schemas.live and built in names:
        names.insert(names.index(built) + 1, schemas.live)
    return ", ".join(map(quote_name, names if first is None else [first, *names]))


def find_path_edits(
    statement: ReadStatement,
    own: Collection[str],
    shadow: str | None,
    built: str,
    known: Collection[str] = (),
) -> Iterator[Edit]:
    """What puts a shadow before what is live, in one statement of its table's scripts.

    Args:
        statement: as it stands.
        own: names of what is in the shadow's schema.
        shadow: that schema; None when there is none.
        built: the name in the database of the schema that is built.
        known: names of other tables of that schema, which keys may reference.
    """
    tokens, schemas = statement.tokens, statement.schemas
    words = [token.value for token in tokens if token.kind == "word"]
    sets_default = words[:1] == ["set"] and words[-1] == "default"
    if "search_path" in words and (sets_default or words == ["reset", "search_path"]):
        path = find_users_path(schemas, built, shadow)
        yield Edit(tokens[0].start, tokens[-1].end, f"set search_path to {path}")
    elif shadow is not None or schemas.lives:
        walk = _Walk(own, shadow, schemas)
        walk.known, walk.built, walk.body_path = known, quote_name(built), statement.body_path
        yield from walk.find(statement.piece, statement.path, _stay, _stay)


class _Walk:
    def __init__(self, own: Collection[str], shadow: str | None, schemas: SchemaNames) -> None:
        self.own: Collection[str] = own if shadow is not None else ()
        self.schemas, self.shadow = schemas, quote_name(shadow or "")
        self.moves = shadow is not None
        self.known: Collection[str] = ()
        self.built = ""
        self.body_path: tuple[str, ...] | None = None

    def find(
        self, piece: Fragment, path: tuple[str, ...], outside: Place, escape: Escape
    ) -> Iterator[Edit]:
        """The edits of a piece of code, which runs at once."""
        if piece.literal is not None and piece.names.search_path is not None:
            path = piece.names.search_path
        for name in piece.names.found:
            if name.role == "schema" and self.is_moved(name):
                at = outside(name.name.start)
                word = find_schema_word(piece.tokens, name.name)
                if word is None:
                    yield Edit(at, at, escape(f"{self.shadow}, "))
                else:  # SET SCHEMA takes one alone
                    yield Edit(outside(word), at, escape(f"search_path to {self.shadow}, "))
            elif self.is_placed(name, path):
                at = outside(name.name.start)
                yield Edit(at, at, escape(f"{self.shadow}."))
            elif name.role in READING and self.is_known(name, path, self.schemas.lives):
                at = outside(name.name.start)
                yield Edit(at, at, escape(f"{quote_name(self.schemas.live)}."))
            elif name.role == "reference" and self.is_known(name, path, self.known):
                at = outside(name.name.start)
                yield Edit(at, at, escape(f"{self.built}."))
        if self.moves:
            yield from self.find_settings(piece, outside, escape)
        for inner in piece.inner:
            assert inner.literal is not None and inner.token is not None
            inside = within(escape, inner.token, formatted=inner.kind == "format")
            place = compose(outside, inner.literal.outside)
            if inner.kind not in BODIES:
                yield from self.find(inner, path, place, inside)
            elif self.schemas.lives:  # it runs when no shadow is there
                below = path if self.body_path is None else self.body_path
                yield from _Walk((), None, self.schemas).find(inner, below, place, inside)

    def find_settings(self, piece: Fragment, outside: Place, escape: Escape) -> Iterator[Edit]:
        """The edits of `set_config('search_path', ...)`."""
        values = [token.value for token in piece.tokens]
        for index in range(4, len(values)):
            token = piece.tokens[index]
            if values[index - 4 : index] == _SETS_PATH and token.kind in TEXT_KINDS:
                literal = read_literal(token)
                for found in _find_listed(literal.value, self.schemas.staging):
                    at = outside(literal.outside(found))
                    yield Edit(at, at, within(escape, token)(f"{self.shadow}, "))

    def is_moved(self, name: Name) -> bool:
        """Whether a shadow goes before the schema that is named, in a path of the session."""
        return self.moves and name.kind == "path" and self.is_own(name.name)

    def is_own(self, token: Token) -> bool:
        """Whether a name, or a string, in a path is that of the schema that is built."""
        value = read_literal(token).value if token.kind in TEXT_KINDS else token.value
        return value == self.schemas.staging

    def is_placed(self, name: Name, path: tuple[str, ...]) -> bool:
        """Whether a name without its schema means something of the shadow."""
        if name.schema is not None or name.role not in _PLACED or name.name.value not in self.own:
            return False
        if name.role == "create" and name.kind == "index":
            return False  # it goes where its table is
        return resolve(name, path, self.schemas.staging).schema == self.schemas.staging

    def is_known(self, name: Name, path: tuple[str, ...], known: Collection[str]) -> bool:
        """Whether a name without its schema means one of some tables of the schema."""
        if name.schema is not None or name.name.value not in known:
            return False
        return resolve(name, path, self.schemas.staging).schema == self.schemas.staging


def find_schema_word(tokens: Sequence[Token], name: Token) -> int | None:
    """Where SCHEMA stands, if that is the word before a name."""
    for before, token in pairwise(tokens):
        if token.start == name.start and before.value == "schema":
            return before.start
    return None


def _stay(given: Any) -> Any:
    return given


def _find_listed(text: str, schema: str) -> Iterator[int]:
    """Where a schema stands in a list such as `"staging", etl`."""
    at = 0
    for part in text.split(","):
        bare = part.strip()
        if schema in (bare.strip('"'), bare.lower()):
            yield at + len(part) - len(part.lstrip())
        at += len(part) + 1
