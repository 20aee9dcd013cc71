"""Which names in a piece of SQL mean relations, functions and schemas, and in which role.

One pass over the tokens with a stack of parentheses; `clauses` is the table of what its keywords
say. A qualified name after FROM, JOIN, INTO ... is a relation wherever it stands, so a CTE or an
alias of the same name cannot hide it. What is no relation by its place is one only when it is in
the schema that is built, or where a type is expected.
Tested against Postgres' own grammar, and sqlglot's scopes, which cost fifty times as much.
"""

from __future__ import annotations

from collections.abc import Sequence

from staging_assets.model import SchemaNames
from staging_assets.parser.lexer.literals import read_literal
from staging_assets.parser.lexer.tokens import NAME_KINDS, TEXT_KINDS, Token
from staging_assets.parser.names import heads
from staging_assets.parser.names.clauses import (
    CLAUSES,
    CONTENTLESS,
    ROUTINES,
    STARTS,
    Clause,
    Place,
)
from staging_assets.parser.names.scope import Frame, Name, Names, Role, Scope
from staging_assets.parser.names.walk import Walk


def find_names(
    tokens: Sequence[Token],
    schemas: SchemaNames,
    *,
    code: bool = False,
    hidden: tuple[str, ...] = (),
) -> Names:
    """The names in `tokens`.

    Args:
        tokens: of one statement, or of a body.
        schemas: what scripts call the schemas.
        code: whether they are the body of a PL/pgSQL block.
        hidden: schemas that a parameter of the same name hides.
    """
    walk = _Walk(tokens, schemas.moved, code, hidden)
    walk.path = schemas.path
    return walk.run()


