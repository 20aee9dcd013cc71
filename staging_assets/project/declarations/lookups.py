"""The rows of lookup tables, from YAML: `{table: {columns: [...], rows: [[...], ...]}}`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache

import yaml

from staging_assets.errors import Problem
from staging_assets.model import (
    Cell,
    Lookup,
    Number,
    SchemaNames,
    Script,
    find_number,
    find_value,
    is_of_sixty,
)
from staging_assets.parser import fold
from staging_assets.project.declarations.documents import Document, MalformedError, is_empty
from staging_assets.project.scripts.create import Creation

_KEY = "code"
_TEXT_TYPES = ("text", "varchar", "char", "character", "bpchar", "name", "citext")
_NUMBER_TYPES = frozenset(
    (
        *("smallint", "integer", "int", "bigint", "int2", "int4", "int8", "real", "float"),
        *("double precision", "float4", "float8", "numeric", "decimal", "dec", "money", "oid"),
        *("serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"),
    )
)
_WRITTEN = frozenset(
    f"tag:yaml.org,2002:{tag}" for tag in ("str", "int", "float", "bool", "value", "merge")
)
_BEGINS_NUMBER = frozenset("+-.0123456789")
_QUOTES = frozenset(("'", '"', "|", ">"))
_NUMBER_TAGS = frozenset(("tag:yaml.org,2002:int", "tag:yaml.org,2002:float"))


def read_lookups(
    script: Script,
    tables: Mapping[str, Creation],
    unread: Collection[str],
    schemas: SchemaNames,
) -> tuple[dict[str, Lookup], list[Problem]]:
    """Read one lookup YAML.

    A value is what is written (`No`, `007`, `1.50`, `2001-01-01`), and Postgres reads it: YAML
    would make a boolean, another number, a date of it. Only `~` and `null` are NULL.

    Args:
        script: the file.
        tables: the tables that there are, by name.
        unread: folded names of tables whose script has a mistake of its own.
        schemas: what scripts call the schemas.

    Returns the rows of each table that has no mistake, and the problems.
    """
    reading = _Reading(Document(script), tables, unread, schemas)
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
    replaced = {_find_code(row[key]) for row in added}
    kept = [
        (row, place)
        for row, place in zip(base.rows, base.places, strict=True)
        if _find_code(row[key]) not in replaced
    ]
    rows = (*(row for row, _ in kept), *added)
    places = (*(place for _, place in kept), *more.places)
    return Lookup(base.columns, rows, more.label, more.line, places, more.path)


def _find_code(cell: Cell) -> object:
    """A code as it is compared: 7, 07 and 7.0 are one where they stand without quotes."""
    if isinstance(cell, Number):
        return find_value(cell.plain)
    return str(cell) if isinstance(cell, list) else cell


class _Reading:
    def __init__(
        self,
        document: Document,
        tables: Mapping[str, Creation],
        unread: Collection[str],
        schemas: SchemaNames,
    ) -> None:
        self.document, self.tables, self.unread = document, tables, unread
        self.schemas = schemas
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
                file = self.schemas.create_file(name.removeprefix(f"{self.schemas.staging}."))
                todo = f"Add create_tables/{file}, or correct the name"
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
        bare = name.removeprefix(f"{self.schemas.staging}.")
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
        read, places = self._read_rows(creation, columns, rows) if rows is not None else ([], [])
        line, label = key.start_mark.line + 1, self.document.label
        self.found[creation.name] = Lookup(
            tuple(columns), tuple(read), label, line, tuple(places), self.document.path
        )

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
    ) -> tuple[list[tuple[Cell, ...]], list[str]]:
        """The rows, and for each the place where it stands."""
        types = {column.name: column.type for column in creation.columns}
        spelled = [types.get(column, "") for column in columns]
        rows: list[tuple[Cell, ...]] = []
        places: list[str] = []
        for item in self.document.items(node, "`rows`"):
            try:
                cells = self.document.items(item, "a row")
                if len(cells) != len(columns):
                    count = "1 value" if len(cells) == 1 else f"{len(cells)} values"
                    what = f"a row of {creation.name} has {count} for {len(columns)} columns"
                    self._note(item, what, f"Give one value each for {', '.join(columns)}")
                    continue
                rows.append(tuple(map(self._read_cell, cells, spelled)))
                places.append(f"{self.document.label}:{item.start_mark.line + 1}")
            except MalformedError as error:
                self.problems.append(error.problem)
            except RecursionError:
                self._note(item, "a value is nested in itself", "Write it out, without an anchor")
        return rows, places

    def _read_cell(self, node: yaml.Node, spelled: str) -> Cell:
        """A value for a column whose type is spelled so in the CREATE script, or not known."""
        if isinstance(node, yaml.MappingNode):
            raise MalformedError(
                self.document.note(node, "a value is a mapping", "Put it in quotes, as text")
            )
        if isinstance(node, yaml.SequenceNode):
            return [self._read_cell(each, spelled.partition("[")[0]) for each in node.value]
        if is_empty(node):
            return None
        if node.tag == "tag:yaml.org,2002:binary":
            return "\\x" + bytes(self.document.value(node)).hex()
        written = str(node.value)
        # Quotes and `!!str` make a text of anything; `!!int` makes a number of what is in quotes.
        quoted = getattr(node, "style", None) in _QUOTES and node.tag not in _NUMBER_TAGS
        is_word = node.tag == "tag:yaml.org,2002:str" and written[:1] not in _BEGINS_NUMBER
        if quoted or is_word:
            return written
        if _is_number(spelled) and is_of_sixty(written):
            what = f"{written} is a number in base sixty to YAML, and none to Postgres"
            raise MalformedError(self.document.note(node, what, "Write it in plain digits"))
        if node.tag not in _WRITTEN and not _is_text(spelled):
            self.document.value(node)  # a day or a tag that there is not is told with its line
        plain = None if _is_text(spelled) else find_number(written)
        return written if plain is None else Number(written, plain)


@cache
def _is_number(spelled: str) -> bool:
    return spelled.lower().split("(")[0].strip() in _NUMBER_TYPES


@cache
def _is_text(spelled: str) -> bool:
    head = spelled.lower().split("(")[0].strip()
    return head.removesuffix(" varying") in _TEXT_TYPES and "[" not in spelled
