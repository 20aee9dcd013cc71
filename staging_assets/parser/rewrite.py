"""From `staging` in the scripts to the schema that is built.

Everything that means the schema is replaced: identifiers in any spelling, the bodies of
functions and DO blocks, strings that name a relation, dynamic SQL, `search_path`. Comments, data
and names that merely look like it are left alone. Places in the new text can be traced back.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import NamedTuple

from staging_assets.model import STAGING
from staging_assets.parser.lexer.literals import Literal, read_literal
from staging_assets.parser.lexer.quoting import quote_name
from staging_assets.parser.lexer.tokens import TEXT_KINDS, LexicalError, Token
from staging_assets.parser.names.tree import BODIES, Fragment, compose
from staging_assets.parser.schema_literals import find_schema_literals
from staging_assets.parser.statements import read_statements


@dataclass(frozen=True)
class Rewritten:
    """A script's text on its way to the server."""

    text: str

    def source_offset(self, offset: int) -> int:
        """The offset in the script of a 0-based character offset into `text`."""
        return offset


class Edit(NamedTuple):
    """Replace what stands from `start` to `end` in the script."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class _Edited(Rewritten):
    """`starts` are where each edit begins in `text`, in order."""

    starts: tuple[int, ...]
    edits: tuple[Edit, ...]

    def source_offset(self, offset: int) -> int:
        index = bisect.bisect_right(self.starts, offset) - 1
        if index < 0:
            return offset
        start, end, text = self.edits[index]
        beyond = offset - self.starts[index] - len(text)
        return end + beyond if beyond >= 0 else start


_Escape = Callable[[str], str]
_Place = Callable[[int], int]
_LISTED_NAME = re.compile(r"""(?<![\w$".])(?:"staging"|staging)(?![\w$".])""", re.IGNORECASE)


def rewrite(
    text: str, *, schema: str, shadow: str | None = None, own: Collection[str] = ()
) -> Rewritten:
    """Send everything in a script that means schema `staging` to `schema`.

    Args:
        text: the script.
        schema: name of the schema as it is, not quoted; any name is safe.
        shadow: schema for the relations in `own`; None sends them to `schema` too.
        own: names of relations, as Postgres folds them, that live in `shadow`.

    What the body of a function names goes to `schema` in any case: it runs when the shadow
    is gone. A text that cannot be read as SQL is left as it is, for the server to judge.
    """
    if (schema == STAGING and shadow is None) or not _may_name(text):
        return Rewritten(text)
    try:
        statements = read_statements(text)
    except LexicalError:
        return Rewritten(text)
    editor = _Editor(text, schema, shadow, frozenset(own) if shadow is not None else frozenset())
    for statement in statements:
        editor.edit(statement.piece, lambda offset: offset, lambda name: name, False)
    return apply_edits(text, editor.edits)


def apply_edits(text: str, edits: Collection[Edit]) -> Rewritten:
    """The text with the edits made; of two that overlap, the first."""
    parts: list[str] = []
    starts: list[int] = []
    position = length = 0
    made: list[Edit] = []
    for edit in sorted(set(edits)):
        start, end, new = edit
        if start < position:
            continue  # within one that is made
        made.append(edit)
        parts += (text[position:start], new)
        length += start - position
        starts.append(length)
        length += len(new)
        position = end
    parts.append(text[position:])
    return _Edited("".join(parts), tuple(starts), tuple(made)) if made else Rewritten(text)


def _may_name(text: str) -> bool:
    lowered = text.lower()
    return STAGING in lowered or 'u&"' in lowered


class _Editor:
    def __init__(self, text: str, schema: str, shadow: str | None, own: frozenset[str]) -> None:
        self.schema, self.shadow, self.own = schema, shadow, own
        self.edits: list[Edit] = []
        self.used: tuple[str, ...] = (
            text,
            quote_name(schema),
            quote_name(shadow or ""),
        )  # no new tag is in these
        self.tags = 0

    def target(self, name: str | None, lasting: bool) -> str:
        """The schema for `staging.<name>`, quoted."""
        if self.shadow is not None and not lasting and name in self.own:
            return quote_name(self.shadow)
        return quote_name(self.schema)

    def edit(self, piece: Fragment, outside: _Place, escape: _Escape, lasting: bool) -> None:
        """Collect the edits of a piece, whose offsets `outside` turns into the script's."""
        lasting = lasting or piece.kind in BODIES
        for name in piece.names.found:
            token = name.name if name.role == "schema" else name.schema
            if token is None:
                continue
            if token.kind in TEXT_KINDS:
                self.edit_names(read_literal(token), token, outside, escape, bare=True)
            elif token.value == STAGING:
                whole = name.role in ("schema", "call", "define")
                new = self.target(None if whole else name.name.value, lasting)
                self.add(outside(token.start), outside(token.end), escape(new))
        for token, literal, spelled in piece.spelled:
            if spelled.schema == STAGING:
                inside = escape if piece.kind == "foreign" else within(escape, token)
                place = compose(outside, literal.outside)
                # A value that happens to be a table's name stays in the table for good.
                stays = lasting or not spelled.looked_up
                new = inside(self.target(spelled.name, stays))
                before = len(self.edits)
                self.add(place(spelled.start), place(spelled.end), new)
                if piece.kind != "foreign":  # there the token is the piece itself
                    self.reopen(token, before, outside, escape)
        for token, literal, bare in find_schema_literals(piece.tokens):
            self.edit_names(literal, token, outside, escape, bare=bare)
        for inner in piece.inner:
            assert inner.literal is not None and inner.token is not None
            before = len(self.edits)
            inside = within(escape, inner.token, formatted=inner.kind == "format")
            self.edit(inner, compose(outside, inner.literal.outside), inside, lasting)
            self.reopen(inner.token, before, outside, escape)

    def add(self, start: int, end: int, new: str) -> None:
        self.edits.append(Edit(start, end, new))

    def edit_names(
        self, literal: Literal, token: Token, outside: _Place, escape: _Escape, bare: bool = False
    ) -> None:
        """A literal that is the schema's name, or a list of such names (`search_path`)."""
        place, inside = compose(outside, literal.outside), within(escape, token)
        before = len(self.edits)
        for found in _LISTED_NAME.finditer(literal.value):
            new = self.schema if bare else quote_name(self.schema)
            self.add(place(found.start()), place(found.end()), inside(new))
        self.reopen(token, before, outside, escape)

    def reopen(self, token: Token, before: int, outside: _Place, escape: _Escape) -> None:
        """Give a dollar quote another tag when a name put into it would close it."""
        if token.kind != "dollar":
            return
        tag = token.value[: token.value.index("$", 1) + 1]
        if not any(tag in edit.text for edit in self.edits[before:]):
            return
        new = tag
        while any(new in text for text in self.used):
            self.tags += 1
            new = f"$q{self.tags}$"
        self.used = (*self.used, new)
        for start in (token.start, token.end - len(tag)):
            self.add(outside(start), outside(start + len(tag)), escape(new))


def within(escape: _Escape, token: Token, *, formatted: bool = False) -> _Escape:
    """How a name is spelled in a literal, itself in text that needs `escape`."""

    def quote(name: str) -> str:
        if formatted:
            name = name.replace("%", "%%")
        if token.kind in ("escaped", "unicode"):
            name = name.replace("\\", "\\\\")
        if token.kind != "dollar":
            name = name.replace("'", "''")
        return escape(name)

    return quote
