"""What everything is called by: nodes, relations."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from functools import cached_property

STAGING = "staging"
"""The first part of every asset key, and what a staging schema is called when nobody says."""

ETL = "etl"
"""What scripts call the schema of the sources, whatever it is called in the database."""


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
class SchemaNames:
    """What scripts call the two schemas of a department, and where the sources really are.

    Args:
        staging: what scripts call the schema that is built.
        etl: what the schema is called in the database that is `etl` in scripts.
        path: where scripts find names without a schema when they begin; empty: in none of these.
        live: of a branch, the schema that it differs from; empty: it is none.
        lives: names of relations that a branch's scripts find there.
    """

    staging: str = STAGING
    etl: str = ETL
    path: tuple[str, ...] = ()
    live: str = ""
    lives: frozenset[str] = frozenset()

    @cached_property
    def moved(self) -> frozenset[str]:
        """The names in scripts that may have to be others in the database."""
        return frozenset((self.staging,) if self.etl == ETL else (self.staging, ETL))

    @cached_property
    def spelled(self) -> tuple[str, ...]:
        """What stands in every text that has one of these names, whatever its case.

        A quote in a name is doubled there, or more often, so that only what is around it counts.
        """
        parts = (max(re.split(r"[\"']", name), key=len) for name in self.moved)
        return tuple(part.casefold() for part in parts)

    @property
    def told(self) -> tuple[str, ...]:
        """What is not as everywhere, for fingerprints."""
        names = {"staging": self.staging, "etl": self.etl}
        told = [f"{usual} is {name}" for usual, name in names.items() if usual != name]
        return (*told, *([f"path {self.path}"] if self.path else []))

    @property
    def in_file_names(self) -> str:
        """What stands for the schema in the names of files."""
        return STAGING if set(self.staging) & set("/\0\n") else self.staging

    def create_file(self, table: str) -> str:
        """The name of the file that creates a table."""
        return f"CREATE-{self.in_file_names}-{table}.sql"

    def cleanup_file(self, table: str) -> str:
        """The name of the file that cleans a table up."""
        return f"{self.in_file_names}-{table}-cleanup.py"

    def own(self, name: str) -> Relation:
        """A relation of the schema that is built, as scripts call it."""
        return Relation(self.staging, name)

    def in_scripts(self, schema: str, built: str) -> str:
        """What scripts call a schema of the database.

        Args:
            schema: its name in the database.
            built: the name in the database of the schema that is built.
        """
        if schema == built or (self.live and schema == self.live):
            return self.staging
        return ETL if schema == self.etl else schema

    def in_database(self, schema: str, built: str) -> str:
        """What a schema of scripts is called in the database; `built` as for `in_scripts`."""
        if schema == self.staging:
            return built
        return self.etl if schema == ETL else schema

    def find_real(self, relation: Relation, built: str) -> Relation:
        """Where a relation of scripts is in the database; `built` as for `in_scripts`."""
        schema = self.in_database(relation.schema, built)
        if relation.schema == self.staging:
            schema = self.find_home(relation.name, built)
        return Relation(schema, relation.name)

    def find_home(self, name: str, built: str) -> str:
        """Where a relation of the schema that is built is to be read: in a branch, table by table.

        Args:
            name: of the relation.
            built: as for `in_scripts`.
        """
        return self.live if name in self.lives else built
