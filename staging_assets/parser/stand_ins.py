"""Point a CREATE script's foreign keys at stand-ins.

To make a foreign key, and worse to drop one, Postgres locks the referenced table: dropping takes
a lock that shuts out its readers. A shadow table is made with its keys only to read their
definitions and take them off again, so its foreign keys are made against an empty stand-in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from staging_assets.model import Relation
from staging_assets.parser.lexer.positions import SentText
from staging_assets.parser.lexer.tokens import NAME_KINDS, Token, tokenize


@dataclass(frozen=True)
class Redirected:
    """A rewritten text in which some names were replaced after that.

    Args:
        text: what is sent.
        before: what it was made from.
        edits: start and end in the new text, and start and end in the text before, in order.
    """

    text: str
    before: SentText
    edits: tuple[tuple[int, int, int, int], ...]

    def source_offset(self, offset: int) -> int:
        """Turn an offset in this text into one in the script's."""
        shift = 0
        for start, end, old_start, old_end in self.edits:
            if offset < start:
                break
            if offset < end:
                return self.before.source_offset(old_start)
            shift = old_end - end
        return self.before.source_offset(offset + shift)


class Reference(NamedTuple):
    """A referenced table, and where its name begins and ends."""

    relation: Relation
    start: int
    end: int


def find_referenced(text: str) -> list[Reference]:
    """The tables that REFERENCES clauses name in full, outside strings and function bodies."""
    if "references" not in text.lower():
        return []
    found = []
    tokens = tokenize(text)
    for index, token in enumerate(tokens):
        if token.kind == "word" and token.value == "references":
            names = tokens[index + 1 : index + 4]
            if len(names) == 3 and _is_qualified(names):
                relation = Relation(names[0].value, names[2].value)
                found.append(Reference(relation, names[0].start, names[2].end))
    return found


def redirect_references(
    rewritten: SentText, found: Iterable[Reference], stands: Mapping[Relation, str]
) -> SentText:
    """Replace the referenced tables that have a stand-in.

    Args:
        rewritten: a CREATE script on its way to the server.
        found: what `find_referenced` found in its text.
        stands: referenced table to the name of its stand-in, as SQL spells it.
    """
    spans = [(start, end, stands[name]) for name, start, end in found if name in stands]
    return replace_spans(rewritten, spans)


def replace_spans(rewritten: SentText, spans: Iterable[tuple[int, int, str]]) -> SentText:
    """Replace parts of a text on its way to the server.

    Args:
        spans: start, end (0-based, in characters) and the new text, in order, not overlapping.
    """
    parts: list[str] = []
    edits = []
    done = length = 0
    for start, end, new in spans:
        parts += [rewritten.text[done:start], new]
        length += start - done
        edits.append((length, length + len(new), start, end))
        length += len(new)
        done = end
    if not edits:
        return rewritten
    text = "".join([*parts, rewritten.text[done:]])
    return Redirected(text, rewritten, tuple(edits))


def _is_qualified(names: list[Token]) -> bool:
    return names[0].kind in NAME_KINDS and names[1].value == "." and names[2].kind in NAME_KINDS
