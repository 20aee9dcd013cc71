"""A folder of scripts for one department, and what it is made of.

A *node* is one thing to build. Its name is the part of its asset key after `staging/`:
`schema`, `arrests`, `stored_procedures/dates`, `arrests_cleanup`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from staging_assets.model.content import Content, SourceRule
from staging_assets.model.csv import CsvOptions
from staging_assets.model.lookups import Lookup
from staging_assets.model.names import (
    SCHEMA_NODE,
    Kind,
    Node,
    Relation,
    SchemaNames,
    cleanup_node,
)
from staging_assets.model.scripts import Script


@dataclass(frozen=True)
class Column:
    """A column as the CREATE script says it; `type` is the script's own spelling."""

    name: str
    type: str
    comment: str | None = None
    nullable: bool = True


@dataclass(frozen=True)
class ColumnSource:
    """Where a column's values come from: a column of a relation that POPULATE reads."""

    relation: Relation
    column: str


@dataclass(frozen=True)
class Table:
    """One staging table.

    Args:
        name: its name, as Postgres folds it.
        create: its CREATE script.
        populate: its POPULATE script; None for lookup tables and tables that stay empty.
        lookup: its rows from the lookup YAML, if that fills it.
        kind: LOOKUP or TABLE.
        columns: as CREATE says them, in order (best effort; the server has the last word).
        comment: of the table, from COMMENT ON or the comment at the head of the script.
        own: names of all relations, sequences and types that CREATE itself makes in `staging`
            (the table's own name among them).
        foreign_keys: tables that CREATE references.
        in_place: why POPULATE cannot be sent to a shadow table; None when it can.
        keeps_keys: why keys must stay while POPULATE runs (ON CONFLICT, a second statement
            that reads the table itself ...); None when they can be stripped.
        keeps_indexes: why its other indexes must stay as well (POPULATE works on them).
        seeded: whether CREATE itself puts rows into it.
        bare: whether its scripts find names of the schema by `search_path`.
        lineage: column name to the columns its values come from (best effort).
    """

    name: str
    create: Script
    populate: Script | None = None
    lookup: Lookup | None = None
    kind: Kind = Kind.TABLE
    columns: tuple[Column, ...] = ()
    comment: str | None = None
    own: frozenset[str] = frozenset()
    foreign_keys: frozenset[str] = frozenset()
    in_place: str | None = None
    keeps_keys: str | None = None
    keeps_indexes: str | None = None
    seeded: bool = False
    bare: bool = False
    lineage: Mapping[str, frozenset[ColumnSource]] = field(default_factory=dict)

    @property
    def filled(self) -> bool:
        """Whether a script or the YAML fills it."""
        return self.populate is not None or self.lookup is not None


@dataclass(frozen=True)
class Circle:
    """Tables that are built side by side and published together: foreign keys hold them in a
    circle, or a script fills several of them, or a file says something of several at once.

    Args:
        tables: in the order in which they are filled.
        in_place: why they cannot be filled as shadows; None when they can.
        whole: why all of them are built whichever is selected; None when each may be built alone.
        commons: what files say of several of them: run when all are there, before they are filled.
    """

    tables: tuple[str, ...]
    in_place: str | None = None
    whole: str | None = None
    commons: tuple[Script, ...] = ()


@dataclass(frozen=True)
class Procedures:
    """One script of stored procedures; `functions` are the names it creates."""

    name: str
    script: Script
    functions: frozenset[Relation] = frozenset()


@dataclass(frozen=True)
class Cleanup:
    """One cleanup script (`def main(pgw)`).

    Args:
        table: the table that it is for.
        script: the file.
        column: shows that it has run, by any value in it; None where none was declared.
        after: why it can run only once its table is published; None when it is seen to touch that
            table alone, and so runs on the new table before anybody reads it.
    """

    table: str
    script: Script
    column: str | None
    after: str | None = None


@dataclass(frozen=True)
class CheckDeclaration:
    """One line under `checks:` in staging.yaml, after patterns have been spread out.

    Args:
        table: the table's name (or the cleanup's node name).
        kind: `min_rows`, `unique`, `relationship` ... (see docs/checks.md).
        name: unique within the table; the name of the asset check.
        arguments: as declared, validated.
        severity: "ERROR" or "WARN".
        blocking: whether a failure keeps the table from being published.
        description: for people, or None.
        label, line: where it is declared.
        tables: the staging tables that it looks at besides its own.
    """

    table: str
    kind: str
    name: str
    arguments: Mapping[str, Any]
    severity: str = "ERROR"
    blocking: bool = True
    description: str | None = None
    label: str = ""
    line: int = 0
    tables: frozenset[str] = frozenset()


