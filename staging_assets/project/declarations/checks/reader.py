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
from staging_assets.model import SCHEMA_NODE, CheckDeclaration, Table, cleanup_node
from staging_assets.project.declarations.checks.arguments import (
    READERS,
    Arguments,
    Mistake,
    read_pairs,
    read_value,
)
from staging_assets.project.declarations.checks.lines import CheckLine, read_changes, read_lines
from staging_assets.project.declarations.checks.names import find_check_name
from staging_assets.project.declarations.checks.patterns import (
    find_matching_tables,
    is_pattern,
    spread,
)

SCHEMA_CHECKS = ("schema_exists", "schema_matches_scripts", "foreign_keys_valid")
DEFAULTS = ("table_exists", "table_not_empty", "has_values")


def find_declarations(
    node: yaml.Node,
    label: str,
    tables: Mapping[str, Table],
    cleanups: Collection[str] | None = None,
    earlier: Sequence[CheckDeclaration] = (),
) -> tuple[list[CheckDeclaration], list[Problem]]:
    """Read the value of `checks:`.

    Args:
        node: the value, as `yaml.compose` gives it.
        label: the file, as it is shown to people.
        tables: the staging tables by name.
        cleanups: tables that have a cleanup; None when that is not known.
        earlier: what has been declared before (for all departments, say), so that it can be
            changed by its name here.

    Returns the declarations, patterns spread out over tables and columns, and the problems.
    """
    reading = _Reading(label, tables, cleanups, {(d.table, d.name): d for d in earlier})
    try:
        entries = read_pairs(node) if not _is_empty(node) else []
    except Mistake as mistake:
        reading.note(mistake)
        entries = []
    # What is said of one table wins over what is said of many.
    for name, key, value in sorted(entries, key=lambda entry: not is_pattern(entry[0])):
        reading.read_entry(name, key, value)
    return reading.declared, reading.problems


def _is_empty(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and read_value(node) is None


class _Reading:
    """The reading of one `checks:` value: what has been declared so far, and what is wrong."""

    def __init__(
        self,
        label: str,
        tables: Mapping[str, Table],
        cleanups: Collection[str] | None,
        earlier: Mapping[tuple[str, str], CheckDeclaration],
    ) -> None:
        self._label = label
        self._tables = tables
        self._cleaned = {cleanup_node(name): name for name in tables}
        self._cleanups = cleanups
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

    def read_entry(self, name: str, key: yaml.Node, value: yaml.Node) -> None:
        """Read all checks of one node or table pattern."""
        try:
            nodes = self._find_nodes(name, key)
            lines = read_lines(value)
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

    def _find_nodes(self, name: str, key: yaml.Node) -> list[str]:
        """The nodes that a key of `checks:` stands for."""
        if name == SCHEMA_NODE or name in self._tables:
            return [name]
        if is_pattern(name):
            found = find_matching_tables(name, self._tables)
            if not found:
                raise Mistake(key, f"no table is called like {name!r}", "Check the pattern")
            return found
        of = self._cleaned.get(name)
        if of is not None:
            if self._cleanups is None or of in self._cleanups:
                return [name]
            raise Mistake(key, f"the table {of!r} has no cleanup", f"Declare this for {of}")
        raise Mistake(key, f"there is no table {name!r}", "Give the name of a staging table")

    def _read_check(self, nodes: Sequence[str], pattern: bool, line: CheckLine) -> None:
        changes = isinstance(line.argument, yaml.MappingNode) or read_value(line.argument) is False
        if line.kind not in READERS or (line.kind in DEFAULTS and changes):
            self._override(nodes, line)
            return
        if nodes == [SCHEMA_NODE]:
            raise Mistake(line.key, f"{line.kind} checks one table", "Declare it for a table")
        found = [
            CheckDeclaration(
                table=node,
                kind=line.kind,
                name=line.name or find_check_name(line.kind, each),
                arguments=each,
                label=self._label,
                line=line.number,
                **line.given,
            )
            for arguments in READERS[line.kind](line.argument)
            for node in nodes
            for each in self._spread(node, pattern, line, arguments)
        ]
        if not found:
            todo = "Check the names of the columns"
            raise Mistake(line.argument, "no table has such a column", todo)
        self._add(found, pattern, line)

    def _spread(
        self, node: str, pattern: bool, line: CheckLine, arguments: Arguments
    ) -> list[dict[str, Any]]:
        of_cleanup = node not in self._tables
        table = self._tables[self._cleaned[node] if of_cleanup else node]
        found = spread(
            line.kind,
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
            raise Mistake(line.key, f"one name, {line.name!r}, is given to several checks", todo)
        for check in found:
            where = (check.table, check.name)
            if where in self._named and where not in self._from_pattern:
                what = f"two checks of {check.table} are called {check.name!r}"
                raise Mistake(line.key, what, "Remove one, or give it a `name` of its own")
            self._named[where] = check
            (self._from_pattern.add if pattern else self._from_pattern.discard)(where)
            self._found.append(check)

    def _override(self, nodes: Sequence[str], line: CheckLine) -> None:
        """Change or take away a check that exists without this line."""
        concerned = [node for node in nodes if self._exists(node, line.kind)]
        if not concerned:
            known = ", ".join(SCHEMA_CHECKS if list(nodes) == [SCHEMA_NODE] else READERS)
            what = f"{line.kind!r} is no kind of check, nor the name of one that is there"
            raise Mistake(line.key, what, f"Use one of: {known}")
        arguments = {"override": read_changes(line.kind, line.argument)}
        self._found += [
            CheckDeclaration(
                node, line.kind, line.kind, arguments, label=self._label, line=line.number
            )
            for node in concerned
        ]

    def _exists(self, node: str, name: str) -> bool:
        if node == SCHEMA_NODE:
            return name in SCHEMA_CHECKS
        if (node, name) in self._named:
            return True
        if node in self._tables:
            # Which of the two is there may differ from department to department.
            return name in DEFAULTS[:2]
        return name == "has_values" or name.endswith("_has_values") or name == "table_not_empty"
