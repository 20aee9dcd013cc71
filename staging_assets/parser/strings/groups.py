"""Parentheses: what each token is in, and as which of a list's members."""

from __future__ import annotations

from collections.abc import Sequence

from staging_assets.parser.lexer.tokens import NAME_KINDS, Token

_NOT_CALLED = frozenset(
    """all and any as between by check default distinct else enum except exists filter from group
    having if ilike in intersect into is join lateral like limit not on options or order over
    partition range returning row select set similar some table then union using values when
    where with within""".split()  # noqa: SIM905
)

_NAMES_OBJECT = frozenset(("as", "exists", "into", "references", "table", "with"))


class Groups:
    """The parentheses and brackets of a piece of SQL.

    Args:
        openings: token to the opening that it is in; -1 at the top.
        members: token to how many commas stand before it in its parentheses.
        statements: token to the first token of its statement.
        catalogs: first token of a statement to whether it reads the catalog, once that was asked.
        closings: opening to its closing; `starts` is the other way round.
    """

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.openings: list[int] = []
        self.members: list[int] = []
        self.closings: dict[int, int] = {}
        self.starts: dict[int, int] = {}
        self.statements: list[int] = []
        self.catalogs: dict[int, bool] = {}
        first = 0
        stack, counts = [-1], [0]
        for index, token in enumerate(tokens):
            mark = token.value if token.kind == "punctuation" else ""
            if mark in (")", "]") and len(stack) > 1:
                self.starts[index] = stack.pop()
                self.closings[self.starts[index]] = index
                counts.pop()
            self.openings.append(stack[-1])
            self.members.append(counts[-1])
            self.statements.append(first)
            if mark in ("(", "["):
                stack.append(index)
                counts.append(0)
            elif mark == ",":
                counts[-1] += 1
            elif mark == ";":
                stack, counts = [-1], [0]
                first = index + 1

    def value(self, index: int) -> str:
        """What stands there; empty past the ends."""
        return self.tokens[index].value if 0 <= index < len(self.tokens) else ""

    def is_name(self, index: int) -> bool:
        """Whether an identifier or keyword stands there."""
        return 0 <= index < len(self.tokens) and self.tokens[index].kind in NAME_KINDS

    def find_start(self, index: int) -> int:
        """Where the dotted name begins that ends at `index`."""
        while self.value(index - 1) == "." and self.is_name(index - 2):
            index -= 2
        return index

    def find_call(self, opening: int) -> tuple[str | None, str] | None:
        """Schema and name of the function that an opening belongs to; None when it is none."""
        index = opening - 1
        if self.value(opening) != "(" or not self.is_name(index):
            return None
        name = self.tokens[index]
        if name.kind == "word" and name.value in _NOT_CALLED:
            return None
        start = self.find_start(index)
        if self.value(start - 1) in _NAMES_OBJECT:
            return None
        schema = index > 1 and self.value(index - 1) == "." and self.is_name(index - 2)
        return (self.tokens[index - 2].value if schema else None), name.value

    def count_members(self, opening: int) -> int:
        """How many members a list has."""
        closing = self.closings.get(opening, len(self.tokens))
        if closing == opening + 1:
            return 0
        inside = (i for i in range(opening + 1, closing) if self.openings[i] == opening)
        return 1 + sum(self.tokens[i].value == "," for i in inside)

    def find_member(self, opening: int, member: int) -> tuple[int, int]:
        """Where a member of a list begins and ends, its end not included."""
        closing = self.closings.get(opening, len(self.tokens))
        places = [
            i
            for i in range(opening + 1, closing)
            if self.openings[i] == opening and self.members[i] == member
        ]
        if not places:
            return opening + 1, opening + 1
        start = places[0] + (self.tokens[places[0]].value == ",")
        end = next((i for i in range(start, closing) if self._ends(i, opening)), closing)
        return start, end

    def _ends(self, index: int, opening: int) -> bool:
        return self.openings[index] == opening and self.tokens[index].value == ","
