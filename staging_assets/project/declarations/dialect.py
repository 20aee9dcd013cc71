"""What staging.yaml says of how scripts are read: `variables` and `search_path`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

from staging_assets.errors import Problem
from staging_assets.model import Script
from staging_assets.project.declarations.documents import Document, MalformedError, is_empty

DIALECT_KEYS = ("variables", "search_path")
_SAID = re.compile(r"(?:^|[{,\s\"'])(?:variables|search_path)[\"']?\s*:")


@dataclass
class Dialect:
    """How the scripts of one department are read.

    Args:
        variables: how a parameter is spelled to its value; a plain name is psql's.
        search_path: where names without a schema are looked up.
        problems: what is wrong in the file.
    """

    variables: dict[str, str] = field(default_factory=dict)
    search_path: tuple[str, ...] = ()
    problems: list[Problem] = field(default_factory=list)


def read_dialect(script: Script | None, department: str, given: Mapping[str, str]) -> Dialect:
    """Read that part of staging.yaml; the rest of it waits for the scripts.

    Args:
        script: the file, if there is one.
        department: whose own part wins over what stands above.
        given: values of variables from outside, which win over the file's.
    """
    dialect = Dialect()
    if script is not None and _SAID.search(script.text):
        document = Document(script)
        try:
            root = document.compose()
        except MalformedError:
            root = None  # told when the rest is read
        if isinstance(root, yaml.MappingNode):
            _read_section(document, root, dialect)
            for key, value in root.value:
                if key.value == "departments" and isinstance(value, yaml.MappingNode):
                    for name, section in value.value:
                        if name.value == department and isinstance(section, yaml.MappingNode):
                            _read_section(document, section, dialect)
    dialect.variables.update(given)
    return dialect


def _read_section(document: Document, node: yaml.MappingNode, dialect: Dialect) -> None:
    for key, value in node.value:
        try:
            if key.value == "variables":
                for name, key_node, said in document.pairs(value, "`variables`"):
                    if not name.strip():
                        todo = "Write it as the scripts do"
                        dialect.problems.append(document.note(key_node, "a name is empty", todo))
                        continue
                    empty = isinstance(said, yaml.ScalarNode) and is_empty(said)
                    dialect.variables[name] = "" if empty else document.text(said, "a value")
            elif key.value == "search_path":
                single = isinstance(value, yaml.ScalarNode) and not is_empty(value)
                items = [value] if single else document.items(value, "`search_path`")
                dialect.search_path = tuple(document.text(each, "a schema") for each in items)
        except MalformedError as error:
            dialect.problems.append(error.problem)
