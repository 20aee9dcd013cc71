"""Where names in a body come from: variables that are executed or looked up, and their values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from staging_assets.parser.lexer.tokens import NAME_KINDS, TEXT_KINDS, Token
from staging_assets.parser.strings.contexts import Contexts

_BOUNDS = frozenset((";", "begin", "then", "else", "loop", "declare", "exception"))
_ENDS_EXECUTE = frozenset((";", "using", "into", "loop"))
_BEGINS_STATEMENT = frozenset(
    """alter assert call case close continue create delete drop elseif elsif execute exit fetch get
    if insert merge move open perform raise return select set truncate update values when while
    with""".split()  # noqa: SIM905
)
_ENDS_INTO = frozenset(
    """cross end from full group having inner join left limit natural on order returning right
    union where window""".split()  # noqa: SIM905
)


@dataclass(frozen=True)
class Assignment:
    """A statement of PL/pgSQL that gives variables a value.

    Args:
        targets: the variables.
        start, end: the tokens that the value is made of; the end is not included.
    """

    targets: frozenset[str]
    start: int
    end: int


class Flow:
    """Which variables of a piece are used as names.

    Args:
        tokens: of the piece.
        contexts: of the same tokens.
        code: whether they are the body of a PL/pgSQL block.
    """

    def __init__(self, tokens: Sequence[Token], contexts: Contexts, *, code: bool) -> None:
        self.tokens, self.contexts, self.groups = tokens, contexts, contexts.groups
        self.executed = list(self._find_executed()) if code else []
        self.assignments = list(self._find_assignments()) if code else []
        self.variables = self._find_variables()

    def find_assigned(self) -> Iterator[int]:
        """The literals that are the value, or a part of the value, of a variable used as a name."""
        for assignment in self.assignments:
            if assignment.targets & self.variables:
                for index in range(assignment.start, assignment.end):
                    if self.tokens[index].kind in TEXT_KINDS and self._flows(index, assignment):
                        yield index

    def _find_variables(self) -> set[str]:
        found: set[str] = set()
        executed = {i for start, end in self.executed for i in range(start, end)}
        for index, token in enumerate(self.tokens):
            if not self._is_variable(index):
                continue
            used = index in executed and not self.contexts.is_data(index)
            if used or self.contexts.find(index) is not None:
                found |= self._names(index)
            elif token.value.startswith("reg") and self.contexts.is_declared(index):
                found.add(self.tokens[index - 1].value)
        size = -1
        while size != len(found):
            size = len(found)
            for assignment in self.assignments:
                if assignment.targets & found:
                    for index in range(assignment.start, assignment.end):
                        if self._is_variable(index) and self._flows(index, assignment):
                            found |= self._names(index)
        return found

    def _is_variable(self, index: int) -> bool:
        token = self.tokens[index]
        if token.kind == "parameter":
            return True
        value = self.groups.value
        return token.kind in NAME_KINDS and value(index + 1) not in (".", "(")

    def _names(self, index: int) -> set[str]:
        """`x` of `x`; of `r.x`, both: a record's field, or a variable with its block's name."""
        return {self.tokens[self.groups.find_start(index)].value, self.tokens[index].value}

    def _flows(self, index: int, assignment: Assignment) -> bool:
        """Whether a token is a part of the value, and not of a condition on the way to it."""
        return self.contexts.is_part_of_value(index, assignment.start, assignment.end)

    def _find_executed(self) -> Iterator[tuple[int, int]]:
        """What is executed as SQL; `execute function` of a trigger is something else."""
        value, depth = self.groups.value, self.groups.openings
        for index, token in enumerate(self.tokens):
            if token.kind != "word" or token.value != "execute":
                continue
            if value(index + 1) in ("function", "procedure", "."):
                continue
            end = index + 1
            while end < len(self.tokens) and not (
                value(end) in _ENDS_EXECUTE and depth[end] == depth[index]
            ):
                end += 1
            yield index + 1, end

    def _find_assignments(self) -> Iterator[Assignment]:
        start = cases = 0
        for index, token in enumerate(self.tokens):
            if token.kind not in ("word", "punctuation"):
                continue
            if token.value == "case":
                cases += 1
            elif token.value == "end" and cases:
                cases -= 1
            elif token.value == ";" or (token.value in _BOUNDS and not cases):
                cases = 0
                yield from self._read(start, index)
                start = index + 1
        yield from self._read(start, len(self.tokens))

    def _read(self, start: int, end: int) -> Iterator[Assignment]:
        """The assignments of one statement."""
        value = self.groups.value
        if value(start) in ("for", "foreach"):
            into = next((i for i in range(start, end) if value(i) == "in"), end)
            names = {value(i) for i in range(start + 1, into) if self.groups.is_name(i)}
            yield Assignment(frozenset(names), into + 1, end)
            return
        keyword = value(start) in _BEGINS_STATEMENT
        outer = self.groups.openings[start] if start < len(self.tokens) else -1
        for index in range(start, end):
            here = self.groups.openings[index] == outer
            if here and value(index) in (":=", "=", "default") and not keyword:
                # x := ..., r.x := ..., x[1] := ..., and x text := ... where it is declared
                yield Assignment(frozenset((value(start), value(index - 1))), index + 1, end)
                break
            if here and value(index) == "into":
                targets, stop = self._read_targets(index + 1, end)
                yield Assignment(targets, start, index)
                yield Assignment(targets, stop, end)
                break

    def _read_targets(self, index: int, end: int) -> tuple[frozenset[str], int]:
        targets: set[str] = set()
        while index < end and self.groups.value(index) not in _ENDS_INTO:
            if self.groups.is_name(index):
                targets.add(self.groups.value(index))
            index += 1
        return frozenset(targets), index
