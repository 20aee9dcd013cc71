"""The rows of lookup tables, from YAML: `{table: {columns: [...], rows: [[...], ...]}}`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import yaml

from staging_assets.errors import Problem
from staging_assets.model import Lookup, Script
from staging_assets.parser import fold
from staging_assets.project.declarations.documents import Document, MalformedError, is_empty
from staging_assets.project.scripts.create import Creation

_KEY = "code"
_TEXT_TYPES = ("text", "varchar", "char", "character", "bpchar", "name", "citext")


def read_lookups(
    script: Script, tables: Mapping[str, Creation], unread: Collection[str] = ()
) -> tuple[dict[str, Lookup], list[Problem]]:
    """Read one lookup YAML.

    A value without quotes that is meant for a text column keeps its spelling (`No`, `007`,
    `2001-01-01`); YAML would make a boolean, a number, a date of it.

    Args:
        script: the file.
        tables: the tables that there are, by name.
        unread: folded names of tables whose script has a mistake of its own.

    Returns the rows of each table that has no mistake, and the problems.
    """
    reading = _Reading(Document(script), tables, unread)
    reading.read()
    return reading.found, reading.problems


def add_rows(
    shared: Mapping[str, Lookup], more: Mapping[str, Lookup]
) -> tuple[dict[str, Lookup], list[Problem]]:
    """The shared rows with a department's: one of the same code takes the place of the shared.

    Rows are matched by the column `code`, or the first when there is none.
    """
    merged = dict(shared)
    problems: list[Problem] = []
    for table, lookup in more.items():
        base = shared.get(table)
        if base is None:
            merged[table] = lookup
        elif set(base.columns) != set(lookup.columns):
            what = f"{table} has other columns here than in {base.label}"
            todo = f"List the columns {', '.join(base.columns)}"
            problems.append(Problem(lookup.label, lookup.line, 1, what, todo))
        else:
            merged[table] = _merge(base, lookup)
    return merged, problems


def _merge(base: Lookup, more: Lookup) -> Lookup:
    order = [more.columns.index(column) for column in base.columns]
    key = base.columns.index(_KEY) if _KEY in base.columns else 0
    added = [tuple(row[index] for index in order) for row in more.rows]
    replaced = {repr(row[key]) for row in added}
    kept = [row for row in base.rows if repr(row[key]) not in replaced]
    return Lookup(base.columns, (*kept, *added), more.label, more.line)


class _Reading:
    def __init__(
        self, document: Document, tables: Mapping[str, Creation], unread: Collection[str]
    ) -> None:
        self.document, self.tables, self.unread = document, tables, unread
        self.found: dict[str, Lookup] = {}
        self.problems: list[Problem] = []

    def read(self) -> None:
        try:
            root = self.document.compose()
            entries = self.document.pairs(root, "the file") if root is not None else []
        except MalformedError as error:
            self.problems.append(error.problem)
            return
        seen: dict[str, int] = {}
        for name, key, value in entries:
            creation = self._find_table(name)
            if creation is None and fold(name) in self.unread:
                continue
            if creation is None:
                what = f"there is no table {name!r}"
                todo = f"Add create_tables/CREATE-staging-{name}.sql, or correct the name"
                self._note(key, what, todo)
                continue
            if creation.name in seen:
                what = f"{name} stands here twice, first in line {seen[creation.name]}"
                self._note(key, what, "Put all its rows in one place")
                continue
            seen[creation.name] = key.start_mark.line + 1
            try:
                self._read_table(creation, key, value)
            except MalformedError as error:
                self.problems.append(error.problem)

    def _note(self, node: yaml.Node, what: str, todo: str) -> None:
        self.problems.append(self.document.note(node, what, todo))

    def _find_table(self, name: str) -> Creation | None:
        bare = name.removeprefix("staging.")
        return self.tables.get(bare) or self.tables.get(fold(bare))

    def _read_table(self, creation: Creation, key: yaml.Node, value: yaml.Node) -> None:
        parts: dict[str, yaml.Node] = {}
        for name, node, part in self.document.pairs(value, creation.name):
            if name not in ("columns", "rows"):
                self._note(node, f"unknown key {name!r}", "Use `columns` and `rows`")
            elif name in parts:
                self._note(node, f"{name!r} stands here twice", "Remove one")
            else:
                parts[name] = part
        if "columns" not in parts:
            todo = "Add `columns: [code, value, ...]`"
            self._note(key, f"{creation.name} has no `columns`", todo)
            return
        columns = self._read_columns(creation, parts["columns"])
        rows = parts.get("rows")
        read = self._read_rows(creation, columns, rows) if rows is not None else ()
        line = key.start_mark.line + 1
        self.found[creation.name] = Lookup(tuple(columns), read, self.document.label, line)

    def _read_columns(self, creation: Creation, node: yaml.Node) -> list[str]:
        known = {column.name for column in creation.columns}
        columns: list[str] = []
        for item in self.document.items(node, "`columns`"):
            written = self.document.text(item, "a column")
            name = written if written in known or fold(written) not in known else fold(written)
            if name in columns:
                self._note(item, f"the column {written!r} stands here twice", "Remove one")
            elif creation.complete and name not in known:
                listed = ", ".join(column.name for column in creation.columns) or "none"
                what = f"{creation.name} has no column {written!r}"
                self._note(item, what, f"Use its columns: {listed}")
            columns.append(name)
        if not columns:
            self._note(node, "`columns` is empty", "List the columns that the rows give")
        return columns

    def _read_rows(
        self, creation: Creation, columns: Sequence[str], node: yaml.Node
    ) -> tuple[tuple[Any, ...], ...]:
        types = {column.name: column.type for column in creation.columns}
        texts = [_is_text(types.get(column, "")) for column in columns]
        rows = []
        for item in self.document.items(node, "`rows`"):
            try:
                cells = self.document.items(item, "a row")
                if len(cells) != len(columns):
                    count = "1 value" if len(cells) == 1 else f"{len(cells)} values"
                    what = f"a row of {creation.name} has {count} for {len(columns)} columns"
                    self._note(item, what, f"Give one value each for {', '.join(columns)}")
                    continue
                rows.append(
                    tuple(self._read_cell(*each) for each in zip(cells, texts, strict=True))
                )
            except MalformedError as error:
                self.problems.append(error.problem)
        return tuple(rows)

    def _read_cell(self, node: yaml.Node, is_text: bool) -> Any:
        if isinstance(node, yaml.MappingNode):
            raise MalformedError(
                self.document.note(node, "a value is a mapping", "Put it in quotes, as text")
            )
        written = isinstance(node, yaml.ScalarNode) and node.tag != "tag:yaml.org,2002:binary"
        if is_text and written and not is_empty(node):
            return node.value
        return self.document.value(node)


def _is_text(spelled: str) -> bool:
    head = spelled.lower().split("(")[0].strip()
    return head.removesuffix(" varying") in _TEXT_TYPES and "[" not in spelled
