"""Take foreign keys out of a CREATE script until the tables that they reference are there.

Of tables that reference each other one is made first, and its keys find nothing yet. What a
script says about such a key afterwards (its comment, its validation) waits with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from staging_assets.model import Relation
from staging_assets.parser.implied_names import find_implied_name, split_list
from staging_assets.parser.lexer.tokens import NAME_KINDS, Token, tokenize
from staging_assets.parser.statements import Statement, find_statements

_KINDS = ("constraint", "foreign", "primary", "unique", "check", "exclude", "like")
_HEAD = ("temp", "temporary", "unlogged", "global", "local", "foreign")


@dataclass(frozen=True)
class Postponed:
    """A statement that has to wait.

    Args:
        text: the statement.
        offset: where it stood, in the text that it was taken from.
        name: of the foreign key; None where the statement is about one.
    """

    text: str
    offset: int
    name: str | None = None


@dataclass
class Postponement:
    """What is taken out of a text.

    Args:
        spans: start, end and what stands there instead, in order.
        statements: what has to be run later, in order.
    """

    spans: list[tuple[int, int, str]] = field(default_factory=list)
    statements: list[Postponed] = field(default_factory=list)


@dataclass(frozen=True)
class _Clause:
    """A foreign key within one element of a list: tokens `first` to `last` say it."""

    first: int
    last: int
    target: Relation
    columns: tuple[str, ...]
    named: str | None
    column: str | None = None


def postpone_keys(text: str, targets: Collection[Relation], *, bare: bool = False) -> Postponement:
    """Find the foreign keys that reference tables which are not there yet.

    Args:
        text: a CREATE script on its way to the server, without errors of spelling.
        targets: the tables.
        bare: whether names without a schema mean them too.
    """
    called = {each.name: each for each in targets} if bare else {}
    found = Postponement()
    if not targets or "references" not in text.lower():
        return found
    names: set[str] = set()
    for statement in find_statements(text):
        tokens = tokenize(statement.text)
        if _speaks_of(tokens, names):
            _take(found, statement, tokens[0].start, tokens[-1].end)
            found.statements.append(Postponed(statement.text, statement.offset))
        elif "references" in statement.text.lower():
            _postpone(found, statement, tokens, targets, called)
            names.update(each.name for each in found.statements if each.name)
    return found


def _speaks_of(tokens: Sequence[Token], names: Collection[str]) -> bool:
    """Whether a statement is about one of these constraints, and does not make it."""
    words = [token.value for token in tokens]
    if not names or words[0] not in ("comment", "alter"):
        return False
    for index, word in enumerate(words):
        if word == "constraint" and words[index - 1] != "add":
            rest = words[index + 1 : index + 4]
            rest = rest[2:] if rest[:2] == ["if", "exists"] else rest
            if rest and rest[0] in names:
                return True
    return False


def _take(found: Postponement, statement: Statement, start: int, end: int) -> None:
    found.spans.append((statement.offset + start, statement.offset + end, " "))


def _postpone(
    found: Postponement,
    statement: Statement,
    tokens: Sequence[Token],
    targets: Collection[Relation],
    called: Mapping[str, Relation],
) -> None:
    head = _find_list(tokens)
    if head is None:
        return
    table, first, last, alters = head
    elements = list(split_list(tokens[first:last]))
    clauses = [
        [c for c in _find_clauses(element, alters, called) if c.target in targets]
        for element in elements
    ]
    spelled = statement.text[table[0].start : table[-1].end]
    gone = []
    for element, of_element in zip(elements, clauses, strict=True):
        for clause in of_element:
            start, end = element[clause.first].start, element[clause.last].end
            said = statement.text[start:end]
            if clause.column is not None:
                name = f"constraint {clause.named} " if clause.named else ""
                said = f"{name}foreign key ({clause.column}) {said}"
            columns = "_".join(clause.columns)
            known = clause.named or find_implied_name(table[-1].value, columns, "fkey")
            found.statements.append(
                Postponed(
                    f"alter table {spelled} add {said}",
                    statement.offset + start,
                    _unquote(known),
                )
            )
        gone.append(any(clause.column is None for clause in of_element))
    if not any(clauses):
        return
    if alters and all(gone):
        _take(found, statement, tokens[0].start, tokens[-1].end)
        return
    index, kept = first, False
    for element, of_element, is_gone in zip(elements, clauses, gone, strict=True):
        if index > first and (is_gone or not kept):
            _take(found, statement, tokens[index - 1].start, tokens[index - 1].end)
        kept = kept or not is_gone
        if is_gone:
            _take(found, statement, element[0].start, element[-1].end)
        else:
            for clause in of_element:
                begins = clause.first - (2 if clause.named else 0)
                _take(found, statement, element[begins].start, element[clause.last].end)
        index += len(element) + 1


def _unquote(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()


def _find_list(tokens: Sequence[Token]) -> tuple[Sequence[Token], int, int, bool] | None:
    """The table's name, begin and end of the list, and whether it is one of ALTER TABLE."""
    words = [token.value if token.kind == "word" else "" for token in tokens]
    alters = words[:2] == ["alter", "table"]
    index = 1
    while words[index : index + 1] and words[index] in _HEAD:
        index += 1
    if words[index : index + 1] != ["table"] or words[0] not in ("create", "alter"):
        return None
    index += 1
    while words[index : index + 1] and words[index] in ("if", "not", "exists", "only"):
        index += 1
    start, index = index, _skip_name(tokens, index)
    table = tokens[start:index]
    if not table:
        return None
    if alters:
        return table, index, len(tokens), True
    if words[index : index + 2] == ["partition", "of"]:
        index = _skip_name(tokens, index + 2)
    elif words[index : index + 1] == ["of"]:
        index = _skip_name(tokens, index + 1)
    end = _find_closing(tokens, index)
    return None if end is None else (table, index + 1, end, False)


