"""SQL that a PL/pgSQL body plans when it comes to it, and the variables that are there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from staging_assets.parser.lexer.tokens import NAME_KINDS, Token


@dataclass
class Part:
    """One statement or expression, as it is planned.

    Args:
        start: where it stands in the body.
        text: from there on, with blanks for what is PL/pgSQL's own (INTO and its targets).
        lead: what makes an expression a query.
        guarded: whether a handler of exceptions may catch its failure.
        tokens: of its text.
    """

    start: int
    text: str
    lead: str
    guarded: bool = False
    tokens: Sequence[Token] = ()

    def find_place(self, offset: int) -> int:
        """Where in the body a 0-based offset into lead and text is."""
        return self.start + max(0, offset - len(self.lead))


@dataclass
class Block:
    """A body that was read.

    Args:
        parts: its SQL, in order.
        variables: name to type, as it is spelled; None where none is known, as for records.
        labels: of blocks and loops, by which variables may be qualified.
    """

    parts: list[Part] = field(default_factory=list)
    variables: dict[str, str | None] = field(default_factory=dict)
    labels: set[str] = field(default_factory=set)

    def find_plain(self, hidden: Collection[str] = ()) -> list[Part]:
        """The parts that name no variable of unknown type, and none by a label.

        Args:
            hidden: more names by which variables may be qualified: that of the function.
        """
        unknown = {name for name, kind in self.variables.items() if kind is None}
        labels = {*self.labels, *hidden}
        return [part for part in self.parts if not _names(part.tokens, unknown, labels)]


def find_into(tokens: Sequence[Token]) -> tuple[int, int] | None:
    """Where INTO and its targets stand, from their first character to the one after the last."""
    depth = 0
    for index, token in enumerate(tokens):
        if token.kind == "punctuation":
            depth += (token.value in "([") - (token.value in ")]")
        elif token.kind == "word" and token.value == "into" and not depth:
            if index and tokens[index - 1].value in ("insert", "merge"):
                continue
            last = index + (tokens[index + 1].value == "strict") + 1
            while last + 1 < len(tokens) and tokens[last + 1].value in (".", ",", "["):
                if tokens[last + 1].value == "[":
                    last = next(i for i in range(last, len(tokens)) if tokens[i].value == "]")
                else:
                    last += 2
            return token.start, tokens[last].end
    return None


def _names(tokens: Sequence[Token], unknown: Collection[str], labels: Collection[str]) -> bool:
    """Whether a variable of unknown type, or one by a label, is among names."""
    for index, token in enumerate(tokens):
        if token.kind == "parameter" and any(name.startswith("$") for name in unknown):
            return True
        if token.kind not in NAME_KINDS or (index and tokens[index - 1].value == "."):
            continue
        if token.value in unknown:
            return True
        dotted = index + 1 < len(tokens) and tokens[index + 1].value == "."
        if dotted and token.value in labels:
            return True
    return False
