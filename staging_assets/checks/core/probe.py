"""What a check asks the database: a few expressions whose values decide.

A kind of check (see `checks.kinds`) turns a `Check` into a `Probe`. Probes of one table are put
into one SELECT (see `evaluate`), so an expression is either an aggregate over the table or a scalar
subquery; values come back as text.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg2 import sql

from staging_assets.checks.core.check import Metadata
from staging_assets.checks.core.facts import TableFacts
from staging_assets.model import Relation

Values = Sequence["str | None"]


@dataclass(frozen=True)
class Verdict:
    """How a kind judges the values of its expressions."""

    passed: bool
    summary: str
    metadata: Metadata = field(default_factory=dict)


@dataclass(frozen=True)
class Probe:
    """What to ask for one check.

    Args:
        aggregates: expressions over the table's rows, such as count(*).
        scalars: expressions that need no FROM, such as (select ...).
        judge: from the values (aggregates first, as text) to the verdict.
        failing: a query of the failing rows: FROM and WHERE, without SELECT; None when a
            failure is not about certain rows.
        shown: columns of `failing` that may be shown.
    """

    judge: Callable[[Values], Verdict]
    aggregates: tuple[sql.Composable, ...] = ()
    scalars: tuple[sql.Composable, ...] = ()
    failing: sql.Composable | None = None
    shown: tuple[str, ...] = ()


@dataclass(frozen=True)
class CheckedTable:
    """Where a table is looked at.

    Args:
        relation: where it is now (a shadow, or the published one).
        schema: the target schema, where the other tables are.
        facts: of the table.
        history: the build history table, or None when there is none.
        previous_rows: of the last build where the caller knows; else the history is asked.
        rewrite: puts an `sql` check's text on the right schemas.
        beside: names of what is where the table is now: its own, and other tables' that are to be
            published with it.
    """

    relation: Relation
    schema: str
    facts: TableFacts
    history: Relation | None = None
    previous_rows: int | None = None
    rewrite: Callable[[str], str] = str
    beside: Collection[str] = ()

    def find_other(self, name: str) -> Relation:
        """Where another table of the schema, or this one, is looked at."""
        return Relation(self.relation.schema if name in self.beside else self.schema, name)

    @property
    def table(self) -> sql.Identifier:
        """The relation, quoted."""
        return identify(self.relation)


def identify(relation: Relation) -> sql.Identifier:
    """A relation as a quoted, qualified name."""
    return sql.Identifier(relation.schema, relation.name)


def number(value: str | None) -> int:
    """A count, as it comes back."""
    return 0 if value is None else int(value)


def literals(values: Sequence[Any]) -> sql.Composed:
    """Untyped literals, so that each is read as the type of the column it is compared with."""
    texts = [str(v).lower() if isinstance(v, bool) else str(v) for v in values]
    return sql.SQL(", ").join(sql.Literal(text) for text in texts)


def column_of(name: str) -> sql.Composable:
    """A column of the table, which is called t in every expression."""
    return sql.Identifier("t", name)
