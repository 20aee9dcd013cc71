"""What a CREATE script says about its table's columns, and the names Postgres gives by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from staging_assets.model import Column, Relation
from staging_assets.parser.implied_names import (
    find_excluded,
    find_implied_name,
    find_index_addition,
    find_statistics_addition,
    split_list,
)
from staging_assets.parser.lexer.literals import read_literal
from staging_assets.parser.lexer.positions import Lines
from staging_assets.parser.lexer.tokens import NAME_KINDS, TEXT_KINDS, Comment, Token


@dataclass
class Columns:
    """The columns of a table.

    Args:
        columns: name to column, in order.
        complete: False when some may come from elsewhere (LIKE, INHERITS, AS SELECT ...).
        implied: names that Postgres gives to sequences and keys of the table.
    """

    columns: dict[str, Column] = field(default_factory=dict)
    complete: bool = False
    implied: set[str] = field(default_factory=set)


_CONSTRAINTS = frozenset(("constraint", "primary", "unique", "check", "foreign", "exclude"))
_ENDS_TYPE = frozenset(
    (
        *("constraint", "not", "null", "default", "primary", "unique", "references", "check"),
        *("collate", "generated", "deferrable", "initially", "storage", "compression", "options"),
    )
)
_SERIAL = frozenset(("serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"))


def find_columns(text: str, statements: Sequence[Sequence[Token]], relation: Relation) -> Columns:
    """The columns of a table after the statements of its script.

    Args:
        text: the script.
        statements: the tokens of each.
        relation: the table, as the script calls it.
    """
    found, table = Columns(), relation.name
    for tokens in statements:
        words = [token.value for token in tokens[:8]]
        place = _find_table(tokens, relation)
        if words[:2] == ["create", "statistics"]:
            added = find_statistics_addition(tokens, relation.schema, table)
            _imply(found, table, added, "stat")
        elif words[0] == "create" and "index" in words[1:3] and place:
            _imply(found, table, find_index_addition(tokens, place), "idx")
        elif words[0] == "create" and "table" in words and place:
            found.columns.clear()
            found.complete = _add_elements(found, text, tokens, place, table)
        elif words[0] == "create" and place and ("view" in words or "foreign" in words):
            found.complete = False
        elif words[:2] == ["alter", "table"] and place:
            for action in split_list(tokens[place:]):
                _alter(found, text, action, table)
    return found


def add_comments(
    found: Columns, text: str, statements: Sequence[Sequence[Token]], comments: Sequence[Comment]
) -> None:
    """Give columns the comment that stands in the line where their definition begins."""
    if not comments:
        return
    lines = Lines(text)
    by_line = {lines.position(comment.start)[0]: comment for comment in comments}
    for tokens in statements:
        if tokens[0].value != "create" or not found.columns:
            continue
        for before, token in pairwise(tokens):
            if before.value in ("(", ",") and token.kind in NAME_KINDS:
                column = found.columns.get(token.value)
                comment = by_line.get(lines.position(token.start)[0])
                if column and not column.comment and comment and comment.start > token.start:
                    said = clean_comment(comment.text)
                    found.columns[token.value] = replace(column, comment=said or None)


def clean_comment(comment: str) -> str:
    """The text of a comment without its marks."""
    if comment.startswith("/*"):
        lines = comment[2:-2].strip("*").splitlines()
        return " ".join(line.strip().lstrip("*").strip() for line in lines).strip()
    return comment.lstrip("-").strip()


def read_text(tokens: Sequence[Token]) -> str | None:
    """The string that the tokens are, put together from its parts; None for NULL."""
    parts = [read_literal(token).value for token in tokens if token.kind in TEXT_KINDS]
    return "".join(parts) if parts else None


def _find_table(tokens: Sequence[Token], relation: Relation) -> int:
    """The index behind the first `staging.<table>` of the statement's head, or 0."""
    for index in range(1, min(9, len(tokens) - 2)):
        schema, dot, name = tokens[index : index + 3]
        if dot.value == "." and schema.value == relation.schema and schema.kind in NAME_KINDS:
            return index + 3 if name.value == relation.name else 0
    return 0


def _add_elements(
    found: Columns, text: str, tokens: Sequence[Token], place: int, table: str
) -> bool:
    """Read the list of a CREATE TABLE; tells whether it holds all columns."""
    if place >= len(tokens) or tokens[place].value != "(":
        return False
    depth, end = 0, len(tokens)
    for index in range(place, len(tokens)):
        if tokens[index].kind == "punctuation":
            depth += (tokens[index].value == "(") - (tokens[index].value == ")")
            if depth == 0:
                end = index
                break
    complete = all(token.value not in ("inherits", "as") for token in tokens[end:])
    for element in split_list(tokens[place + 1 : end]):
        if not element:
            continue
        word = element[0].value if element[0].kind == "word" else ""
        if word == "like":
            complete = False
        elif word in _CONSTRAINTS:
            _add_constraint(found, element, table)
        elif element[0].kind in NAME_KINDS:
            _add_column(found, text, element, table)
    return complete


