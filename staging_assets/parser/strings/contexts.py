"""How a literal, or a variable, is used: as a name that is looked up, or as data."""

from __future__ import annotations

import re
from collections.abc import Sequence

from staging_assets.model import Relation
from staging_assets.parser.lexer.literals import read_literal
from staging_assets.parser.lexer.tokens import NAME_KINDS, TEXT_KINDS, Token
from staging_assets.parser.strings.catalog_columns import REGISTERED, find_compared
from staging_assets.parser.strings.groups import Groups
from staging_assets.parser.strings.naming import TRANSPARENT, NameKind, Naming

_PLACEHOLDER = re.compile(r"%(?:(\d+)\$)?-?\d*([sILt%])")
_CONDITIONS = frozenset(("=", "<>", "!=", "<", ">", "<=", ">=", "~", "~~", "like", "ilike", "in"))
_LISTS = frozenset(("in", "values"))
_ASSIGNMENTS = frozenset(("default", ":=", "="))


class Contexts:
    """The uses of the tokens of one piece of SQL.

    Args:
        tokens: of the piece.
        naming: what is known of the routines that it calls.

    `unknown` collects the routines of which nothing is known, though they are given a literal.
    """

    def __init__(self, tokens: Sequence[Token], naming: Naming) -> None:
        self.tokens, self.naming = tokens, naming
        self.groups = Groups(tokens)
        self.unknown: set[Relation] = set()

    def find(self, index: int) -> NameKind | None:
        """How a name is kept that the literal or identifier at `index` is; None for data."""
        start = self.groups.find_start(index)
        prefix = self.groups.value(start - 1) in REGISTERED  # regclass 'x'
        kind: NameKind | None = None
        if prefix and self.tokens[index].kind in TEXT_KINDS:
            kind = "oid"
        span: tuple[int, int] | None = start, index + 1
        while kind is None and span is not None:
            kind, span = self._look_at(index, *span)
        return kind

    def _look_at(
        self, index: int, start: int, end: int
    ) -> tuple[NameKind | None, tuple[int, int] | None]:
        """How an expression that the token decides is used, and the expression around it."""
        registered, end = self._skip_casts(end)
        if registered or self._is_assigned(start):
            return "oid", None
        compared = find_compared(self.groups, start, end)
        if compared:
            return ("oid" if compared == "oid" else "text"), None
        opening = self.groups.openings[start]
        call = self.groups.find_call(opening) if opening >= 0 else None
        if opening < 0 or (call is None and self._is_list(opening)):
            return None, None
        if call is not None and call[1] == "cast":
            return ("oid" if self._is_cast(opening) else None), None
        kind = None if call is None else self._find_argument(call, opening, start, index)
        through = call is None or self._passes(call[1], opening, start)
        return kind, (self._find_whole(opening) if through else None)

    def _is_list(self, opening: int) -> bool:
        """Whether it holds a query, a row, or what IN compares with: nothing that passes on."""
        value = self.groups.value
        if value(opening + 1) in ("select", "values", "with") or value(opening - 1) in _LISTS:
            return True
        return value(opening) == "(" and self.groups.count_members(opening) > 1

    def _passes(self, function: str, opening: int, start: int) -> bool:
        """Whether an argument of a function is (a part of) what it gives back."""
        if function == "format" and self.groups.members[start]:
            return self._find_placeholder(opening, start)[0] != "L"
        return function in TRANSPARENT

    def _find_whole(self, opening: int) -> tuple[int, int]:
        """The call, array or parenthesis that begins with an opening."""
        start = opening
        named = self.groups.find_call(opening) is not None
        if named or self.groups.value(opening - 1) in ("array", "row", "any", "all", "some"):
            start = self.groups.find_start(opening - 1)
        return start, self.groups.closings.get(opening, len(self.tokens) - 1) + 1

    def _skip_casts(self, end: int) -> tuple[bool, int]:
        """Whether `::regclass` or its like follows, and where the casts end."""
        value = self.groups.value
        while value(end) == "::":
            end += 3 if value(end + 2) == "." else 1
            if value(end) in REGISTERED:
                return True, end
            end += 1
            while value(end) == "[" and value(end + 1) == "]":
                end += 2
        return False, end

    def _is_cast(self, opening: int) -> bool:
        closing = self.groups.closings.get(opening, 0)
        return any(self.groups.value(i) in REGISTERED for i in range(closing - 3, closing))

    def _is_assigned(self, start: int) -> bool:
        """Whether it is the default, or the first value, of something of such a type."""
        if self.groups.value(start - 1) not in _ASSIGNMENTS:
            return False
        back = start - 2
        while self.groups.value(back) in ("null", "not", "]", "["):
            back -= 1
        return self.groups.value(back) in REGISTERED and self.groups.value(back - 1) != "::"

    def _find_argument(
        self, call: tuple[str | None, str], opening: int, start: int, index: int
    ) -> NameKind | None:
        """How a routine takes the argument that begins at `start`."""
        schema, name = call
        if name == "format" and schema in (None, "pg_catalog"):
            sort, follows = self._find_placeholder(opening, start)
            if sort == "I" or (sort == "s" and follows == ".") or (sort == "L" and follows == ":"):
                return "text"
            return None
        member = self.groups.members[start]
        first, _ = self.groups.find_member(opening, member)
        named = self.groups.value(first + 1) in ("=>", ":=") and self.groups.is_name(first)
        routine = self.naming.find(schema, name)
        if routine is not None and self.groups.count_members(opening) >= routine.least:
            return routine.find(member, self.groups.value(first) if named else None)
        if self.tokens[index].kind in TEXT_KINDS and not self.naming.knows(schema, name):
            self.unknown.add(Relation(schema or "", name))
        return None

    def _find_placeholder(self, opening: int, start: int) -> tuple[str, str]:
        """The letter of the placeholder of format() that an argument fills, and what follows it."""
        first, end = self.groups.find_member(opening, 0)
        if end <= first or self.tokens[first].kind not in TEXT_KINDS:
            return "s", ""
        text = read_literal(self.tokens[first]).value
        position = 0
        for found in _PLACEHOLDER.finditer(text):
            if found[2] == "%":
                continue
            position = int(found[1]) if found[1] else position + 1
            if position == self.groups.members[start]:
                follows = text[found.end() : found.end() + 5]
                return found[2], ":" if follows == "::reg" else follows[:1]
        return "", ""

    def is_argument(self, index: int) -> bool:
        """Whether a token is in the parentheses of a function, which may look it up."""
        opening = self.groups.openings[index]
        while opening >= 0:
            call = self.groups.find_call(opening)
            if call is not None and call[1] not in TRANSPARENT:
                return True
            opening = self.groups.openings[opening]
        return False

    def is_data(self, index: int) -> bool:
        """Whether a literal in SQL that is put together comes out as a literal: it is data."""
        opening = self.groups.openings[index]
        while opening >= 0:
            call = self.groups.find_call(opening)
            if call is not None and call[1] in ("quote_literal", "quote_nullable"):
                return True
            if call is not None and call[1] == "format" and self.groups.members[index] > 0:
                sort, follows = self._find_placeholder(opening, index)
                if sort == "L":
                    return follows != ":"
            index, opening = opening, self.groups.openings[opening]
        return False

    def is_declared(self, index: int) -> bool:
        """Whether a variable's declaration has its type at `index`, and the type looks names up."""
        before = self.tokens[index - 1] if index else None
        registered = self.groups.value(index) in REGISTERED
        return registered and before is not None and before.kind in NAME_KINDS

    def is_part_of_value(self, index: int, first: int, last: int) -> bool:
        """Whether a token is (a part of) the value of the expression from `first` up to `last`."""
        start, end = self.groups.find_start(index), index + 1
        value = self.groups.value
        while True:
            _, end = self._skip_casts(end)
            before = value(start - 1) if start > first else ""
            after = value(end) if end < last else ""
            if before in _CONDITIONS or after in _CONDITIONS or before == "when":
                return False
            opening = self.groups.openings[start]
            if opening < first:
                return True
            call = self.groups.find_call(opening)
            quoted = call is not None and call[1] == "quote_ident"
            if call is not None and not quoted and not self._passes(call[1], opening, start):
                return False
            start, end = self._find_whole(opening)
