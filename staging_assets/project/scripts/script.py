"""A script that has been read: its text, its statements and where things stand in it."""

from __future__ import annotations

from functools import cached_property

from staging_assets.errors import Problem
from staging_assets.model import SchemaNames, Script
from staging_assets.parser import (
    Comment,
    LexicalError,
    Lines,
    ReadStatement,
    Use,
    is_opaque,
    read_statements,
)


class Source:
    """A script with its statements; `problem` says why it has none that can be read.

    Args:
        script: the file.
        schemas: what it calls the schemas.
    """

    def __init__(self, script: Script, schemas: SchemaNames) -> None:
        self.script, self.schemas = script, schemas
        self.comments: list[Comment] = []
        self.statements: list[ReadStatement] = []
        self.problem: Problem | None = None
        try:
            self.statements = read_statements(script.text, schemas, self.comments)
        except LexicalError as error:
            self.problem = self.note(error.offset, error.what, error.todo)

    def is_own(self, use: Use) -> bool:
        """Whether a use is about something in the schema that is built."""
        return use.relation.schema == self.schemas.staging

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """Everything that its statements name."""
        return tuple(use for statement in self.statements for use in statement.uses)

    @cached_property
    def opaque(self) -> bool:
        """Whether some of its SQL is only made while it runs."""
        return any(is_opaque(statement) for statement in self.statements)

    @cached_property
    def _lines(self) -> Lines:
        return Lines(self.script.text)

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, counted from 1."""
        return self._lines.position(offset)

    def place(self, offset: int) -> str:
        """An offset as people read it: `path:line:column`."""
        line, column = self.position(offset)
        return f"{self.script.label}:{line}:{column}"

    def note(self, offset: int, what: str, todo: str) -> Problem:
        """A problem at an offset."""
        return Problem(self.script.label, *self.position(offset), what, todo)
