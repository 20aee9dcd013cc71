"""The checks that staging.yaml declares: from YAML nodes to `CheckDeclaration`s.

The grammar is in docs/checks.md. In short: node or table pattern, then a list of checks (or a
mapping of them); a check is one kind with its arguments, and options beside it. A key that is no
kind is the name of a check that exists already, to be changed or taken away.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import yaml

from staging_assets.errors import Problem
from staging_assets.model import (
    SCHEMA_NODE,
    CheckDeclaration,
    SchemaNames,
    Table,
    cleanup_node,
)
from staging_assets.project.declarations.checks.kinds import DeclarableKind, Kinds
from staging_assets.project.declarations.checks.lines import CheckLine, read_changes, read_lines
from staging_assets.project.declarations.checks.patterns import (
    find_matching_tables,
    is_pattern,
    spread,
)
from staging_assets.project.declarations.checks.written import Mistake, WrittenNode

_NO_KINDS = "Hand them to load_project: kinds=staging_assets.checks.KINDS"


def find_declarations(
    node: yaml.Node,
    label: str,
    tables: Mapping[str, Table],
    cleanups: Collection[str] | None = None,
    earlier: Sequence[CheckDeclaration] = (),
    *,
    kinds: Kinds,
    schemas: SchemaNames,
) -> tuple[list[CheckDeclaration], list[Problem]]:
    """Read the value of `checks:`.

    Args:
        node: the value, as `yaml.compose` gives it.
        label: the file, as it is shown to people.
        tables: the staging tables by name.
        cleanups: tables that have a cleanup; None when that is not known.
        earlier: what has been declared before (for all departments, say), so that it can be
            changed by its name here.
        kinds: the kinds of checks, by name.
        schemas: what the SQL of checks calls the schemas.

    Returns the declarations, patterns spread out over tables and columns, and the problems.
    """
    written = WrittenNode(node)
    reading = _Reading(label, tables, cleanups, {(d.table, d.name): d for d in earlier}, kinds)
    reading.schemas = schemas
    try:
        entries = [] if written.is_text and written.value is None else written.pairs()
    except Mistake as mistake:
        reading.note(mistake)
        entries = []
    # What is said of one table wins over what is said of many.
    for name, key, value in sorted(entries, key=lambda entry: not is_pattern(entry[0])):
        reading.read_entry(name, key, value)
    return reading.declared, reading.problems


class _Reading:
    """The reading of one `checks:` value: what has been declared so far, and what is wrong."""

    def __init__(
        self,
        label: str,
        tables: Mapping[str, Table],
        cleanups: Collection[str] | None,
        earlier: Mapping[tuple[str, str], CheckDeclaration],
        kinds: Kinds,
    ) -> None:
        self._label = label
        self._tables = tables
        self._cleaned = {cleanup_node(name): name for name in tables}
        self._cleanups = cleanups
        self._kinds = kinds
        self.schemas = SchemaNames()
        self._named: dict[tuple[str, str], CheckDeclaration] = dict(earlier)
        self._from_pattern: set[tuple[str, str]] = set(earlier)
        self.problems: list[Problem] = []
        self._found: list[CheckDeclaration] = []

    @property
    def declared(self) -> list[CheckDeclaration]:
        """Everything found; a check declared again for one table stands only once."""
        last = {(d.table, d.name): d for d in self._found if "override" not in d.arguments}
        return [d for d in self._found if "override" in d.arguments or last[d.table, d.name] is d]

    def note(self, mistake: Mistake) -> None:
        mark = mistake.node.start_mark
        self.problems.append(
            Problem(self._label, mark.line + 1, mark.column + 1, mistake.what, mistake.todo)
        )

    def read_entry(self, name: str, key: WrittenNode, value: WrittenNode) -> None:
        """Read all checks of one node or table pattern."""
        try:
            nodes = self._find_nodes(name, key)
            lines = read_lines(value, self._kinds)
        except Mistake as mistake:
            self.note(mistake)
            return
        for line in lines:
            try:
                if isinstance(line, Mistake):
                    raise line
                self._read_check(nodes, is_pattern(name), line)
            except Mistake as mistake:
                self.note(mistake)

    def _find_nodes(self, name: str, key: WrittenNode) -> list[str]:
        """The nodes that a key of `checks:` stands for."""
        if name == SCHEMA_NODE or name in self._tables:
            return [name]
        if is_pattern(name):
            found = find_matching_tables(name, self._tables)
            if not found:
                raise key.mistake(f"no table is called like {name!r}", "Check the pattern")
            return found
        of = self._cleaned.get(name)
        if of is not None:
            if self._cleanups is None or of in self._cleanups:
                return [name]
            raise key.mistake(f"the table {of!r} has no cleanup", f"Declare this for {of}")
        raise key.mistake(f"there is no table {name!r}", "Give the name of a staging table")

    def _read_check(self, nodes: Sequence[str], pattern: bool, line: CheckLine) -> None:
        changes = line.argument.is_mapping or line.argument.value is False
        kind = self._kinds.get(line.kind)
        if kind is None or kind.of_schema or (kind.default_of and changes):
            self._override(nodes, line)
            return
        if nodes == [SCHEMA_NODE]:
            raise line.key.mistake(f"{line.kind} checks one table", "Declare it for a table")
        found = [
            CheckDeclaration(
                table=node,
                kind=line.kind,
                name=line.name or kind.suggest_name(each),
                arguments=each,
                label=self._label,
                line=line.key.line,
                tables=frozenset(kind.tables(each, self.schemas)),
                **line.given,
            )
            for arguments in kind.read(line.argument)
            for node in nodes
            for each in self._spread(kind, node, pattern, line, arguments)
        ]
        if not found:
            todo = "Check the names of the columns"
            raise line.argument.mistake("no table has such a column", todo)
        self._add(found, pattern, line)

    def _spread(
        self,
        kind: DeclarableKind,
        node: str,
        pattern: bool,
        line: CheckLine,
        arguments: Mapping[str, Any],
    ) -> list[dict[str, Any]]:
        of_cleanup = node not in self._tables
        table = self._tables[self._cleaned[node] if of_cleanup else node]
        found = spread(
            kind,
            arguments,
            table,
            self._tables,
            line.argument,
            missing="keep" if of_cleanup else "skip" if pattern else "mistake",
        )
        samples = {"sample_columns": line.sample_columns} if line.sample_columns else {}
        return [{**each, **samples} for each in found]

    def _add(self, found: list[CheckDeclaration], pattern: bool, line: CheckLine) -> None:
        if line.name and len({(d.table, d.name) for d in found}) < len(found):
            todo = "Leave `name` out, or write one line for each"
            raise line.key.mistake(f"one name, {line.name!r}, is given to several checks", todo)
        for check in found:
            where = (check.table, check.name)
            if where in self._named and where not in self._from_pattern:
                what = f"two checks of {check.table} are called {check.name!r}"
                raise line.key.mistake(what, "Remove one, or give it a `name` of its own")
            self._named[where] = check
            (self._from_pattern.add if pattern else self._from_pattern.discard)(where)
            self._found.append(check)

    def _override(self, nodes: Sequence[str], line: CheckLine) -> None:
        """Change or take away a check that exists without this line."""
        concerned = [node for node in nodes if self._exists(node, line.kind)]
        if not concerned:
            of_schema = list(nodes) == [SCHEMA_NODE]
            known = [name for name, kind in self._kinds.items() if kind.of_schema == of_schema]
            what = f"{line.kind!r} is no kind of check, nor the name of one that is there"
            todo = f"Use one of: {', '.join(known)}" if known else _NO_KINDS
            raise line.key.mistake(what, todo)
        kind = self._kinds.get(line.kind)
        takes_except = kind is not None and kind.takes_except
        arguments = {"override": read_changes(line.argument, takes_except=takes_except)}
        self._found += [
            CheckDeclaration(
                node, line.kind, line.kind, arguments, label=self._label, line=line.key.line
            )
            for node in concerned
        ]

    def _exists(self, node: str, name: str) -> bool:
        kind = self._kinds.get(name)
        if node == SCHEMA_NODE:
            return kind is not None and kind.of_schema
        if (node, name) in self._named:
            return True
        # Which of the defaults is there may differ from department to department.
        of = "table" if node in self._tables else "cleanup"
        if kind is not None:
            return of in kind.default_of
        return of == "cleanup" and name.endswith("_has_values")
