"""Statements of a file of several tables that are about more than one of them, or about none.

What fills or changes several tables at once cannot be given to one of them: so all that the file
makes are one unit, and what is gathered here runs when they are all there.
"""

from __future__ import annotations

from dataclasses import dataclass

from staging_assets.errors import Problem
from staging_assets.model import Script
from staging_assets.parser import ReadStatement
from staging_assets.project.scripts.psql import Output
from staging_assets.project.scripts.script import Source
from staging_assets.project.scripts.subjects import CHANGES, find_made, find_own, find_words

_PART = "several tables"
_FILLS = ("insert", "update", "delete", "merge", "copy", "truncate", "refresh", "call", "do")
_ASKS = ("select", "with", "values", "table")
_OF_TRIGGERS = (("create", "trigger"), ("create", "constraint", "trigger"), ("create", "rule"))


@dataclass(frozen=True)
class Common:
    """What a file says of several of its tables at once.

    Args:
        tables: all that the file makes.
        script: those statements, in their order.
    """

    tables: frozenset[str]
    script: Script


class Gathering:
    """The statements of one file that are about several of its tables."""

    def __init__(self, source: Source) -> None:
        self.source, self.output = source, Output()
        self.first: int | None = None

    def takes(self, statement: ReadStatement) -> bool:
        """Whether a statement about several tables, or none, may stand here.

        What only changes another schema has no place among the tables of this one.
        """
        words = find_words(statement)
        changed = {u.relation.schema for u in statement.uses if u.role in CHANGES and not u.lasting}
        if changed.isdisjoint((statement.schemas.staging, "")) and changed:
            return False
        return words[:1] in [(word,) for word in (*_FILLS, *_ASKS, "grant", "revoke")]

    def follows(self, statement: ReadStatement) -> bool:
        """Whether a statement about one table has to come after those that are here.

        It works on rows that they may have changed, or would be fired by them.
        """
        if self.first is None:
            return False
        words = find_words(statement)
        fires = any(words[: len(start)] == start for start in _OF_TRIGGERS)
        switches = words[:2] == ("alter", "table") and any(
            token.value == "trigger" for token in statement.tokens
        )
        return fires or switches or words[:1] in [(word,) for word in (*_FILLS, *_ASKS)]

    def find_early(self, statement: ReadStatement) -> Problem | None:
        """A table that is made of rows which the statements that are here may change."""
        made = find_made(statement)
        if self.first is None or made is None:
            return None
        uses = list(find_own(statement))
        is_view = any(use.role == "create" and use.kind == "view" for use in uses)
        reads = [use.relation.name for use in uses if use.role == "read" and use.kind != "type"]
        if not reads or (is_view and "materialized" not in find_words(statement)):
            return None
        place = self.source.place(self.first)
        what = f"makes {made} of the rows of {reads[0]}, after the statement at {place}"
        todo = f"Fill {made} by a POPULATE script, or move it before that statement"
        return self.source.note(statement.tokens[0].start, what, todo)

    def begin(self, statement: ReadStatement) -> None:
        """Note where the first one stands."""
        if self.first is None:
            self.first = statement.tokens[0].start

    def finish(self, tables: frozenset[str]) -> Common | None:
        """What was gathered; None when that is nothing."""
        if self.first is None:
            return None
        script = Script(self.source.script.path, self.source.script.label, "", part=_PART)
        return Common(tables, self.output.finish(script, []))