def _add_column(found: Columns, text: str, element: Sequence[Token], table: str) -> None:
    name = element[0].value
    end = 1
    while end < len(element) and not (
        element[end].kind == "word" and element[end].value in _ENDS_TYPE
    ):
        end += 1
    rest = [token.value for token in element[end:] if token.kind == "word"]
    spelled = " ".join(text[element[1].start : element[end - 1].end].split()) if end > 1 else ""
    serial = spelled.lower() in _SERIAL
    pairs = set(pairwise(rest))
    key, identity = ("primary", "key") in pairs, ("as", "identity") in pairs
    nullable = not (serial or key or identity or ("not", "null") in pairs)
    found.columns[name] = Column(name, spelled, nullable=nullable)
    if serial or identity:
        _imply(found, table, name, "seq")
    if key:
        _imply(found, table, "", "pkey")
    if "unique" in rest:
        _imply(found, table, name, "key")


def _add_constraint(found: Columns, element: Sequence[Token], table: str) -> None:
    named = element[1].value if element[0].value == "constraint" and len(element) > 1 else None
    rest = element[2:] if named else element
    kind = rest[0].value if rest else ""
    listed: list[str] = []
    for token in rest:
        if token.value == ")":
            break
        if token.kind in NAME_KINDS:
            listed.append(token.value)
    if kind == "primary":
        for column in listed[2:]:
            if column in found.columns:
                found.columns[column] = replace(found.columns[column], nullable=False)
        _imply(found, table, "", "pkey", named)
    elif kind == "unique":
        columns = [name for name in listed[1:] if name not in ("nulls", "not", "distinct")]
        _imply(found, table, "_".join(columns), "key", named)
    elif kind == "exclude":
        _imply(found, table, find_excluded(rest), "excl", named)


def _imply(
    found: Columns, table: str, addition: str | None, label: str, named: str | None = None
) -> None:
    """Note a name that Postgres makes up, with a number where the table has it already.

    Args:
        addition: what stands between the table's name and the label; None: there is no such name.
        named: the name that the script gives instead.
    """
    if named:
        found.implied.add(named)
    elif addition is not None:
        name, number = find_implied_name(table, addition, label), 0
        while name in found.implied:
            number += 1
            name = find_implied_name(table, addition, f"{label}{number}")
        found.implied.add(name)


def _alter(found: Columns, text: str, action: Sequence[Token], table: str) -> None:
    words = [token.value if token.kind in NAME_KINDS else "" for token in action]
    if not words:
        return
    verb, rest = words[0], 1
    if words[1:2] == ["column"]:
        rest = 2
    while words[rest : rest + 1] and words[rest] in ("if", "not", "exists"):
        rest += 1
    if rest >= len(action):
        return
    name = words[rest]
    if verb == "add" and name in _CONSTRAINTS and rest == 1:
        _add_constraint(found, action[1:], table)
    elif verb == "add":
        _add_column(found, text, action[rest:], table)
    elif verb == "drop" and words[1] != "constraint":
        found.columns.pop(name, None)
    elif verb == "rename" and words[rest + 1 : rest + 2] == ["to"] and rest + 2 < len(words):
        new = words[rest + 2]
        if name in found.columns:
            found.columns = {
                new if key == name else key: replace(column, name=new) if key == name else column
                for key, column in found.columns.items()
            }
    elif verb in ("inherit", "attach"):
        found.complete = False
    elif verb == "alter" and name in found.columns:
        _alter_column(found, text, name, action[rest + 1 :])


def _alter_column(found: Columns, text: str, name: str, change: Sequence[Token]) -> None:
    words = [token.value for token in change]
    if words[:3] in (["set", "not", "null"], ["drop", "not", "null"]):
        found.columns[name] = replace(found.columns[name], nullable=words[0] == "drop")
    elif "type" in words[:3]:
        start = words.index("type") + 1
        end = next((i for i in range(start, len(words)) if words[i] in ("using", "collate")), None)
        kind = change[start:end]
        if kind:
            spelled = " ".join(text[kind[0].start : kind[-1].end].split())
            found.columns[name] = replace(found.columns[name], type=spelled)
