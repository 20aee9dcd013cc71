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
        self._lines: dict[int, Lines] = {}  # of each file, by its id
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
    def is_bare(self) -> bool:
        """Whether it finds, or may find, names of the schema that is built by `search_path`."""
        staging = self.schemas.staging
        return any(staging in (*each.path, *each.search_path) for each in self.statements)

    @cached_property
    def opaque(self) -> bool:
        """Whether some of its SQL is only made while it runs."""
        return any(is_opaque(statement) for statement in self.statements)

    def position(self, offset: int) -> tuple[str, int, int]:
        """The label of the file, and line and column in it, counted from 1, of an offset."""
        file, offset = self.script.origin(offset)
        lines = self._lines.get(id(file))
        if lines is None:
            lines = self._lines[id(file)] = Lines(file.text)
        return file.label, *lines.position(offset)

    def place(self, offset: int) -> str:
        """An offset as people read it: `path:line:column`."""
        return "{}:{}:{}".format(*self.position(offset))

    def note(self, offset: int, what: str, todo: str) -> Problem:
        """A problem at an offset."""
        return Problem(*self.position(offset), what, todo)
