"""staging.yaml: what the scripts cannot say by themselves. Every key is optional."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

import yaml

from staging_assets.errors import Problem
from staging_assets.model import (
    CheckDeclaration,
    CsvOptions,
    SchemaNames,
    Script,
    SourceRule,
    Table,
    cleanup_node,
    find_value,
)
from staging_assets.project.declarations.checks.kinds import Kinds
from staging_assets.project.declarations.checks.reader import find_declarations
from staging_assets.project.declarations.csv_yaml import read_csv_options
from staging_assets.project.declarations.dialect import DIALECT_KEYS
from staging_assets.project.declarations.documents import Document, MalformedError, is_empty
from staging_assets.project.declarations.labels import read_kinds, read_owners, read_tags
from staging_assets.project.declarations.sources_yaml import read_source_rule

KEYS = (
    "priorities",
    "dependencies",
    "in_place",
    "cleanups",
    "descriptions",
    "owners",
    "tags",
    "kinds",
    "checks",
    "csv",
    "sources",
    *DIALECT_KEYS,
)


@dataclass(frozen=True)
class Placed:
    """A name and where the file says it: line and column, counted from 1."""

    name: str
    line: int
    column: int


@dataclass(frozen=True)
class Known:
    """The names that may stand in the file.

    Args:
        nodes: of the chosen department, as they are spelled.
        elsewhere: cleanup nodes that only other departments have.
        tables: names of all tables.
        cleaned: tables that have a cleanup in the chosen department.
        departments: names of the folders.
        schemas: what scripts call the schemas.
    """

    nodes: Collection[str]
    elsewhere: Collection[str]
    tables: Collection[str]
    cleaned: Collection[str]
    departments: Collection[str]
    schemas: SchemaNames


@dataclass
class Config:
    """What the file says for one department; `cleanups` is the column of each table."""

    label: str = ""
    priorities: dict[str, int] = field(default_factory=dict)
    dependencies: list[tuple[str, Placed]] = field(default_factory=list)
    in_place: dict[str, Placed] = field(default_factory=dict)
    cleanups: dict[str, Placed] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)
    owners: dict[str, tuple[str, ...]] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    kinds: dict[str, tuple[str, ...]] = field(default_factory=dict)
    check_nodes: list[yaml.Node] = field(default_factory=list)
    csv: CsvOptions = field(default_factory=CsvOptions)
    sources: list[SourceRule] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_config(script: Script, department: str, known: Known) -> Config:
    """Read staging.yaml for one department; all its mistakes are in `problems`.

    What stands under `departments: <name>:` is added to, and wins over, what stands above.
    Other departments' parts are checked for unknown keys only.
    """
    reading = _Reading(Document(script), department, known)
    try:
        root = reading.document.compose()
        if root is not None:
            reading.read_section(root, top=True)
    except MalformedError as error:
        reading.config.problems.append(error.problem)
    return reading.config


def find_checks(
    config: Config,
    tables: Mapping[str, Table],
    cleaned: Collection[str],
    kinds: Kinds,
    schemas: SchemaNames,
) -> tuple[tuple[CheckDeclaration, ...], list[Problem]]:
    """The declared checks: the department's own take the place of those of the same name."""
    found: list[CheckDeclaration] = []
    problems: list[Problem] = []
    for node in config.check_nodes:
        more, wrong = find_declarations(
            node, config.label, tables, cleaned, found, kinds=kinds, schemas=schemas
        )
        again = {(check.table, check.name) for check in more if "override" not in check.arguments}
        found = [check for check in found if (check.table, check.name) not in again]
        found += more
        problems += wrong
    return tuple(found), problems


