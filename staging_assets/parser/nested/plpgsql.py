"""The SQL in a PL/pgSQL body: what Postgres plans only when it comes to it, and its variables.

It follows the language by its keywords, as far as they say where SQL begins and ends. A body in
which that is not plain is not read at all: nothing is said of it then.
"""

from __future__ import annotations

from collections.abc import Collection

from staging_assets.parser.lexer.tokens import LexicalError, tokenize
from staging_assets.parser.nested.planned_sql import Block, Part, find_into

_QUERIES = frozenset(("select", "insert", "update", "delete", "merge", "with", "values", "table"))
_PASSED_OVER = frozenset(
    """raise execute get fetch move close null commit rollback call set reset do lock create drop
    alter truncate copy analyze grant revoke comment refresh reindex notify listen unlisten vacuum
    cluster prepare deallocate discard show import security explain start savepoint release
    """.split()  # noqa: SIM905
)
_CURSORS = (["cursor"], ["scroll", "cursor"], ["no", "scroll", "cursor"])
_TYPE_ENDS = frozenset(("not", "default", ":=", "=", "collate"))


class _UnreadError(Exception):
    """The body is not plain."""


def read_block(text: str, variables: dict[str, str | None]) -> Block | None:
    """Read the body of a function; None when it is not plain where its SQL begins and ends.

    Args:
        text: the body.
        variables: its parameters, and others that are there without being declared.
    """
    try:
        return _Reader(text, variables).read()
    except (LexicalError, _UnreadError, IndexError):
        return None


