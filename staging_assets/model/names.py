"""What everything is called by: nodes, relations, scripts."""

from __future__ import annotations

import enum
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

STAGING = "staging"
"""The schema's name in the files, whatever it is called in the database."""


SCHEMA_NODE = "schema"


class Kind(enum.Enum):
    """What a node is; the value is the name of its asset group."""

    SCHEMA = "schema"
    LOOKUP = "lookups"
    PROCEDURES = "stored_procedures"
    TABLE = "tables"
    CLEANUP = "cleanups"


@dataclass(frozen=True)
class Node:
    """One thing to build; its text is the part of its asset key after `staging/`.

    Args:
        kind: what it is.
        name: of the table, of the table that is cleaned up, or the stem of the script.
    """

    kind: Kind
    name: str

    def __str__(self) -> str:
        if self.kind is Kind.CLEANUP:
            return f"{self.name}_cleanup"
        if self.kind is Kind.PROCEDURES:
            return f"{Kind.PROCEDURES.value}/{self.name}"
        return self.name


def cleanup_node(table: str) -> str:
    """The text of the node that cleans up a table."""
    return str(Node(Kind.CLEANUP, table))


def procedures_node(stem: str) -> str:
    """The text of the node of a script of stored procedures."""
    return str(Node(Kind.PROCEDURES, stem))


_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*\Z")


@dataclass(frozen=True, order=True)
class Relation:
    """A qualified name as Postgres folds it: `Staging.Foo` is staging.foo, `"Foo"` is Foo."""

    schema: str
    name: str

    def __str__(self) -> str:
        parts = (self.schema, self.name)
        return ".".join(p if _PLAIN.match(p) else '"' + p.replace('"', '""') + '"' for p in parts)


@dataclass(frozen=True)
class Script:
    """One file of the folder.

    Args:
        path: where it is, absolute.
        label: how it is shown to people (relative to the current folder where that is shorter).
        text: its text; the byte order mark is gone, line ends are as they were.
    """

    path: Path
    label: str
    text: str

    @property
    def sha256(self) -> str:
        """Hex digest of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()
