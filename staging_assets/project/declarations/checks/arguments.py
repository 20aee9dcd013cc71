"""What each kind of declared check takes, and how it is read from its YAML node.

A reader gives one mapping of arguments for each check that the line stands for (a line may name
several columns), or raises `Mistake` at the node that is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import yaml

Arguments = dict[str, Any]

_ARROW = re.compile(r"\s*(\S+)\s*->\s*([^\s.]+)\.([^\s.]+)\s*\Z")
_TARGET = re.compile(r"\s*([^\s.]+)\.([^\s.]+)\s*\Z")
_AGE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*\Z", re.IGNORECASE)
_SECONDS = {"minute": 60, "min": 60, "hour": 3600, "h": 3600, "day": 86400, "d": 86400}
_SECONDS |= {"week": 7 * 86400, "w": 7 * 86400, "month": 30 * 86400, "year": 365 * 86400}


class Mistake(Exception):  # noqa: N818 - it becomes a Problem, and is no error of the program
    """Something is wrong at a node: what it is and what to do about it, without full stops."""

    def __init__(self, node: yaml.Node, what: str, todo: str) -> None:
        self.node, self.what, self.todo = node, what, todo
        super().__init__(what)


def read_value(node: yaml.Node) -> Any:
    """The value of a node as the safe loader reads it."""
    try:
        return yaml.constructor.SafeConstructor().construct_object(node, deep=True)
    except yaml.YAMLError as error:
        what = getattr(error, "problem", None) or "this value cannot be read"
        raise Mistake(node, str(what), "Write a plain text, number or list") from None


def read_pairs(node: yaml.Node) -> list[tuple[str, yaml.Node, yaml.Node]]:
    """The pairs of a mapping node: key as text, its node, the value's node."""
    if not isinstance(node, yaml.MappingNode):
        raise Mistake(node, "a mapping (name: value) is expected here", "Write `name: value`")
    return [(str(read_value(key)), key, value) for key, value in node.value]


def read_text(node: yaml.Node, what: str) -> str:
    """A text that is not empty."""
    value = read_value(node) if isinstance(node, yaml.ScalarNode) else None
    if value is None or isinstance(value, bool) or not str(value).strip():
        raise Mistake(node, f"{what} is expected here", f"Give {what}")
    return str(value).strip()


def read_texts(node: yaml.Node, what: str) -> list[str]:
    """One text or a list of them."""
    if isinstance(node, yaml.SequenceNode):
        if not node.value:
            raise Mistake(node, "the list is empty", f"Give {what}")
        return [read_text(each, what) for each in node.value]
    return [read_text(node, what)]


def _read_number(node: yaml.Node, *, whole: bool = True) -> Any:
    value = read_value(node)
    kinds = (int,) if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not 0 <= value < 2**63:
        kind = "a whole number" if whole else "a number of percent"
        raise Mistake(node, f"{kind} of at least 0 is expected here", f"Give {kind}")
    return value


def _read_min_rows(node: yaml.Node) -> list[Arguments]:
    return [{"rows": _read_number(node)}]


def _read_row_count_between(node: yaml.Node) -> list[Arguments]:
    if not isinstance(node, yaml.SequenceNode) or len(node.value) != 2:
        raise Mistake(node, "two numbers are expected here", "Write [least, most]")
    least, most = (_read_number(each) for each in node.value)
    if least > most:
        raise Mistake(node, f"{least} is more than {most}", "Write [least, most]")
    return [{"least": least, "most": most}]


def _read_row_count_change(node: yaml.Node) -> list[Arguments]:
    if isinstance(node, yaml.ScalarNode):
        percent = _read_number(node, whole=False)
        return [{"drop": percent, "growth": percent}]
    limits = {}
    for name, key, value in read_pairs(node):
        if name not in ("drop", "growth"):
            raise Mistake(key, f"{name!r} is no limit", "Write {drop: percent, growth: percent}")
        limits[name] = _read_number(value, whole=False)
    if not limits:
        raise Mistake(node, "no limit is given", "Write {drop: percent, growth: percent}")
    return [limits]


def _read_columns(node: yaml.Node) -> list[Arguments]:
    return [{"columns": read_texts(node, "the name of a column")}]


