"""What a publication moves, and what may hang on it: one value each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple


class TableObject(NamedTuple):
    """An object that goes to another schema by itself; `name` is quoted and qualified,
    `simple` quoted only."""

    noun: str
    name: str
    simple: str
    moves: bool
    oid: int = 0

    @property
    def alter(self) -> str:
        """What ALTER calls its kind."""
        return "type" if self.noun == "multirange" else self.noun


@dataclass(frozen=True)
class InboundKey:
    """A foreign key of another table that references the one being replaced.

    Args:
        schema, table, name: of the constraint, as they are in the catalog.
        on, constraint: table and constraint as SQL.
        definition: what follows `ADD CONSTRAINT name`.
        references: name of the referenced table.
        target: the new referenced table as SQL; None when the script makes none of that name.
        columns: own column, referenced column and operator, as SQL.
        scrap: whether it belongs to a table that is itself to be thrown away.
        partitioned: whether its table is partitioned.
        validated, enforced, period: as the catalog says.
        comment: the statement that gives it back its comment.
    """

    schema: str
    table: str
    name: str
    on: str
    constraint: str
    definition: str
    references: str
    target: str | None
    columns: Sequence[Sequence[str]]
    scrap: bool
    partitioned: bool
    validated: bool
    enforced: bool
    period: bool
    comment: str | None

    def __str__(self) -> str:
        return f"{self.constraint} of {self.on}"


@dataclass(frozen=True)
class Dependent:
    """A view, materialized view or function that depends on the old table.

    Args:
        oid: in its catalog.
        noun: what it is.
        schema, simple: where it is and its name, as they are in the catalog.
        name: as SQL; a function's with its arguments.
        owner: of a view, as SQL.
        definition: a view's query, or a function's whole CREATE statement.
        options: a view's `WITH (...)`, as SQL, or None.
        populated: whether a materialized view has been filled.
        signature: whether a function takes or returns rows of the table.
        direct: whether it depends on the table itself, not only on another dependent.
        needs: the dependents that it depends on.
    """

    oid: int
    noun: str
    schema: str
    simple: str
    name: str
    owner: str | None
    definition: str
    options: str | None
    populated: bool
    signature: bool
    direct: bool
    needs: Sequence[int]

    @property
    def label(self) -> str:
        """What it is called in messages."""
        return f"{self.noun} {self.name}"

    @property
    def stored(self) -> bool:
        """Whether its rows are stored, and computed when it is made."""
        return self.noun == "materialized view"
