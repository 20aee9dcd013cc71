"""What stands ahead of or behind a place: an object's kind, a list of schemas, an alias, a type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from staging_assets.parser.lexer.literals import read_literal
from staging_assets.parser.lexer.quoting import RESERVED
from staging_assets.parser.lexer.tokens import NAME_KINDS, TEXT_KINDS, Token, fold
from staging_assets.parser.names.clauses import FOLLOWS_RELATION, MODIFIERS, words
from staging_assets.parser.names.scope import Frame, Role

_TEMPORARY = frozenset(("temp", "temporary"))
_BEFORE_TYPE = frozenset(("collate", "returns", "setof", "type"))
# After these words comes an expression; after any other name stands its type.
_BEFORE_EXPRESSION = words(
    """
    all and any array as asc assert assertion asymmetric begin between by case check contains
    continue debug default desc detail distinct do else elseif elsif end errcode escape except
    exception execute exit filter first following for foreach from group groups having hint if
    ilike in info inner intersect interval into is isnull join lateral like limit log loop
    materialized message natural next not notice notnull null of offset on only or order outer
    over overlaps partition passing path percent perform placing preceding query raise range
    return returning reverse row rows select set similar slice some strict symmetric table then to
    union unknown using value values variadic warning when where while window with zone
    """
)


class Head(NamedTuple):
    """What CREATE, ALTER or DROP speaks of, and the index behind that."""

    kind: str
    temporary: bool
    end: int


def read_value(tokens: Sequence[Token], index: int) -> str:
    """What stands there as a keyword or mark; empty for quoted names and past the ends."""
    if not 0 <= index < len(tokens):
        return ""
    token = tokens[index]
    return token.value if token.kind in ("word", "punctuation") else ""


def read_head(tokens: Sequence[Token], index: int) -> Head:
    """Read what follows CREATE, ALTER or DROP at `index`."""
    ahead, temporary = index + 1, False
    while (word := read_value(tokens, ahead)) in MODIFIERS or word in _TEMPORARY:
        temporary = temporary or word in _TEMPORARY
        ahead += 1
    return Head(word, temporary, ahead)


def find_copy_role(tokens: Sequence[Token], index: int) -> Role:
    """Whether COPY at `index` writes or reads its table."""
    depth = 0
    for ahead in range(index + 1, len(tokens)):
        value = read_value(tokens, ahead)
        depth += (value == "(") - (value == ")")
        if depth == 0 and value in ("from", "to", ";"):
            return "write" if value == "from" else "read"
    return "read"


def read_schemas(tokens: Sequence[Token], index: int) -> tuple[list[Token], int]:
    """The names, or strings, of a list of schemas, and the index behind it."""
    listed: list[Token] = []
    while index < len(tokens):
        token = tokens[index]
        wanted = token.kind in NAME_KINDS or token.kind in TEXT_KINDS
        if not wanted or read_value(tokens, index + 1) == ".":
            break
        listed.append(token)
        index += 1
        if read_value(tokens, index) != ",":
            break
        index += 1
    return listed, index


def read_path(listed: Sequence[Token]) -> tuple[str, ...] | None:
    """The schemas that SET search_path lists; None for DEFAULT."""
    if len(listed) == 1 and listed[0].kind == "word" and listed[0].value == "default":
        return None
    return tuple(t.value if t.kind in NAME_KINDS else read_literal(t).value for t in listed)


def read_listed(path: str) -> tuple[str, ...]:
    """The schemas in the value of `search_path`, as set_config() takes it."""
    names = (name.strip() for name in path.split(","))
    return tuple(
        name[1:-1].replace('""', '"')
        if len(name) > 1 and name[0] == name[-1] == '"'
        else fold(name)
        for name in names
    )


def is_cte(tokens: Sequence[Token], index: int) -> bool:
    """Whether the name of a CTE stands there."""
    if index >= len(tokens) or tokens[index].kind not in NAME_KINDS:
        return False
    if read_value(tokens, index) in ("ordinality", "check"):
        return False
    return read_value(tokens, index + 1) in ("as", "(")


def is_cut(tokens: Sequence[Token], index: int) -> bool:
    """Whether a dynamic name (`staging.%I`, `staging.` and no more) or an operator is there."""
    if index >= len(tokens):
        return True
    return tokens[index].kind == "operator" and tokens[index].value != "*"


def has_alias(tokens: Sequence[Token], index: int) -> bool:
    """Whether a table that ends before `index` has an alias."""
    if read_value(tokens, index) == "as":
        return True
    if index >= len(tokens) or tokens[index].kind not in NAME_KINDS:
        return False
    return read_value(tokens, index) not in FOLLOWS_RELATION


def is_alias(tokens: Sequence[Token], index: int, frame: Frame) -> bool:
    """Whether the single name at `index` gives a table of a query another name."""
    if not frame.lists_tables or index == 0:
        return False
    before = tokens[index - 1]
    return before.kind in NAME_KINDS or before.value in (")", "*")


def is_setting(tokens: Sequence[Token], index: int) -> bool:
    """Whether `x.y` there is a setting of the server, or a part of a column that UPDATE sets."""
    before = read_value(tokens, index - 1)
    if before == "session":
        return read_value(tokens, index - 2) == "set"
    return before in ("set", "local", "reset", "show")


def is_part(tokens: Sequence[Token], index: int, frame: Frame) -> bool:
    """Whether `x.y` there is in the list of columns behind INSERT INTO."""
    return frame.columns and read_value(tokens, index - 1) in ("(", ",")


def is_type(tokens: Sequence[Token], index: int, end: int, frame: Frame) -> bool:
    """Whether the name from `index` up to `end` stands where SQL wants a type."""
    literal = end < len(tokens) and tokens[end].kind in TEXT_KINDS  # mood 'happy'
    if literal or index == 0:
        return literal
    before = tokens[index - 1]
    if before.kind == "punctuation":
        return before.value == "::" or (frame.types and before.value in "(,")
    if before.kind == "quoted" or before.value in _BEFORE_TYPE:
        return before.kind in NAME_KINDS
    if before.value == "returning":
        return frame.opener.startswith("json_")
    if before.value == "as":
        return frame.opener in ("cast", "treat", "xmlserialize") or frame.kind == "domain"
    # A column may be called `value` or `path`.
    column = before.value not in RESERVED and read_value(tokens, index - 2) in ("(", ",")
    return before.kind == "word" and (column or before.value not in _BEFORE_EXPRESSION)