def _read_column(node: yaml.Node) -> list[Arguments]:
    return [{"column": name} for name in read_texts(node, "the name of a column")]


def _read_accepted_values(node: yaml.Node) -> list[Arguments]:
    found = []
    for column, _, values in read_pairs(node):
        if not isinstance(values, yaml.SequenceNode):
            raise Mistake(values, "a list of values is expected here", "Write {column: [a, b]}")
        accepted = [each for each in map(read_value, values.value) if each is not None]
        if not accepted:
            raise Mistake(values, "the list of values is empty", "Write {column: [a, b]}")
        found.append({"column": column, "values": accepted})
    return found


def _read_relationship(node: yaml.Node) -> list[Arguments]:
    todo = "Write `column -> lookup_table.code`"
    if isinstance(node, yaml.ScalarNode):
        match = _ARROW.match(read_text(node, "a relationship"))
        if match is None:
            raise Mistake(node, "this is no relationship", todo)
        return [{"column": match[1], "to": match[2], "to_column": match[3]}]
    parts = {name: (key, value) for name, key, value in read_pairs(node)}
    wrong = next((key for name, (key, _) in parts.items() if name not in _PARTS), None)
    names = [name for name in ("columns", "column") if name in parts]
    if wrong is not None or len(names) != 1 or "to" not in parts:
        raise Mistake(wrong or node, "a relationship has `columns` and `to`", todo)
    match = _TARGET.match(read_text(parts["to"][1], "table.column"))
    if match is None:
        raise Mistake(parts["to"][1], "this is no column of a table", "Write lookup_table.code")
    columns = read_texts(parts[names[0]][1], "the name of a column")
    return [{"column": name, "to": match[1], "to_column": match[2]} for name in columns]


_PARTS = ("columns", "column", "to")


def _read_column_type(node: yaml.Node) -> list[Arguments]:
    pairs = read_pairs(node)
    return [{"column": name, "type": read_text(value, "a type")} for name, _, value in pairs]


def _read_column_value(node: yaml.Node) -> list[Arguments]:
    if isinstance(node, yaml.ScalarNode):
        return [{"condition": read_text(node, "an SQL condition"), "rows": "all"}]
    found = []
    for name, key, value in read_pairs(node):
        if name not in ("all", "any"):
            todo = "Write `all: condition` (every row) or `any: condition` (at least one)"
            raise Mistake(key, f"{name!r} is neither all nor any", todo)
        found.append({"condition": read_text(value, "an SQL condition"), "rows": name})
    return found


def _read_freshness(node: yaml.Node) -> list[Arguments]:
    found = []
    for column, _, value in read_pairs(node):
        text = read_text(value, "an age such as 7 days")
        match = _AGE.match(text)
        unit = match[2].lower() if match else ""
        seconds = _SECONDS.get(unit) or _SECONDS.get(unit.removesuffix("s"))
        if match is None or seconds is None:
            raise Mistake(value, f"{text!r} is no age", "Give one such as 36 hours or 7 days")
        found.append({"column": column, "age": text, "seconds": float(match[1]) * seconds})
    return found


def _read_sql(node: yaml.Node) -> list[Arguments]:
    return [{"query": read_text(node, "a query that returns no rows when all is well")}]


def _read_nothing(node: yaml.Node) -> list[Arguments]:
    if read_value(node) not in (None, True):
        raise Mistake(node, "this check takes no arguments", "Leave the value out")
    return [{}]


READERS: Mapping[str, Callable[[yaml.Node], list[Arguments]]] = {
    "min_rows": _read_min_rows,
    "row_count_between": _read_row_count_between,
    "row_count_change": _read_row_count_change,
    "unique": _read_columns,
    "not_null": _read_columns,
    "has_values": _read_column,
    "accepted_values": _read_accepted_values,
    "relationship": _read_relationship,
    "column_exists": _read_columns,
    "column_type": _read_column_type,
    "column_value": _read_column_value,
    "freshness": _read_freshness,
    "sql": _read_sql,
    "table_exists": _read_nothing,
    "table_not_empty": _read_nothing,
}