def _skip_name(tokens: Sequence[Token], index: int) -> int:
    """The index behind a dotted name."""
    while index < len(tokens) and tokens[index].kind in NAME_KINDS:
        index += 1
        if index >= len(tokens) or tokens[index].value != ".":
            break
        index += 1
    return index


def _find_closing(tokens: Sequence[Token], index: int) -> int | None:
    """The index of the parenthesis that closes the one at `index`; None when there is none."""
    depth = 0
    for place in range(index, len(tokens)):
        token = tokens[place]
        if token.kind == "punctuation":
            depth += (token.value == "(") - (token.value == ")")
        if depth == 0:
            return place if place > index else None
    return None


def _find_clauses(
    element: Sequence[Token], alters: bool, called: Mapping[str, Relation]
) -> Iterator[_Clause]:
    """The foreign keys that one element of a list says.

    Args:
        element: its tokens.
        alters: whether it is an action of ALTER TABLE.
        called: what names without a schema mean.
    """
    words = [token.value if token.kind == "word" else "" for token in element]
    begin = 0
    if alters:
        if words[:1] != ["add"]:
            return
        begin = 1
        if words[1:2] not in (["constraint"], ["foreign"]):
            while words[begin : begin + 1] and words[begin] in ("column", "if", "not", "exists"):
                begin += 1
    of_table = bool(words[begin : begin + 1]) and words[begin] in _KINDS
    depth = 0
    for index, token in enumerate(element):
        if token.kind == "punctuation":
            depth += (token.value == "(") - (token.value == ")")
        if depth or words[index] != "references" or index == begin:
            continue
        end = _skip_name(element, index + 1)
        names = element[index + 1 : end]
        target = called.get(names[0].value) if len(names) == 1 else None
        if len(names) == 3:
            target = Relation(names[0].value, names[2].value)
        if target is None:
            continue
        if of_table:
            named = _spell(element[begin + 1]) if words[begin] == "constraint" else None
            first = begin + (2 if named else 0)
            columns = tuple(each.value for each in element[first:index] if each.kind in NAME_KINDS)[
                2:
            ]
            yield _Clause(begin, len(element) - 1, target, columns, named)
            return
        is_named = index > 2 and words[index - 2] == "constraint"
        named = _spell(element[index - 1]) if is_named else None
        column = _spell(element[begin])
        last = _find_end(element, words, end)
        yield _Clause(index, last, target, (element[begin].value,), named, column)


def _spell(token: Token) -> str:
    if token.kind == "word":
        return token.value
    return '"' + token.value.replace('"', '""') + '"'


def _find_end(element: Sequence[Token], words: Sequence[str], index: int) -> int:
    """The last token of a column's REFERENCES clause; `index` is behind the table's name."""
    if index < len(element) and element[index].value == "(":
        index = (_find_closing(element, index) or index) + 1
    while index < len(element):
        following = words[index + 1 : index + 2]
        if words[index] == "match" or words[index] == "initially":
            index += 2
        elif words[index] == "on" and following in (["delete"], ["update"]):
            index += 4 if words[index + 2] in ("set", "no") else 3
            if index < len(element) and element[index].value == "(":
                index = (_find_closing(element, index) or index) + 1
        elif words[index] in ("deferrable", "enforced"):
            index += 1
        elif words[index] == "not" and following in (["deferrable"], ["enforced"]):
            index += 2
        else:
            break
    return index - 1
