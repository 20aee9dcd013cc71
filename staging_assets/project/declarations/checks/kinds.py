"""What the reader of `checks:` asks of a kind of check.

The kinds themselves are objects of `staging_assets.checks`, which evaluates them: a higher floor.
Whoever loads a folder hands them in (`load_project(..., kinds=KINDS)`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Protocol

from staging_assets.model import SchemaNames
from staging_assets.project.declarations.checks.written import WrittenNode


class DeclarableKind(Protocol):
    """The half of a kind that a declaration needs; `checks.kinds.kind.CheckKind` explains it."""

    of_schema: bool
    default_of: Collection[str]
    needs_name: bool
    takes_except: bool
    may_lack_columns: bool

    def read(self, written: WrittenNode) -> list[dict[str, Any]]:
        """Read what stands after the name: the arguments of each check that is meant."""

    def suggest_name(self, arguments: Mapping[str, Any]) -> str:
        """The name of a check that was given none."""

    def other_column(self, arguments: Mapping[str, Any]) -> tuple[str, str] | None:
        """The table and column elsewhere that the values are compared with."""

    def tables(self, arguments: Mapping[str, Any], schemas: SchemaNames) -> Collection[str]:
        """The staging tables that a check looks at besides its own."""


Kinds = Mapping[str, DeclarableKind]
