"""What a walk over tokens knows: a frame for each pair of parentheses, a scope for each query."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from staging_assets.parser.lexer.tokens import Token

Role = Literal[
    "read",
    "write",  # INSERT INTO, MERGE INTO, COPY ... FROM
    "change",  # UPDATE, DELETE FROM
    "truncate",
    "create",
    "temporary",  # CREATE TEMPORARY
    "alter",
    "drop",
    "parent",  # PARTITION OF, INHERITS
    "reference",  # REFERENCES
    "call",
    "define",  # CREATE FUNCTION, PROCEDURE
    "mention",  # a type, %ROWTYPE, a column's full path ...
    "about",  # COMMENT ON, GRANT, ANALYZE: the content does not matter
    "schema",  # the schema itself
]


class Name(NamedTuple):
    """One name.

    Args:
        role: what it is named for.
        schema: None when the name stands alone.
        name: of the relation, function, type or schema.
        kind: of object as CREATE, ALTER and DROP say it; `type` where a type is expected.
    """

    role: Role
    schema: Token | None
    name: Token
    kind: str = ""


@dataclass
class Names:
    """All names of a piece of SQL, and what it says about names without a schema.

    Args:
        found: the names.
        search_path: what it leaves for the statements after it; None when it sets none.
        body_path: what CREATE or ALTER FUNCTION sets for the body; None when it sets none.
        resets_body: whether ALTER FUNCTION takes such a setting away.
        home: the schema that CREATE SCHEMA makes, in which its elements stand.
        types: names that stand alone where a type is expected, aliases among them.
        hides: schemas that a parameter of the same name hides in the body.
    """

    found: list[Name] = field(default_factory=list)
    types: list[Token] = field(default_factory=list)
    search_path: tuple[str, ...] | None = None
    body_path: tuple[str, ...] | None = None
    resets_body: bool = False
    home: str | None = None
    hides: tuple[str, ...] = ()


class Scope:
    """Where `staging.x` may be a column, a field or a parameter.

    It is one in every query, where a table's name cannot stand in an expression with its schema
    alone, and where a variable, a parameter or a table is called `staging`: it is `hidden` then.
    """

    __slots__ = ("hidden", "query")

    def __init__(self, hidden: tuple[str, ...] = (), *, query: bool = False) -> None:
        self.hidden, self.query = hidden, query

    def hides(self, schema: str) -> bool:
        """Whether `<schema>.x` is no relation there."""
        return self.query or schema in self.hidden


class Frame:
    """What is known between one pair of parentheses.

    Args:
        scope: the query that it belongs to, or the piece where it is in none.
        opener: the word before its parenthesis.
        expect: the role of the next name.
        about: whether the content does not matter.
    """

    __slots__ = (
        *("about", "columns", "ctes", "expect", "joins", "kind", "listing", "on", "opener"),
        *("pending", "recursive", "scope", "types", "verb"),
    )

    def __init__(
        self, scope: Scope, opener: str = "", expect: Role | None = None, about: bool = False
    ) -> None:
        self.scope = scope
        self.opener, self.expect, self.about = opener, expect, about
        self.listing: Role | None = expect if expect == "parent" else None  # after a comma
        self.on: Role | None = None  # the role of the name after ON
        self.verb = self.kind = ""
        self.joins = expect == "read"  # `from (a join b ...)`: no query of its own
        self.types = False  # a list of parameters
        self.columns = False  # the list of columns of INSERT
        self.ctes: set[str] = set()
        self.pending: str | None = None  # a CTE whose body is not over
        self.recursive = False

    @property
    def lists_tables(self) -> bool:
        """Whether what stands here are the tables of a query, so that aliases may follow."""
        changes = self.verb in ("update", "insert", "delete", "merge", "using")
        return self.listing == "read" or changes or (self.joins and not self.verb)