class _Reader:
    def __init__(self, text: str, variables: dict[str, str | None]) -> None:
        self.text, self.tokens = text, tokenize(text)
        self.block = Block(variables=dict(variables))
        self.open: list[tuple[str, int]] = []  # what is open, and how many parts were before it
        self.handling: list[int] = []  # how much was open where each handler began

    def read(self) -> Block:
        index = 0
        while index < len(self.tokens):
            index = self.read_statement(index)
        if self.open:
            raise _UnreadError
        return self.block

    def word(self, index: int) -> str:
        """The keyword or mark at a place; empty for a string, a quoted name and the end."""
        token = self.tokens[index] if index < len(self.tokens) else None
        marks = ("word", "punctuation", "operator")
        return token.value if token is not None and token.kind in marks else ""

    def read_statement(self, index: int) -> int:  # noqa: PLR0911, PLR0912 - one way for each kind
        """Read what begins at a token; return where the next begins."""
        word = self.word(index)
        if word == ";":
            return index + 1
        if word == "#":  # #variable_conflict use_column
            return index + 3
        if word == "<<":
            self.block.labels.add(self.tokens[index + 1].value)
            return index + 3
        if word == "declare":
            return self.read_declarations(index + 1)
        if word in ("begin", "loop"):
            self.open.append((word, len(self.block.parts)))
            return index + 1
        if word == "exception" and self.open and self.open[-1][0] == "begin":
            for part in self.block.parts[self.open[-1][1] :]:
                part.guarded = True
            self.handling.append(len(self.open))
            return index + 1
        if word in ("if", "elsif", "elseif", "while"):
            if word == "if":
                self.open.append(("if", 0))
            end = self.find(index + 1, ("loop",) if word == "while" else ("then",))
            self.add(index + 1, end, "select ")
            return end + (word != "while")
        if word in ("case", "when"):
            return self.read_case(index, word)
        if word == "else":
            return index + 1
        if word == "end":
            if self.handling and self.handling[-1] == len(self.open):
                self.handling.pop()
            self.open.pop()
            return self.find_end(index) + 1
        if word in ("for", "foreach"):
            return self.read_loop(index)
        return self.read_simple(index, word)

    def read_case(self, index: int, word: str) -> int:
        if word == "case":
            self.open.append(("case", 0))
            end = self.find(index + 1, ("when",))
            if end > index + 1:
                self.add(index + 1, end, "select ")
            return end
        end = self.find(index + 1, ("then",))
        if not self.handling or self.handling[-1] != len(self.open):
            self.add(index + 1, end, "select ")
        return end + 1

    def read_simple(self, index: int, word: str) -> int:
        """Read a statement that ends with a semicolon."""
        end = self.find_end(index)
        after = self.word(index + 1)
        if word in _QUERIES or word == "(":
            self.add(index, end, "")
        elif word in ("perform", "assert"):
            self.add(index + 1, end, "select ")
        elif word == "return":
            if after == "query":
                if self.word(index + 2) != "execute":
                    self.add(index + 2, end, "")
            else:
                self.add(index + 1 + (after == "next"), end, "select ")
        elif word in ("exit", "continue"):
            begin = self.find(index + 1, ("when",), end)
            self.add(begin + 1, end, "select ")
        elif word == "open":
            begin = self.find(index + 1, ("for",), end)
            if self.word(begin + 1) != "execute":
                self.add(begin + 1, end, "")
        elif word not in _PASSED_OVER:
            begin = self.find(index + 1, (":=", "="), end)
            if begin == end:
                raise _UnreadError
            self.add(begin + 1, end, "select ")
        return end + 1

    def read_loop(self, index: int) -> int:
        """Read FOR and FOREACH up to LOOP."""
        begin = self.find(index + 1, ("in",)) + 1
        end = self.find(begin, ("loop",))
        begin += self.word(begin) in ("reverse", "array")
        middle = self.find(begin, ("..",), end)
        if middle < end:
            by = self.find(middle + 1, ("by",), end)
            for first, last in ((begin, middle), (middle + 1, by), (by + 1, end)):
                self.add(first, last, "select ")
            self.declare(self.tokens[index + 1].value, "integer")
        elif self.word(index) == "foreach":
            self.add(begin, end, "select ")
        elif self.word(begin) in _QUERIES or self.word(begin) == "(":
            self.add(begin, end, "")
        else:  # a cursor, for which the loop has a record of its own, or EXECUTE
            self.declare(self.tokens[index + 1].value, None)
        return end

    def read_declarations(self, index: int) -> int:
        while self.word(index) != "begin":
            if self.word(index) == "declare":
                index += 1
                continue
            end = self.find_end(index)
            self.read_declaration(index, end)
            index = end + 1
        return index

    def read_declaration(self, index: int, end: int) -> None:
        name = self.tokens[index].value
        words = [self.word(at) for at in range(index + 1, min(index + 4, end))]
        if words[:1] == ["alias"]:
            self.declare(name, self.block.variables.get(self.tokens[index + 3].value))
        elif any(words[: len(kind)] == kind for kind in _CURSORS):
            self.declare(name, None)
            begin = self.find(index + 1, ("for", "is"), end)
            if self.word(begin - 1) != ")":  # it has no parameters of its own
                self.add(begin + 1, end, "")
        else:
            first = index + 1 + (words[:1] == ["constant"])
            last = next((i for i in range(first, end) if self.word(i) in _TYPE_ENDS), end)
            self.declare(name, self.read_type(first, last))
            begin = self.find(last, (":=", "=", "default"), end)
            self.add(begin + 1, end, "select ")

    def read_type(self, first: int, last: int) -> str | None:
        """The type that some tokens spell; None for a record."""
        if last <= first:
            raise _UnreadError
        ending = [self.word(last - 2), self.word(last - 1)] if last - first > 2 else []
        if ending[:1] == ["%"] and last - first == 3:
            name = self.tokens[first].value
            if ending[1] == "type":  # of a variable
                return self.block.variables.get(name)
            last -= 2
        elif ending == ["%", "rowtype"]:
            last -= 2
        text = self.text[self.tokens[first].start : self.tokens[last - 1].end]
        return None if text.lower() == "record" else text

    def declare(self, name: str, kind: str | None) -> None:
        """Note a variable; of two of one name, that have other types, none is known."""
        known = self.block.variables
        known[name] = kind if known.get(name, kind) == kind else None

    def find(self, index: int, stops: Collection[str], end: int | None = None) -> int:
        """The first of some words or marks that is in no parentheses and no CASE expression.

        Returns `end` where there is none before it; without one, raises _UnreadError.
        """
        depth = cases = 0
        for at in range(index, len(self.tokens) if end is None else end):
            word = self.word(at)
            if not depth and not cases and word in stops:
                return at
            depth += (word in ("(", "[")) - (word in (")", "]"))
            cases += (word == "case") - (word == "end" and cases > 0)
        if end is None:
            raise _UnreadError
        return end

    def find_end(self, index: int) -> int:
        """The semicolon at or after a token, or the end of the body."""
        rest = range(index, len(self.tokens))
        return next((at for at in rest if self.word(at) == ";"), len(self.tokens))

    def add(self, first: int, last: int, lead: str) -> None:
        """Note the SQL from one token to another; none where there are none."""
        if last <= first:
            return
        tokens = self.tokens[first:last]
        start, end = tokens[0].start, tokens[-1].end
        text = self.text[start:end]
        into = find_into(tokens)
        if into is not None:
            a, b = into[0] - start, into[1] - start
            text = f"{text[:a]}{' ' * (b - a)}{text[b:]}"
            tokens = [t for t in tokens if not into[0] <= t.start < into[1]]
        self.block.parts.append(Part(start, text, lead, tokens=tokens))
