"""The state of a walk over tokens: a frame for each pair of parentheses, and what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from staging_assets.model import STAGING
from staging_assets.parser.lexer.tokens import Token

Role = Literal[
    "read",
    "write",  # INSERT INTO, MERGE INTO, COPY ... FROM
    "change",  # UPDATE, DELETE FROM
    "truncate",
    "create",
    "temporary",  # CREATE TEMPORARY
    "alter",
    "drop",
    "parent",  # PARTITION OF, INHERITS
    "reference",  # REFERENCES
    "call",
    "define",  # CREATE FUNCTION, PROCEDURE
    "mention",  # a type, %ROWTYPE, a column's full path ...
    "about",  # COMMENT ON, GRANT, ANALYZE: the content does not matter
    "schema",  # the schema itself
]


class Name(NamedTuple):
    """One name; `schema` is None when it stands alone, `kind` is said by CREATE, ALTER, DROP."""

    role: Role
    schema: Token | None
    name: Token
    kind: str = ""


@dataclass
class Names:
    """All names of a piece of SQL, and the `search_path` that it sets (None when it sets none)."""

    found: list[Name] = field(default_factory=list)
    search_path: tuple[str, ...] | None = None


class Frame:
    """What is known between one pair of parentheses."""

    __slots__ = ("about", "ctes", "expect", "kind", "listing", "on", "pending", "recursive", "verb")

    def __init__(self, expect: Role | None = None, verb: str = "", about: bool = False) -> None:
        self.expect = expect  # the role of the next name
        self.listing: Role | None = expect if expect == "parent" else None  # after a comma
        self.on: Role | None = None  # the role of the name after ON
        self.verb, self.about, self.kind = verb, about, ""
        self.ctes: set[str] = set()
        self.pending: str | None = None  # a CTE whose body is not over
        self.recursive = False


_STARTS = frozenset((";", "begin", "then", "else", "loop", "also", "instead", "atomic"))


class Walk:
    """A walk over tokens; `code` says that they are the body of a PL/pgSQL block."""

    def __init__(self, tokens: Sequence[Token], code: bool) -> None:
        self.tokens, self.code = tokens, code
        self.names = Names()
        self.unsure: set[int] = set()  # columns, should `staging` turn out to be an alias
        self.aliased = False
        self.frames = [Frame()]

    def value(self, index: int) -> str:
        """What stands there as a keyword or mark; empty for quoted names and past the ends."""
        if not 0 <= index < len(self.tokens):
            return ""
        token = self.tokens[index]
        return token.value if token.kind in ("word", "punctuation") else ""

    def starts(self, index: int) -> bool:
        """Whether a statement begins there."""
        return index == 0 or self.value(index - 1) in _STARTS

    def schemas(self, index: int, verb: str = "") -> list[str]:
        """A list of schema names that begins there; `verb` drops or alters them."""
        listed: list[str] = []
        while index < len(self.tokens):
            token = self.tokens[index]
            if token.kind not in ("word", "quoted", "string") or self.value(index + 1) == ".":
                break
            self.names.found.append(Name("schema", None, token, verb))
            listed.append(token.value.strip("'"))
            if self.value(index + 1) != ",":
                break
            index += 2
        return listed

    def cte(self, index: int) -> None:
        """Take the name of a CTE: it is known when its body is over, at once if recursive."""
        frame, name = self.frames[-1], self.tokens[index].value
        self.aliased = self.aliased or name == STAGING
        if frame.recursive:
            frame.ctes.add(name)
        frame.pending = name
