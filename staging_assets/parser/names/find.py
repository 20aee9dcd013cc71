"""Which names in a piece of SQL mean relations, functions and schemas, and in which role.

One pass over the tokens with a stack of parentheses. A qualified name after FROM, JOIN,
INTO ... is a relation wherever it stands, so a CTE or an alias of the same name cannot hide
it; what is no relation by its place is taken as one only when it is in schema `staging`.
Tested against sqlglot's scopes, which cost fifty times as much.
"""

from __future__ import annotations

from collections.abc import Sequence

from staging_assets.model import STAGING
from staging_assets.parser.lexer.tokens import NAME_KINDS, Token
from staging_assets.parser.names.clauses import (
    ACTIONS,
    ENDS_LIST,
    FOLLOWS_RELATION,
    SKIPPED,
)
from staging_assets.parser.names.scope import Frame, Name, Names, Role, Walk


def find_names(tokens: Sequence[Token], *, code: bool = False) -> Names:
    """The names in `tokens`; `code` says that they are the body of a PL/pgSQL block."""
    walker = _Walker(tokens, code)
    walker.run()
    if walker.aliased:
        walker.names.found = [n for i, n in enumerate(walker.names.found) if i not in walker.unsure]
    return walker.names


class _Walker(Walk):
    def run(self) -> None:
        tokens, index, length = self.tokens, 0, len(self.tokens)
        while index < length:
            token = tokens[index]
            if token.kind in NAME_KINDS:
                dotted = self.value(index + 1) == "."
                if token.kind == "word" and not dotted:
                    skip = self.keyword(token.value, index)
                    if skip:
                        index += skip
                        continue
                index = self.name(index)
                continue
            if token.kind == "punctuation":
                self.mark(token.value, index)
            elif token.value == "'search_path'" and self.value(index + 1) == ",":
                listed = tokens[index + 2].value if index + 2 < length else ""  # of set_config
                self.names.search_path = tuple(
                    name.strip("' \"").lower() for name in listed.split(",")
                )
            index += 1

    def mark(self, value: str, index: int) -> None:
        frame = self.frames[-1]
        if value == "(":
            self.frames.append(Frame(frame.expect, about=frame.about))
            frame.expect = None
        elif value == ")":
            if len(self.frames) > 1:
                self.frames.pop()
                frame = self.frames[-1]
            if frame.pending and self.value(index + 1) != "as":
                frame.ctes.add(frame.pending)
                frame.pending = None
        elif value == ",":
            frame.expect = frame.listing
            if frame.verb == "with" and frame.pending is None and index + 1 < len(self.tokens):
                self.cte(index + 1)
        elif value == ";":
            self.frames = [Frame()]

    def keyword(self, word: str, index: int) -> int:
        """Take a keyword; gives how many tokens it used, 0 when it is a name here."""
        frame = self.frames[-1]
        if word in ENDS_LIST:
            frame.expect = frame.listing = None
            return 1
        if word == "on":
            frame.expect, frame.on = frame.on, None
            return 1
        action = ACTIONS.get(word)
        if action is not None:
            return action(self, index, frame)
        if frame.expect and word in SKIPPED:
            return 1
        return 0

    def name(self, index: int) -> int:
        """Take a name with its dots; gives the index behind it."""
        tokens, frame = self.tokens, self.frames[-1]
        chain, ahead = [tokens[index]], index + 1
        if tokens[index].value == STAGING and self.value(ahead) == "." and self.is_cut(ahead + 1):
            self.names.found.append(Name("schema", None, tokens[index]))
            frame.expect = None
            return ahead
        while self.value(ahead) == "." and ahead + 1 < len(tokens):
            if tokens[ahead + 1].kind not in NAME_KINDS:
                break
            chain.append(tokens[ahead + 1])
            ahead += 2
        role, frame.expect = frame.expect, None
        called = self.value(ahead) == "("
        if role is None and frame.about:
            role = "about"
            chain = chain[:2]
        if role == "read" and called and frame.verb != "copy":
            role = "call"
        if role is not None:
            self.expected(role, chain, ahead, frame)
        elif len(chain) == 1:
            self.alone(chain[0], index, called, frame)
        elif called:
            self.names.found.append(Name("call", chain[-2], chain[-1]))
        elif chain[0].value == STAGING or self.value(ahead + 1) in ("rowtype", "type"):
            if len(chain) == 2:
                self.unsure.add(len(self.names.found))
            self.names.found.append(Name("mention", chain[0], chain[1]))
        return ahead

    def is_cut(self, index: int) -> bool:
        """Whether a dynamic name (`staging.%I`, `staging.` and no more) or an operator is there."""
        if index >= len(self.tokens):
            return True
        token = self.tokens[index]
        return token.kind == "operator" and token.value != "*"

    def expected(self, role: Role, chain: list[Token], ahead: int, frame: Frame) -> None:
        schema, name = (chain[-2], chain[-1]) if len(chain) > 1 else (None, chain[0])
        if name.value == STAGING and self.value(ahead) != "as" and role in ("read", "change"):
            renamed = ahead < len(self.tokens) and self.tokens[ahead].kind in NAME_KINDS
            self.aliased = self.aliased or not renamed or self.value(ahead) in FOLLOWS_RELATION
        if schema is None and any(name.value in outer.ctes for outer in self.frames):
            return
        if role == "about" and schema is None:
            return
        self.names.found.append(Name(role, schema, name, frame.kind))

    def alone(self, token: Token, index: int, called: bool, frame: Frame) -> None:
        if called:
            self.names.found.append(Name("call", None, token))
        elif token.value == STAGING:
            before = self.tokens[index - 1] if index else None
            listed = frame.listing == "read" or frame.verb in (
                "update",
                "insert",
                "delete",
                "merge",
            )
            named = before is not None and (before.kind in NAME_KINDS or before.value == ")")
            self.aliased = self.aliased or self.code or (listed and named)
