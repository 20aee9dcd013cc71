"""Which names in a piece of SQL mean relations, functions and schemas, and in which role.

One pass over the tokens with a stack of parentheses. A qualified name after FROM, JOIN,
INTO ... is a relation wherever it stands, so a CTE or an alias of the same name cannot hide
it; what is no relation by its place is taken as one only when it is in schema `staging`.
Tested against sqlglot's scopes, which cost fifty times as much.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from staging_assets.project.model import STAGING
from staging_assets.project.tokens import NAME_KINDS, Token

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


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


class _Frame:
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
_ENDS_LIST = _words(
    "where group having window order limit offset fetch union intersect except returning "
    "set when do loop then for"
)
_SKIPPED = _words(
    "only lateral table if not exists concurrently temp temporary unlogged strict rows"
)
_MODIFIERS = _words(
    "or replace global local unlogged recursive unique constraint materialized foreign"
)
_CONTENTLESS = _words("comment grant revoke analyze vacuum reindex cluster lock security")
_ROUTINES = frozenset(("function", "procedure", "aggregate", "routine"))
_OBJECTS = _words("table view sequence type domain index") | _ROUTINES
_ON_OBJECTS = frozenset(("trigger", "policy", "rule"))


def find_names(tokens: Sequence[Token], *, code: bool = False) -> Names:
    """The names in `tokens`; `code` says that they are the body of a PL/pgSQL block."""
    walker = _Walker(tokens, code)
    walker.run()
    if walker.aliased:
        walker.names.found = [n for i, n in enumerate(walker.names.found) if i not in walker.unsure]
    return walker.names


class _Walker:
    def __init__(self, tokens: Sequence[Token], code: bool) -> None:
        self.tokens, self.code = tokens, code
        self.names = Names()
        self.unsure: set[int] = set()  # columns, should `staging` turn out to be an alias
        self.aliased = False
        self.frames = [_Frame()]

    def value(self, index: int) -> str:
        """What stands there as a keyword or mark; empty for quoted names and past the ends."""
        if not 0 <= index < len(self.tokens):
            return ""
        token = self.tokens[index]
        return token.value if token.kind in ("word", "punctuation") else ""

    def starts(self, index: int) -> bool:
        """Whether a statement begins there."""
        return index == 0 or self.value(index - 1) in _STARTS

    def run(self) -> None:
        tokens, index, length = self.tokens, 0, len(self.tokens)
        while index < length:
            token = tokens[index]
            if token.kind in NAME_KINDS:
                dotted = index + 1 < length and tokens[index + 1].value == "."
                if token.kind == "word" and not dotted:
                    skip = self.keyword(token.value, index)
                    if skip:
                        index += skip
                        continue
                index = self.name(index)
                continue
            if token.kind == "punctuation":
                self.mark(token.value, index)
            index += 1

    def mark(self, value: str, index: int) -> None:
        frame = self.frames[-1]
        if value == "(":
            self.frames.append(_Frame(frame.expect, about=frame.about))
            frame.expect = None
        elif value == ")":
            if len(self.frames) > 1:
                self.frames.pop()
                frame = self.frames[-1]
            if frame.pending and self.value(index + 1) != "as":
                frame.ctes.add(frame.pending)
                frame.pending = None
        elif value == ",":
            frame.expect = frame.listing
            if frame.verb == "with" and frame.pending is None and index + 1 < len(self.tokens):
                self.cte(index + 1)
        elif value == ";":
            self.frames = [_Frame()]

    def keyword(self, word: str, index: int) -> int:
        """Take a keyword; gives how many tokens it used, 0 when it is a name here."""
        frame = self.frames[-1]
        if word in _ENDS_LIST:
            frame.expect = frame.listing = None
            return 1
        if word == "on":
            frame.expect, frame.on = frame.on, None
            return 1
        action = _ACTIONS.get(word)
        if action is not None:
            return action(self, index, frame)
        if frame.expect and word in _SKIPPED:
            return 1
        return 0

    def select(self, index: int, frame: _Frame) -> int:
        frame.verb = self.tokens[index].value
        frame.expect = frame.listing = None
        return 1

    def from_(self, index: int, frame: _Frame) -> int:
        before = self.value(index - 1)
        if before == "distinct" and self.value(index - 2) in ("is", "not"):
            return 1
        if before == "delete":
            frame.verb, frame.expect, frame.listing = "delete", "change", None
        elif before == "values" or frame.verb in ("copy", "revoke", "fetch", "import"):
            pass  # bounds of a partition; a file; a role; a cursor; a server
        elif len(self.frames) == 1 or frame.verb:  # else extract(year from x) and its like
            frame.expect = frame.listing = "read"
        return 1

    def join(self, _index: int, frame: _Frame) -> int:
        frame.expect = "read"
        return 1

    def using(self, _index: int, frame: _Frame) -> int:
        if frame.verb in ("delete", "merge"):
            frame.expect = "read"
            frame.listing = "read" if frame.verb == "delete" else None
        return 1

    def into(self, index: int, frame: _Frame) -> int:
        before = self.value(index - 1)
        if before in ("insert", "merge"):
            frame.verb, frame.expect = before, "write"
        elif frame.verb == "import":
            self.schemas(index + 1)
        elif frame.verb == "select" and not self.code:
            frame.expect, frame.kind = "create", "table"
            if self.value(index + 1) in ("temp", "temporary"):
                frame.expect = "temporary"
        return 1

    def update(self, index: int, frame: _Frame) -> int:
        after = self.tokens[index + 1] if index + 1 < len(self.tokens) else None
        if (
            after is None
            or after.kind not in NAME_KINDS
            or after.value in ("set", "on", "of", "or")
        ):
            return 1
        if self.starts(index) or self.value(index - 1) in ("(", ")", "as", "explain", "analyze"):
            frame.verb, frame.expect, frame.listing = "update", "change", None
        return 1

    def truncate(self, index: int, frame: _Frame) -> int:
        if not self.starts(index):
            return 0
        frame.expect = frame.listing = "truncate"
        return 1

    def copy(self, index: int, frame: _Frame) -> int:
        if not self.starts(index):
            return 0
        frame.verb, depth = "copy", 0
        frame.expect = "read"
        for ahead in range(index + 1, len(self.tokens)):
            value = self.value(ahead)
            depth += (value == "(") - (value == ")")
            if depth == 0 and value in ("from", "to", ";"):
                frame.expect = "write" if value == "from" else "read"
                break
        return 1

    def table(self, index: int, frame: _Frame) -> int:
        before = self.value(index - 1)
        if frame.expect is None and (
            self.starts(index) or before in ("(", ")", "as", "union", "all", "except", "intersect")
        ):
            frame.verb, frame.expect = "select", "read"
        return 1

    def verb(self, index: int, frame: _Frame) -> int:
        if not self.starts(index):
            return 0
        frame.verb = self.tokens[index].value
        frame.about = frame.verb in _CONTENTLESS
        return 1

    def references(self, _index: int, frame: _Frame) -> int:
        if not frame.about:
            frame.expect = "reference"
        return 1

    def of(self, index: int, frame: _Frame) -> int:
        if self.value(index - 1) == "partition":
            frame.expect = "parent"
        return 1

    def inherits(self, index: int, frame: _Frame) -> int:
        if self.value(index + 1) != "(":
            return 0
        frame.expect = "parent"
        return 1

    def to(self, _index: int, frame: _Frame) -> int:
        if frame.verb == "rule":
            frame.expect = "alter"
        return 1

    def define(self, index: int, frame: _Frame) -> int:
        """CREATE, ALTER, DROP: what kind of thing, and that its name comes next."""
        if not self.starts(index):
            return 0
        verb = self.tokens[index].value
        ahead, temporary = index + 1, False
        while self.value(ahead) in _MODIFIERS or self.value(ahead) in ("temp", "temporary"):
            temporary = temporary or self.value(ahead) in ("temp", "temporary")
            ahead += 1
        kind = self.value(ahead)
        frame.verb, frame.kind = verb, kind
        if kind in _ON_OBJECTS:
            frame.verb = kind
            frame.on = None if kind == "rule" and verb == "create" else "alter"
        elif kind in _OBJECTS:
            role: Role = {"create": "create", "alter": "alter"}.get(verb, "drop")  # type: ignore[assignment]
            if role == "create" and kind in _ROUTINES:
                role = "define"
            elif role == "create" and temporary:
                role = "temporary"
            frame.expect = role
            frame.listing = "drop" if role == "drop" else None
            frame.on = "alter" if kind == "index" and role == "create" else None
            ahead += 1
        return max(1, ahead - index)

    def schema(self, index: int, frame: _Frame) -> int:
        ahead = index + 1
        while self.value(ahead) in ("if", "not", "exists"):
            ahead += 1
        whole = frame.kind == "schema" and frame.verb in ("drop", "alter")
        self.schemas(ahead, frame.verb if whole else "")
        return 1

    def search_path(self, index: int, _frame: _Frame) -> int:
        if self.value(index + 1) != "to" and (
            index + 1 >= len(self.tokens) or self.tokens[index + 1].value != "="
        ):
            return 0
        self.names.search_path = tuple(self.schemas(index + 2))
        return 1

    def schemas(self, index: int, verb: str = "") -> list[str]:
        """A list of schema names that begins there; `verb` drops or alters them."""
        listed: list[str] = []
        while index < len(self.tokens):
            token = self.tokens[index]
            if token.kind not in ("word", "quoted", "string"):
                break
            self.names.found.append(Name("schema", None, token, verb))
            listed.append(token.value.strip("'"))
            if self.value(index + 1) != ",":
                break
            index += 2
        return listed

    def with_(self, index: int, frame: _Frame) -> int:
        ahead = index + 1
        recursive = self.value(ahead) == "recursive"
        ahead += recursive
        named = ahead < len(self.tokens) and self.tokens[ahead].kind in NAME_KINDS
        if named and self.value(ahead + 1) in ("as", "(") and self.value(ahead) != "ordinality":
            frame.verb, frame.recursive = "with", recursive
            frame.expect = frame.listing = None
            self.cte(ahead)
        return 1

    def cte(self, index: int) -> None:
        frame, name = self.frames[-1], self.tokens[index].value
        self.aliased = self.aliased or name == STAGING
        if frame.recursive:
            frame.ctes.add(name)
        frame.pending = name

    def name(self, index: int) -> int:
        """Take a name with its dots; gives the index behind it."""
        tokens, frame = self.tokens, self.frames[-1]
        chain, ahead = [tokens[index]], index + 1
        if tokens[index].value == STAGING and self.value(ahead) == "." and self.is_cut(ahead + 1):
            self.names.found.append(Name("schema", None, tokens[index]))
            frame.expect = None
            return ahead
        while self.value(ahead) == "." and ahead + 1 < len(tokens):
            if tokens[ahead + 1].kind not in NAME_KINDS:
                break
            chain.append(tokens[ahead + 1])
            ahead += 2
        role, frame.expect = frame.expect, None
        called = self.value(ahead) == "("
        if role is None and frame.about:
            role = "about"
            chain = chain[:2]
        if role == "read" and called:
            role = "call"
        if role is not None:
            self.expected(role, chain, ahead, frame)
        elif len(chain) == 1:
            self.alone(chain[0], index, called, frame)
        elif called:
            self.names.found.append(Name("call", chain[-2], chain[-1]))
        elif chain[0].value == STAGING or self.value(ahead + 1) in ("rowtype", "type"):
            if len(chain) == 2:
                self.unsure.add(len(self.names.found))
            self.names.found.append(Name("mention", chain[0], chain[1]))
        return ahead

    def is_cut(self, index: int) -> bool:
        """Whether a dynamic name (`staging.%I`, `staging.` and no more) or an operator is there."""
        if index >= len(self.tokens):
            return True
        token = self.tokens[index]
        return token.kind == "operator" and token.value != "*"

    def expected(self, role: Role, chain: list[Token], ahead: int, frame: _Frame) -> None:
        schema, name = (chain[-2], chain[-1]) if len(chain) > 1 else (None, chain[0])
        if name.value == STAGING and self.value(ahead) != "as" and role in ("read", "change"):
            renamed = ahead < len(self.tokens) and self.tokens[ahead].kind in NAME_KINDS
            self.aliased = self.aliased or not renamed or self.value(ahead) in _FOLLOWS_RELATION
        if schema is None and any(name.value in outer.ctes for outer in self.frames):
            return
        if role == "about" and schema is None:
            return
        self.names.found.append(Name(role, schema, name, frame.kind))

    def alone(self, token: Token, index: int, called: bool, frame: _Frame) -> None:
        if called:
            self.names.found.append(Name("call", None, token))
        elif token.value == STAGING:
            before = self.tokens[index - 1] if index else None
            listed = frame.listing == "read" or frame.verb in (
                "update",
                "insert",
                "delete",
                "merge",
            )
            named = before is not None and (before.kind in NAME_KINDS or before.value == ")")
            self.aliased = self.aliased or self.code or (listed and named)


_FOLLOWS_RELATION = _words(
    "where group having window order limit offset fetch union intersect except returning set on "
    "join inner left right full cross natural using for tablesample loop"
)
_ACTIONS = {
    "select": _Walker.select,
    "values": _Walker.select,
    "from": _Walker.from_,
    "join": _Walker.join,
    "using": _Walker.using,
    "into": _Walker.into,
    "update": _Walker.update,
    "truncate": _Walker.truncate,
    "copy": _Walker.copy,
    "table": _Walker.table,
    "references": _Walker.references,
    "of": _Walker.of,
    "inherits": _Walker.inherits,
    "to": _Walker.to,
    "create": _Walker.define,
    "alter": _Walker.define,
    "drop": _Walker.define,
    "schema": _Walker.schema,
    "search_path": _Walker.search_path,
    "with": _Walker.with_,
    **dict.fromkeys((*_CONTENTLESS, "fetch", "import"), _Walker.verb),
}
