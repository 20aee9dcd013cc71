"""The lines under `checks:`: one kind of check each, with its options beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from staging_assets.project.declarations.checks.arguments import (
    Mistake,
    read_pairs,
    read_text,
    read_texts,
    read_value,
)
from staging_assets.project.declarations.checks.names import is_check_name

OPTIONS = ("name", "severity", "blocking", "description", "sample_columns")
CHANGEABLE = ("severity", "blocking", "description")
EXCEPTING = ("schema_matches_scripts", "foreign_keys_valid")
_SEVERITIES = {"error": "ERROR", "warn": "WARN", "warning": "WARN"}


@dataclass(frozen=True)
class CheckLine:
    """One check as it is written.

    Args:
        kind: its key: a kind, or the name of a check that is there already.
        key: the node of that key.
        argument: the node of its arguments.
        name: the option of this name, or None.
        given: severity, blocking and description, where given.
        sample_columns: the option of this name.
    """

    kind: str
    key: yaml.Node
    argument: yaml.Node
    name: str | None = None
    given: Mapping[str, Any] = field(default_factory=dict)
    sample_columns: tuple[str, ...] = ()

    @property
    def number(self) -> int:
        """Its line in the file, from 1."""
        return int(self.key.start_mark.line) + 1


def read_lines(node: yaml.Node) -> list[CheckLine | Mistake]:
    """Read the checks of one entry; one that is wrong does not hide the others.

    Raises Mistake when the node is neither a list nor a mapping.
    """
    if isinstance(node, yaml.MappingNode):
        return [CheckLine(kind, key, value) for kind, key, value in read_pairs(node)]
    if not isinstance(node, yaml.SequenceNode):
        raise Mistake(node, "a list of checks is expected here", "Write `- kind: arguments` lines")
    found: list[CheckLine | Mistake] = []
    for item in node.value:
        try:
            found.append(_read_line(item))
        except Mistake as mistake:
            found.append(mistake)
    return found


def _read_line(item: yaml.Node) -> CheckLine:
    if isinstance(item, yaml.ScalarNode):
        # `- table_not_empty`: a check that takes no arguments.
        nothing = yaml.ScalarNode("tag:yaml.org,2002:null", "", item.start_mark, item.end_mark)
        return CheckLine(read_text(item, "a kind of check"), item, nothing)
    pairs = read_pairs(item)
    kinds = [pair for pair in pairs if pair[0] not in OPTIONS]
    todo = "Write one `- kind: arguments` for each check"
    if not kinds:
        raise Mistake(item, "this line has no kind of check", todo)
    if len(kinds) > 1:
        what = f"this line has two kinds of checks, {kinds[0][0]} and {kinds[1][0]}"
        raise Mistake(kinds[1][1], what, todo)
    kind, key, argument = kinds[0]
    options = {name: value for name, _, value in pairs if name in OPTIONS}
    name = _read_name(options["name"]) if "name" in options else None
    if kind == "sql" and name is None:
        raise Mistake(key, "an sql check has no name", "Add `name: what_it_finds`")
    samples = options.get("sample_columns")
    return CheckLine(
        kind=kind,
        key=key,
        argument=argument,
        name=name,
        given={o: _read_option(o, n) for o, n in options.items() if o in CHANGEABLE},
        sample_columns=tuple(read_texts(samples, "the name of a column")) if samples else (),
    )


def read_changes(kind: str, node: yaml.Node) -> Mapping[str, Any]:
    """What is changed of a check that is there already: `off`, or options.

    Args:
        kind: the name of the check. Those of the whole schema also take `except`, a list.
        node: of the change.

    Returns {"off": True}, or severity, blocking, description and arguments where given.
    """
    if not isinstance(node, yaml.MappingNode):
        if read_value(node) is False:
            return {"off": True}
        todo = "Write `off`, or options such as {severity: warn}"
        raise Mistake(node, "this check is there already", todo)
    pairs = read_pairs(node)
    allowed = (*CHANGEABLE, "except") if kind in EXCEPTING else CHANGEABLE
    wrong = next((key for option, key, _ in pairs if option not in allowed), None)
    if wrong is not None or not pairs:
        todo = f"Use {', '.join(allowed)}, or `off` in place of all"
        raise Mistake(wrong or node, "this cannot be changed here", todo)
    changes = {
        option: _read_option(option, each) for option, _, each in pairs if option != "except"
    }
    for option, _, value in pairs:
        if option == "except":
            changes["arguments"] = {"except": tuple(read_texts(value, "table or table.column"))}
    return changes


def _read_name(node: yaml.Node) -> str:
    name = read_text(node, "a name")
    if not is_check_name(name):
        raise Mistake(node, f"{name!r} is no name for a check", "Use letters, digits and _")
    return name


def _read_option(option: str, node: yaml.Node) -> Any:
    if option == "description":
        return read_text(node, "a description")
    if option == "blocking":
        if not isinstance(read_value(node), bool):
            raise Mistake(node, "blocking is true or false", "Write true or false")
        return read_value(node)
    severity = _SEVERITIES.get(read_text(node, "error or warn").lower())
    if severity is None:
        raise Mistake(node, "a severity is error or warn", "Write error or warn")
    return severity