class _Walk(Walk):
    """Each step takes the index of a token and gives the index behind what it took."""

    def run(self) -> Names:
        index = 0
        while index < len(self.tokens):
            index = self.step(index)
        columns = {i for i, (scope, schema) in self.unsure.items() if scope.hides(schema)}
        if columns:
            self.names.found = [n for i, n in enumerate(self.names.found) if i not in columns]
        return self.names

    def step(self, index: int) -> int:
        token = self.tokens[index]
        if token.kind in NAME_KINDS:
            known = self.words[index] in CLAUSES and self.words[index + 1] != "."
            clause = self.find_clause(index) if known else None
            return self.name(index) if clause is None else self.enter(clause, index)
        if token.kind == "punctuation":
            self.mark(token.value, index)
        elif token.value == "'search_path'" and self.words[index + 1] == ",":  # of set_config
            listed = self.tokens[index + 2] if index + 2 < len(self.tokens) else token
            if listed.kind in TEXT_KINDS:
                self.names.search_path = heads.read_listed(read_literal(listed).value)
        return index + 1

    def find_clause(self, index: int) -> Clause | None:
        """The row of the table that counts for the word there; None when it is a name."""
        frame, before = self.frames[-1], self.words[index - 1]
        # CREATE SCHEMA has other statements within.
        within = self.names.home is not None and self.words[index] == "create"
        starts = index == 0 or before in STARTS or (within and before not in ("grant", ","))
        query = len(self.frames) == 1 or frame.verb != "" or frame.joins
        place = Place(self.tokens, self.words, index, frame, starts, query, self.code)
        for clause in CLAUSES[self.words[index]]:
            if place.fits(clause):
                return clause
        return None

    def enter(self, clause: Clause, index: int) -> int:
        """Do as a row of the table says."""
        frame = self.frames[-1]
        if frame.about and not clause.start:  # GRANT SELECT ON ...
            return self.take_schemas(index, frame) if clause.take == "schemas" else index + 1
        if clause.begins:
            frame.verb = clause.begins
            frame.about = clause.begins in CONTENTLESS
        if clause.query_begins:
            frame.scope = Scope(query=True)
        if clause.role != "keep":
            frame.expect = clause.role
            frame.kind = clause.kind or frame.kind
        if clause.listing != "keep":
            frame.listing = clause.listing
        if clause.take:
            return int(getattr(self, f"take_{clause.take}")(index, frame))
        return index + 1

    def mark(self, value: str, index: int) -> None:
        """Take a parenthesis, comma or semicolon."""
        frame = self.frames[-1]
        if value == "(":
            inner = Frame(frame.scope, self.words[index - 1], frame.expect, frame.about)
            heading = frame.verb in ("create", "alter", "drop")
            inner.types = heading and frame.kind in ROUTINES
            inner.columns = frame.verb == "insert"
            self.frames.append(inner)
            frame.expect = None
        elif value == ")":
            if len(self.frames) > 1:
                self.frames.pop()
                frame = self.frames[-1]
            if frame.pending and self.words[index + 1] != "as":
                frame.ctes.add(frame.pending)
                frame.pending = None
        elif value == ",":
            frame.expect = frame.listing
            if (
                frame.verb == "with"
                and frame.pending is None
                and heads.is_cte(self.tokens, index + 1)
            ):
                self.cte(index + 1, frame)
        elif value == ";":
            self.frames = [Frame(self.piece)]

    def name(self, index: int) -> int:
        """Take a name with its dots."""
        tokens, frame = self.tokens, self.frames[-1]
        chain, end = [tokens[index]], index + 1
        known = chain[0].value in self.schemas
        if known and self.words[end] == "." and heads.is_cut(tokens, end + 1):
            self.names.found.append(Name("schema", None, tokens[index]))
            frame.expect = None
            return end
        while self.words[end] == "." and end + 1 < len(tokens):
            if tokens[end + 1].kind not in NAME_KINDS:
                break
            chain.append(tokens[end + 1])
            end += 2
        role, frame.expect = frame.expect, None
        called = self.words[end] == "("
        if role is None and frame.about:
            role = "about"
            chain = chain[:2]
        if role == "read" and called and frame.verb != "copy":
            role = "call"
        if role is not None:
            self.expected(role, chain, end, frame)
        elif len(chain) == 1:
            self.alone(index, called, frame)
        elif called:
            self.names.found.append(Name("call", chain[-2], chain[-1]))
        elif not (heads.is_setting(tokens, index) or heads.is_part(tokens, index, frame)):
            self.mention(chain, index, end, frame)
        return end

    def expected(self, role: Role, chain: list[Token], end: int, frame: Frame) -> None:
        """Take a name where a relation, type or routine is expected."""
        schema, name = (chain[-2], chain[-1]) if len(chain) > 1 else (None, chain[0])
        if name.value in self.schemas:
            if role == "define":
                self.names.hides += (name.value,)
            elif not heads.has_alias(self.tokens, end) and role not in ("call", "schema"):
                frame.scope.hidden += (name.value,)
        if role == "read" and schema is None and any(name.value in f.ctes for f in self.frames):
            return
        granted = schema is None and role == "about" and self.is_granted(end)
        if role != "about" or schema is not None or granted:
            self.names.found.append(Name(role, schema, name, frame.kind))

    def is_granted(self, end: int) -> bool:
        """Whether a single name that ends there is what GRANT and REVOKE speak of."""
        spoken = self.words[0] in ("grant", "revoke") and self.words[end] in ("to", "from", ",")
        return spoken and self.words[end - 2] in ("on", "table", "sequence")

    def mention(self, chain: list[Token], index: int, end: int, frame: Frame) -> None:
        """Take a qualified name that no keyword announces: a type, or a column's full path."""
        typed = heads.is_type(self.tokens, index, end, frame)
        if typed or chain[0].value in self.schemas or self.words[end + 1] in ("rowtype", "type"):
            if len(chain) == 2 and not typed and self.words[end] != ".":
                self.unsure[len(self.names.found)] = frame.scope, chain[0].value
            kind = "type" if typed else ""
            self.names.found.append(Name("mention", chain[0], chain[1], kind))

    def alone(self, index: int, called: bool, frame: Frame) -> None:
        """Take a single name that no keyword announces."""
        token = self.tokens[index]
        known = token.value in self.schemas
        if known and heads.is_alias(self.tokens, index, frame):
            frame.scope.hidden += (token.value,)
        elif called:
            self.names.found.append(Name("call", None, token))
        elif heads.is_type(self.tokens, index, index + 1, frame) and token.value not in {
            name for each in self.frames for name in (each.pending, *each.ctes)
        }:
            self.names.types.append(token)
        elif known and frame.types:
            self.names.hides += (token.value,)
        elif known and self.code:
            self.piece.hidden += (token.value,)