class _Reading:
    def __init__(self, document: Document, department: str, known: Known) -> None:
        self.document, self.department, self.known = document, department, known
        self.config = Config(document.label)

    def note(self, node: yaml.Node, what: str, todo: str) -> None:
        self.config.problems.append(self.document.note(node, what, todo))

    def read_section(self, node: yaml.Node, *, top: bool, ours: bool = True) -> None:
        """Read the whole file, or what it says of one department."""
        seen: set[str] = set()
        departments = None
        for key, key_node, value in self.document.pairs(node, "the file" if top else "this"):
            if key in seen:
                self.note(key_node, f"{key!r} stands here twice", "Put both into one")
                continue
            seen.add(key)
            if key == "departments" and top:
                departments = value
            elif key not in KEYS:
                allowed = ", ".join((*KEYS, "departments") if top else KEYS)
                self.note(key_node, f"unknown key {key!r}", f"Use one of: {allowed}")
            elif ours:
                self.guard(lambda key=key, value=value: self.read_key(key, value))  # type: ignore[misc]
        if departments is not None:
            self.guard(lambda: self.read_departments(departments))

    def guard(self, read: Callable[[], None]) -> None:
        """Read one part; its mistakes keep no other part from being read."""
        try:
            read()
        except MalformedError as error:
            self.config.problems.append(error.problem)

    def read_departments(self, node: yaml.Node) -> None:
        for name, key, value in self.document.pairs(node, "`departments`"):
            if name not in self.known.departments:
                there = ", ".join(self.known.departments) or "none"
                self.note(key, f"there is no department {name!r}", f"Use one of: {there}")
            ours = name == self.department
            self.guard(
                lambda value=value, ours=ours: self.read_section(value, top=False, ours=ours)  # type: ignore[misc]
            )

    def read_key(self, key: str, value: yaml.Node) -> None:
        if key in DIALECT_KEYS:
            return  # read before the scripts were
        if key == "checks":
            if not is_empty(value):
                self.config.check_nodes.append(value)
        elif key == "csv":
            self.config.csv = read_csv_options(self.document, value, self.config.csv)
        elif key == "sources":
            for name, name_node, part in self.document.pairs(value, "`sources`"):
                self.guard(lambda rule=(name, name_node, part): self.read_source(*rule))  # type: ignore[misc]
        elif key == "in_place":
            for item in self.document.items(value, "`in_place`"):
                name = self.document.text(item, "a table")
                if self.is_table(name, item):
                    self.config.in_place[name] = _placed(name, item)
        else:
            seen: set[str] = set()
            for name, name_node, part in self.document.pairs(value, f"`{key}`"):
                if name in seen:
                    self.note(name_node, f"{name!r} stands here twice", "Put both into one")
                    continue
                seen.add(name)
                self.guard(
                    lambda name=name, name_node=name_node, part=part: self.read_entry(  # type: ignore[misc]
                        key, name, name_node, part
                    )
                )

    def read_source(self, name: str, name_node: yaml.Node, value: yaml.Node) -> None:
        self.config.sources.append(read_source_rule(self.document, name, name_node, value))

    def read_entry(self, key: str, name: str, name_node: yaml.Node, value: yaml.Node) -> None:
        if key == "priorities":
            written = value.value if isinstance(value, yaml.ScalarNode) else ""
            number = find_value(written) if isinstance(written, str) else None
            if number is None or not number.is_finite() or number != int(number):
                self.note(value, f"the priority of {name} is no whole number", "Write a number")
            elif self.is_node(name, name_node):
                self.config.priorities[name] = int(number)
        elif key == "dependencies":
            items = self.document.items(value, f"what {name} depends on")
            known = self.is_node(name, name_node)
            for item in items:
                other = self.document.text(item, "a dependency")
                if self.is_node(other, item) and known:
                    self.config.dependencies.append((name, _placed(other, item)))
        elif key == "cleanups":
            self.read_cleanup(name, name_node, value)
        elif key == "descriptions":
            if self.is_node(name, name_node):
                self.config.descriptions[name] = self.document.text(value, "a description")
        elif self.is_node(name, name_node):
            self.read_labels(key, name, value)

    def read_labels(self, key: str, name: str, value: yaml.Node) -> None:
        document, problems = self.document, self.config.problems
        if key == "tags":
            self.config.tags[name] = read_tags(document, value, problems)
        elif key == "kinds":
            self.config.kinds[name] = read_kinds(document, value, problems)
        else:
            self.config.owners[name] = read_owners(document, value, problems)

    def read_cleanup(self, name: str, name_node: yaml.Node, value: yaml.Node) -> None:
        if isinstance(value, yaml.MappingNode):
            for key, key_node, part in self.document.pairs(value, "the cleanup"):
                if key == "column":
                    value = part
                elif key == "department":
                    if self.document.text(part, "a department") != self.department:
                        return
                else:
                    todo = "Use `column` and `department`"
                    self.note(key_node, f"unknown key {key!r}", todo)
                    return
        if not self.is_table(name, name_node):
            return
        if name not in self.known.cleaned and cleanup_node(name) not in self.known.elsewhere:
            file = self.known.schemas.cleanup_file(name)
            todo = f"Add populate_tables/{self.department}/{file}"
            self.note(name_node, f"{name} has no cleanup script", todo)
            return
        column = self.document.text(value, "the column")
        self.config.cleanups[name] = _placed(column, value)

    def is_node(self, name: str, node: yaml.Node) -> bool:
        if name in self.known.nodes:
            return True
        if name not in self.known.elsewhere:
            self.note(node, f"there is no {name!r}", _suggest(name, self.known.nodes))
        return False

    def is_table(self, name: str, node: yaml.Node) -> bool:
        if name not in self.known.tables:
            self.note(node, f"there is no table {name!r}", _suggest(name, self.known.tables))
            return False
        return True


def _placed(name: str, node: yaml.Node) -> Placed:
    return Placed(name, node.start_mark.line + 1, node.start_mark.column + 1)


def _suggest(name: str, known: Collection[str]) -> str:
    alike = difflib.get_close_matches(name, known, 1)
    return f"Did you mean {alike[0]}" if alike else "Correct the name"
