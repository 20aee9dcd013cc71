"""What the text of a statement says of where it can be sent; no server is asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from staging_assets.model import Relation, SchemaNames
from staging_assets.parser import LETTER, TEXT_KINDS, LexicalError, fold, tokenize

_NEVER = (
    (re.compile(r"\bsearch_path\b", re.IGNORECASE), "it sets or asks search_path"),
    (
        re.compile(r"\b(?:set|reset)\s+(?:(?:local|session)\s+)?(?:role\b|session\s+auth)", re.I),
        "it takes another role",
    ),
)
_LOOKS_UP = re.compile(
    r"\breg[a-z]+\b|\bto_reg|\b(?:next|set|curr)val\b|\b(?:pg|has)_\w+\s*\(", re.IGNORECASE
)
_COMPOSES = re.compile(
    r"\)\s*::\s*reg[a-z]+|\bto_reg[a-z]+\s*\(\s*(?![%'$\s])|\bexecute\b", re.IGNORECASE
)
_SAYS_WHERE = re.compile(r"\btableoid\b|\bregclass\b", re.IGNORECASE)
_WRITES = re.compile(r"\s*(?:with\b.*\b)?(?:insert|update|merge|copy)\b", re.IGNORECASE | re.DOTALL)
_CHANGING = re.compile(
    r"\b(?:create|alter|drop|index|sequence|execute|information_schema|pg_\w+)\b|\breg|\bto_reg",
    re.IGNORECASE,
)
"""Texts whose meaning may be another the next time."""
_CALLED = re.compile(rf'(?:"((?:[^"]|"")+)"|({LETTER}[\w$]*))\s*\(')
_IN_LITERALS = re.compile(
    r"\binformation_schema\b|\bpg_(?:class|constraint|tables|indexes|views|matviews|sequences|stats"
    r"|policies|rules|stat\w*_tables|stat\w*_indexes|attribute|namespace)\b",
    re.IGNORECASE,
)
_JUST_A_NAME = re.compile(r"'(?:(?:pg_catalog|information_schema)\.)?\w+'")


def find_refusal(text: str, parameters: Any, schemas: SchemaNames) -> str | None:
    """Why a statement cannot be sent to a table that is not published; None when it can.

    Args:
        text: one or more statements.
        parameters: bound to them.
        schemas: what scripts call the schemas.

    Raises LexicalError when the text cannot be read.
    """
    for pattern, reason in _NEVER:
        if pattern.search(text):
            return reason
    if _WRITES.match(text) and _SAYS_WHERE.search(text):
        return "it may write down where its table is (regclass, tableoid)"
    composes = _COMPOSES.search(text) is not None
    if not composes and _IN_LITERALS.search(text) is None:
        return None
    literals = [token.value for token in tokenize(text) if token.kind in TEXT_KINDS]
    values = parameters.values() if isinstance(parameters, Mapping) else parameters or ()
    schema = rf'"?{re.escape(schemas.staging)}"?\.?'
    given = [value for value in values if isinstance(value, str)]
    if composes and (
        any(re.fullmatch(schema, value, re.IGNORECASE) for value in given)
        or any(re.search(f"'{schema}'", literal, re.IGNORECASE) for literal in literals)
    ):
        return "it puts the name of a relation together while it runs"
    for literal in literals:
        found = _IN_LITERALS.search(literal)
        if found is not None and not _JUST_A_NAME.fullmatch(literal):
            return f"it asks {found[0]} in SQL that is made while it runs"
    return None


def find_called_names(text: str) -> set[str]:
    """The names in a text that parentheses follow; some are no functions."""
    return {(q.replace('""', '"') if q else fold(w)) for q, w in _CALLED.findall(text)}


def may_change_meaning(text: str) -> bool:
    """Whether the same text may have to be sent otherwise the next time."""
    return _CHANGING.search(text) is not None


def bind_names(text: str, parameters: Any, names: Mapping[Relation, Relation]) -> Any:
    """The parameters of a statement, in which some names of relations mean others.

    Args:
        text: the statement; only where it looks names up (`%s::regclass`) is anything changed.
        parameters: a mapping, a sequence or nothing.
        names: relation, as scripts call it, to what is meant.
    """
    if not parameters or _LOOKS_UP.search(text) is None:
        return parameters

    def bind(value: Any) -> Any:
        relation = _read_qualified(value) if isinstance(value, str) else None
        meant = names.get(relation) if relation is not None else None
        return value if meant is None else str(meant)

    if isinstance(parameters, Mapping):
        return {name: bind(value) for name, value in parameters.items()}
    return [bind(value) for value in parameters]


def _read_qualified(value: str) -> Relation | None:
    """A qualified name, as SQL reads it; None when the text is none."""
    try:
        tokens = tokenize(value)
    except LexicalError:
        return None
    if len(tokens) != 3 or tokens[1].value != "." or value.strip() != value:
        return None
    if any(token.kind not in ("word", "quoted") for token in (tokens[0], tokens[2])):
        return None
    return Relation(tokens[0].value, tokens[2].value)
