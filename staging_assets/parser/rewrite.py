"""From the schemas' names in the scripts to those in the database.

Everything that means the schema that is built is replaced, and what means `etl` where that is
called otherwise: identifiers in any spelling, the bodies of functions and DO blocks, strings that
name a relation, dynamic SQL, `search_path`. Comments, data and names that merely look like it are
left alone. Places in the new text can be traced back.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from staging_assets.model import Relation, SchemaNames
from staging_assets.parser.edits import Edit, Escape, Place, Rewritten, apply_edits, within
from staging_assets.parser.lexer.literals import Literal, read_literal
from staging_assets.parser.lexer.quoting import quote_name
from staging_assets.parser.lexer.tokens import TEXT_KINDS, LexicalError, Token
from staging_assets.parser.names.scope import Role
from staging_assets.parser.nested.code import looks_like_sql
from staging_assets.parser.nested.routines import read_naming
from staging_assets.parser.nested.strings import NamingLiteral, find_naming_literals, may_name
from staging_assets.parser.nested.tree import (
    BODIES,
    Fragment,
    compose,
    named_in_text,
    read_name,
    read_piece,
    tokenize_leniently,
)
from staging_assets.parser.search_path import PATHS, READING, find_path_edits, find_schema_word
from staging_assets.parser.statements import ReadStatement, read_statements
from staging_assets.parser.strings.naming import Naming

AskNaming = Callable[[Collection[Relation]], Naming]


def rewrite(
    text: str,
    schemas: SchemaNames,
    *,
    schema: str,
    shadow: str | None = None,
    own: Collection[str] = (),
    ask: AskNaming | None = None,
    kept: str | None = None,
    bare: bool = False,
    known: Collection[str] = (),
) -> Rewritten:
    """Send everything in a script that means the schema that is built to `schema`.

    Args:
        text: the script.
        schemas: what the script calls the schemas, and where `etl` is.
        schema: name of the schema as it is, not quoted; any name is safe.
        shadow: schema for the relations in `own`; None sends them to `schema` too.
        own: names of relations, as Postgres folds them, that live in `shadow`.
        ask: gives what is known of some routines made elsewhere, which may take names as
            arguments; it is called when one of them is given a literal that may be a name.
        kept: schema for the names that the server keeps as text, in defaults and views; None sends
            them to `schema`.
        bare: whether the script finds names of the schema by `search_path`; `shadow` then holds
            nothing else, and stands first in every path that the script sets.
        known: names of other tables of the schema, which keys may reference.

    Of a branch, what is not its own goes to the live schema, where it is read. What would write
    there goes to the branch all the same: there stands a view, which refuses.

    What the body of a function names goes to `schema` in any case: it runs when the shadow
    is gone. A text that cannot be read as SQL is left as it is, for the server to judge.
    """
    same = schemas.moved == {schema} and shadow is None and kept in (None, schema)
    spelled = bare or schemas.path or may_name(text, schemas, 'u&"')
    if (same and not schemas.live and not schemas.path) or not spelled:
        return Rewritten(text)
    try:
        statements = read_statements(text, schemas)
    except LexicalError:
        return Rewritten(text)
    editor = _Editor(text, schemas, schema, shadow)
    editor.own = frozenset(own) if shadow is not None else frozenset()
    editor.kept = schema if kept is None else kept
    editor.naming = _find_naming([each.piece for each in statements], ask)
    for statement in statements:
        editor.stores = _stores(statement)
        editor.edit(statement.piece, lambda offset: offset, lambda name: name, False)
        if bare or schemas.path or schemas.live:
            first = shadow if bare else None
            editor.edits += find_path_edits(statement, editor.own, first, schema, known)
    return apply_edits(text, editor.edits)


class _Editor:
    def __init__(self, text: str, schemas: SchemaNames, schema: str, shadow: str | None) -> None:
        self.schemas, self.schema, self.shadow = schemas, schema, shadow
        self.own: frozenset[str] = frozenset()
        self.edits: list[Edit] = []
        self.naming = Naming()
        self.stores = False
        self.kept = schema
        self.used: tuple[str, ...] = (
            text,
            quote_name(schema),
            quote_name(shadow or ""),
            quote_name(schemas.etl),
        )  # no new tag is in these
        self.tags = 0

    def target(
        self, schema: str, name: str | None, lasting: bool, role: Role | str = "read"
    ) -> str:
        """The schema for `<schema>.<name>` of the script, quoted."""
        if schema != self.schemas.staging:
            return quote_name(self.schemas.etl)
        if self.shadow is not None and not lasting and name in self.own:
            return quote_name(self.shadow)
        return quote_name(self.find_home(name, role))

    def find_home(self, name: str | None, role: Role | str) -> str:
        """The schema in which something that is in no shadow is meant."""
        if name is None or role not in READING:
            return self.schema
        return self.schemas.find_home(name, self.schema)

    def edit(self, piece: Fragment, outside: Place, escape: Escape, lasting: bool) -> None:
        """Collect the edits of a piece, whose offsets `outside` turns into the script's."""
        lasting = lasting or piece.kind in BODIES
        for name in piece.names.found:
            token = name.name if name.role == "schema" else name.schema
            if token is None:
                continue
            if token.kind in TEXT_KINDS:
                self.edit_names(read_literal(token), token, outside, escape, self.schema, bare=True)
                if name.kind in PATHS and read_literal(token).value == self.schemas.staging:
                    at = outside(token.end)
                    self.add(
                        at, at, escape(self.list_path(piece, token)[len(quote_name(self.schema)) :])
                    )
            elif token.value in self.schemas.moved:
                whole = name.role in ("schema", "call", "define")
                meant = None if whole else name.name.value
                new = self.target(token.value, meant, lasting, name.role)
                if whole and name.kind in PATHS and token.value == self.schemas.staging:
                    new = self.list_path(piece, token)
                self.add(outside(token.start), outside(token.end), escape(new))
        if piece.kind == "foreign":
            for _, literal, spelled in piece.spelled:
                place = compose(outside, literal.outside)
                new = escape(self.target(spelled.schema, spelled.name, True))
                self.add(place(spelled.start), place(spelled.end), new)
        for named in find_naming_literals(piece, self.naming):
            self.edit_literal(named, outside, escape, lasting)
        for inner in piece.inner:
            assert inner.literal is not None and inner.token is not None
            before = len(self.edits)
            inside = within(escape, inner.token, formatted=inner.kind == "format")
            self.edit(inner, compose(outside, inner.literal.outside), inside, lasting)
            self.reopen(inner.token, before, outside, escape)

    def list_path(self, piece: Fragment, token: Token) -> str:
        """What stands for the schema in a path: of a branch, the live one behind it."""
        listed = find_schema_word(piece.tokens, token) is None  # SET SCHEMA takes one alone
        names = [self.schema, *([self.schemas.live] if self.schemas.live and listed else [])]
        return ", ".join(map(quote_name, names))

    def add(self, start: int, end: int, new: str) -> None:
        self.edits.append(Edit(start, end, new))

    def edit_literal(
        self, named: NamingLiteral, outside: Place, escape: Escape, lasting: bool
    ) -> None:
        """A literal that is the name of a relation, or of the schema."""
        token, literal = named.token, read_literal(named.token)
        names = named_in_text(self.schemas)
        listed = literal.value.startswith("{") and names.search(literal.value) is None
        if named.kind == "path" or literal.value in self.schemas.moved or listed:
            kept = self.stores and not lasting and named.kind == "text"
            schema = self.kept if kept else self.schema
            self.edit_names(literal, token, outside, escape, schema, bare=named.kind == "text")
            return
        place = compose(outside, literal.outside)
        inside = within(escape, token, formatted=named.formatted)
        if looks_like_sql(literal.value):  # a routine executes it
            before = len(self.edits)
            piece = read_piece(tokenize_leniently(literal.value), self.schemas, "dynamic")
            self.edit(piece, place, inside, lasting)
            self.reopen(token, before, outside, escape)
            return
        # What is kept as text is looked up again when the shadow is gone.
        kept = self.stores and not lasting and named.kind == "text"
        before = len(self.edits)
        for found in names.finditer(literal.value):
            schema = read_name(found["schema"])
            target = self.target(schema, read_name(found["name"]), lasting)
            if kept and schema == self.schemas.staging:
                home = self.find_home(read_name(found["name"]), "read")
                target = quote_name(self.kept if home == self.schema else home)
            new = inside(target)
            self.add(place(found.start("schema")), place(found.end("schema")), new)
        self.reopen(token, before, outside, escape)

    def edit_names(
        self,
        literal: Literal,
        token: Token,
        outside: Place,
        escape: Escape,
        schema: str,
        *,
        bare: bool,
    ) -> None:
        """A literal that is the schema's name, or a list of such names (`search_path`)."""
        place, inside = compose(outside, literal.outside), within(escape, token)
        before = len(self.edits)
        for start, end, name in self.find_listed(literal.value, bare):
            target = schema if name == self.schemas.staging else self.schemas.etl
            new = target if bare else quote_name(target)
            if not bare and name == self.schemas.staging and self.schemas.live:
                new = f"{new}, {quote_name(self.schemas.live)}"
            self.add(place(start), place(end), inside(new))
        self.reopen(token, before, outside, escape)

    def find_listed(self, text: str, bare: bool) -> Iterator[tuple[int, int, str]]:
        """Where the schemas stand in a list of names; where it may be one alone, also as it is."""
        if bare and text in self.schemas.moved:
            yield 0, len(text), text
            return
        for found in named_in_text(self.schemas, dotted=False).finditer(text):
            yield *found.span(), read_name(found["schema"])

    def reopen(self, token: Token, before: int, outside: Place, escape: Escape) -> None:
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


def _find_naming(pieces: Sequence[Fragment], ask: AskNaming | None) -> Naming:
    """What is known of the routines that statements call, their own among them."""
    naming = read_naming(pieces)
    unknown: set[Relation] = set()
    for piece in pieces if ask is not None else ():
        for inner, *_ in piece.walk():
            list(find_naming_literals(inner, naming, unknown))  # for what it does not know
    return read_naming(pieces, ask(unknown)) if ask is not None and unknown else naming


def _stores(statement: ReadStatement) -> bool:
    """Whether what a statement's expressions say is kept as text: a default, a view, a trigger."""
    words = [token.value for token in statement.tokens[:8]]
    if words[0] == "alter":
        return True
    filled = any(t.kind == "word" and t.value == "as" for t in statement.tokens)
    return words[0] == "create" and not ("table" in words and filled)
