"""String literals that are the schema's name and no relation's."""

from __future__ import annotations

import re
from collections.abc import Sequence

from staging_assets.model import STAGING
from staging_assets.parser.lexer.literals import Literal, read_literal
from staging_assets.parser.lexer.tokens import TEXT_KINDS, Token

_SCHEMA_COLUMN = re.compile(r"\w*schema|schema_?name|nspname|\w+_schema_name")
_SCHEMA_FUNCTIONS = frozenset(("has_schema_privilege", "quote_ident", "format"))
_MAX_LIST = 200  # tokens to look back
_COMPARISONS = frozenset(("=", "<>", "!="))


def find_schema_literals(tokens: Sequence[Token]) -> list[tuple[Token, Literal, bool]]:
    """Literals that are the schema's name: `table_schema = 'staging'`, `'staging'::regnamespace`.

    The third value says that the name stands there as it is, without SQL's quotes.
    """
    found = []
    for index, token in enumerate(tokens):
        if token.kind in TEXT_KINDS and STAGING in token.value:
            literal = read_literal(token)
            if _is_search_path(tokens, index) or (
                literal.value == STAGING and _is_cast(tokens, index)
            ):
                found.append((token, literal, False))
            elif literal.value == STAGING and (
                _is_compared(tokens, index) or _is_argument(tokens, index)
            ):
                found.append((token, literal, True))
    return found


def _value(tokens: Sequence[Token], index: int) -> str:
    return tokens[index].value if 0 <= index < len(tokens) else ""


def _is_search_path(tokens: Sequence[Token], index: int) -> bool:
    before = [token.value for token in tokens[max(0, index - 4) : index]]
    return before == ["set_config", "(", "'search_path'", ","]


def _is_cast(tokens: Sequence[Token], index: int) -> bool:
    cast = _value(tokens, index + 1) == "::" and _value(tokens, index + 2) == "regnamespace"
    before = _value(tokens, index - 1), _value(tokens, index - 2)
    return cast or before[0] == "regnamespace" or before == ("(", "to_regnamespace")


def _is_compared(tokens: Sequence[Token], index: int) -> bool:
    if _value(tokens, index + 1) in _COMPARISONS:
        ahead = index + 2
        while _value(tokens, ahead + 1) == ".":
            ahead += 2
        return _SCHEMA_COLUMN.fullmatch(_value(tokens, ahead)) is not None
    before = index - 1
    if _value(tokens, before) in ("(", ","):
        while before >= max(0, index - _MAX_LIST) and (
            tokens[before].kind in TEXT_KINDS or tokens[before].value in "(,"
        ):
            before -= 1
        if _value(tokens, before) != "in":
            return False
        before -= _value(tokens, before - 1) == "not"
    elif _value(tokens, before) not in _COMPARISONS:
        return False
    return _SCHEMA_COLUMN.fullmatch(_value(tokens, before - 1)) is not None


def _is_argument(tokens: Sequence[Token], index: int) -> bool:
    depth = 0
    for before in range(index - 1, max(0, index - _MAX_LIST), -1):
        depth += (tokens[before].value == ")") - (tokens[before].value == "(")
        if depth < 0:
            return tokens[before - 1].value in _SCHEMA_FUNCTIONS
    return False