@dataclass(frozen=True)
class StagingConfig:
    """What staging.yaml says besides edges: all of it optional."""

    priorities: Mapping[str, int] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)
    owners: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    kinds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    checks: tuple[CheckDeclaration, ...] = ()
    csv: CsvOptions = field(default_factory=CsvOptions)
    sources: tuple[SourceRule, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class StagingProject:
    """The whole folder, for one department.

    Args:
        sql_dir: the folder.
        department: which of its departments.
        tables: name to table, lookup tables among them.
        procedures: file stem to script of stored procedures.
        cleanups: table name to cleanup.
        dependencies: node to the nodes that must be built before it; every node is a key.
        sources: node to the relations outside `staging` that it reads.
        fingerprints: node to a hash of what its own scripts and lookup rows say; its cleanup
            and its upstreams have their own.
        contents: node to all that decides what it contains, but for its upstreams.
        config: the rest of staging.yaml.
        shadowed: labels of scripts that are used, and of those that give way to them.
        schemas: what the scripts call the schemas.
        circles: tables that are built together. Among them `dependencies` leaves out the foreign
            keys against their order.
        notes: what the folder says without need, for people.
    """

    sql_dir: Path
    department: str
    tables: Mapping[str, Table]
    procedures: Mapping[str, Procedures]
    cleanups: Mapping[str, Cleanup]
    dependencies: Mapping[str, frozenset[str]]
    sources: Mapping[str, frozenset[Relation]]
    fingerprints: Mapping[str, str]
    config: StagingConfig = field(default_factory=StagingConfig)
    shadowed: tuple[tuple[str, str], ...] = ()
    schemas: SchemaNames = field(default_factory=SchemaNames)
    circles: tuple[Circle, ...] = ()
    notes: tuple[str, ...] = ()
    contents: Mapping[str, Content] = field(default_factory=dict)

    @property
    def nodes(self) -> tuple[str, ...]:
        """Every node, in the order of `dependencies` (which is a valid build order)."""
        return tuple(self.dependencies)

    def find_scripts(self, text: str) -> dict[str, Script]:
        """The scripts of a node, by what they are: `create script`, `populate script`, `script`.

        What a file says of several tables at once is `script of several tables` of each.

        Raises KeyError when there is none of that text.
        """
        kind, name = self.kind(text), self.node(text).name
        if kind is Kind.PROCEDURES:
            return {"script": self.procedures[name].script}
        if kind is Kind.CLEANUP:
            return {"script": self.cleanups[name].script}
        if kind is Kind.SCHEMA:
            return {}
        table = self.tables[name]
        found = {"create script": table.create}
        circle = self.circle_of.get(name)
        for number, common in enumerate(circle.commons if circle else (), 1):
            found[f"script of several tables{f' {number}' if number > 1 else ''}"] = common
        if table.populate:
            found["populate script"] = table.populate
        return found

    def find_given_way(self, label: str) -> list[str]:
        """The scripts that give way to a script: folders before theirs have one for the table."""
        return [other for used, other in self.shadowed if used == label]

    def find_made(self, *, functions: bool) -> frozenset[Relation]:
        """The tables that scripts make, as they call them; or their functions."""
        if functions:
            return frozenset().union(*(each.functions for each in self.procedures.values()))
        return frozenset(map(self.schemas.own, self.tables))

    @cached_property
    def circle_of(self) -> Mapping[str, Circle]:
        """Table to the circle that it is in, for those that are in one."""
        return {table: circle for circle in self.circles for table in circle.tables}

    @cached_property
    def _nodes(self) -> Mapping[str, Node]:
        found = [
            Node(Kind.SCHEMA, SCHEMA_NODE),
            *(Node(table.kind, name) for name, table in self.tables.items()),
            *(Node(Kind.PROCEDURES, stem) for stem in self.procedures),
            *(Node(Kind.CLEANUP, table) for table in self.cleanups),
        ]
        return {str(node): node for node in found}

    def node(self, text: str) -> Node:
        """The node of that text. Raises KeyError when there is none."""
        return self._nodes[text]

    def kind(self, text: str) -> Kind:
        """What a node is. Raises KeyError when there is none of that text."""
        return self._nodes[text].kind

    def add_partners(self, nodes: Collection[str]) -> frozenset[str]:
        """The nodes, and with each table its cleanup and what a script fills with it.

        They are built together: rows that a cleanup has changed are no rows to run it on again,
        and a script that is run again for one table would double another's.
        """
        groups = [frozenset((table, cleanup_node(table))) for table in self.cleanups]
        groups += [frozenset(circle.tables) for circle in self.circles if circle.whole]
        found = frozenset(nodes)
        while more := [g for g in groups if not g.isdisjoint(found) and not g <= found]:
            found = found.union(*more)
        return found
