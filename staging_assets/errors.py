"""The errors that this project raises on purpose.

Every message reads *Where: what. What to do.* and holds neither a password nor a
value from a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class StagingError(Exception):
    """Something a person can put right; its text says where, what, and what to do."""


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong in the folder of scripts.

    Args:
        path: the file as it is shown to people.
        line: counted from 1.
        column: counted from 1, in characters.
        what: what is wrong, without a full stop.
        todo: what to do about it, without a full stop.
    """

    path: str
    line: int
    column: int
    what: str
    todo: str

    def __str__(self) -> str:
        end = "" if self.todo.endswith("?") else "."
        text = f"{self.path}:{self.line}:{self.column}: {self.what}. {self.todo}{end}"
        return "\\n".join(text.splitlines())


class ProjectError(StagingError):
    """The folder of scripts cannot be built as it is; `problems` holds all that was found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class SettingsError(StagingError):
    """A setting (an environment variable or run config) cannot be used as it is."""


class DatabaseError(StagingError):
    """The server cannot be reached, is too old, or is not one that can be worked with."""


class CrowdedError(DatabaseError):
    """The server runs, and lets nobody else in just now."""


class ScriptError(StagingError):
    """A script failed on the server; the text shows file, line, column, caret and SQLSTATE.

    Args:
        message: the whole text as people read it.
        sqlstate: Postgres' five-character code, or None when there is none.
        failed: the statement that failed, as `staging_assets.postgres.FailedStatement`, or None.
    """

    def __init__(
        self, message: str, sqlstate: str | None = None, failed: object | None = None
    ) -> None:
        self.sqlstate = sqlstate
        self.failed = failed
        super().__init__(message)


class BuildError(StagingError):
    """One table, lookup, procedure script or cleanup could not be built or published."""


class NameTakenError(BuildError):
    """Something else in the schema has a name that a new table or a part of it needs."""


class BusyError(StagingError):
    """Another run holds the schema."""


class CancelledError(StagingError):
    """The run was told to stop."""
