"""What stands in staging.yaml at one place, and how it is read."""

from __future__ import annotations

import re
from typing import Any

import yaml

from staging_assets.model import find_value, is_of_sixty

_INTEGER = "tag:yaml.org,2002:int"
_NUMBERS = (_INTEGER, "tag:yaml.org,2002:float")
_DIGITS = "Write it in plain digits"


class Mistake(Exception):  # noqa: N818 - it becomes a Problem, and is no error of the program
    """Something is wrong at a node: what it is and what to do about it, without full stops."""

    def __init__(self, node: yaml.Node, what: str, todo: str) -> None:
        self.node, self.what, self.todo = node, what, todo
        super().__init__(what)


class WrittenNode:
    """A node of the file. What is read and is not there raises `Mistake` at its place.

    Args:
        node: as `yaml.compose` gives it.
    """

    def __init__(self, node: yaml.Node) -> None:
        self.node = node

    @property
    def line(self) -> int:
        """Its line in the file, from 1."""
        return int(self.node.start_mark.line) + 1

    @property
    def is_text(self) -> bool:
        """Whether it is one value, and neither a list nor a mapping."""
        return isinstance(self.node, yaml.ScalarNode)

    @property
    def is_list(self) -> bool:
        """Whether it is a list."""
        return isinstance(self.node, yaml.SequenceNode)

    @property
    def is_mapping(self) -> bool:
        """Whether it is a mapping."""
        return isinstance(self.node, yaml.MappingNode)

    @property
    def value(self) -> Any:
        """Its value as the safe loader reads it."""
        try:
            return yaml.constructor.SafeConstructor().construct_object(self.node, deep=True)
        except yaml.YAMLError as error:
            what = getattr(error, "problem", None) or "this value cannot be read"
            raise self.mistake(str(what), "Write a plain text, number or list") from None

    @property
    def exact(self) -> Any:
        """Its value as Postgres reads what is written: 010 is 10, and 1.50 loses nothing.

        A whole number in plain digits is one, any other value the text that stands there.
        """
        node = self.node
        if not isinstance(node, yaml.ScalarNode) or self.value is None:
            return self.value
        written = str(node.value)
        if node.tag == _INTEGER and is_of_sixty(written):
            raise self.mistake(f"{written} is a number to YAML, and none to Postgres", _DIGITS)
        plain = node.tag == _INTEGER and re.fullmatch(r"-?[1-9]\d*|0", written)
        return int(written) if plain else written

    def mistake(self, what: str, todo: str) -> Mistake:
        """The exception to raise here: what is wrong and what to do, without full stops."""
        return Mistake(self.node, what, todo)

    def nothing(self) -> WrittenNode:
        """An empty value in its place: what stands after a name that stands alone."""
        marks = self.node.start_mark, self.node.end_mark
        return WrittenNode(yaml.ScalarNode("tag:yaml.org,2002:null", "", *marks))

    def pairs(self) -> list[tuple[str, WrittenNode, WrittenNode]]:
        """The pairs of a mapping: key as text, its node, the value's node."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.mistake("a mapping (name: value) is expected here", "Write `name: value`")
        pairs = [(WrittenNode(key), WrittenNode(value)) for key, value in self.node.value]
        return [(str(key.value), key, value) for key, value in pairs]

    def items(self, what: str, todo: str) -> list[WrittenNode]:
        """The items of a list; `what` and `todo` are said where none is there."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.mistake(what, todo)
        return [WrittenNode(each) for each in self.node.value]

    def text(self, what: str) -> str:
        """A text that is not empty; `what` says which."""
        value = self.value if self.is_text else None
        if value is None or isinstance(value, bool) or not str(value).strip():
            raise self.mistake(f"{what} is expected here", f"Give {what}")
        # A name or text in digits is what is written, and not the number that YAML makes of it.
        return str(value if isinstance(value, str) else self.node.value).strip()

    def texts(self, what: str) -> list[str]:
        """One text or a list of them."""
        if not self.is_list:
            return [self.text(what)]
        if not self.node.value:
            raise self.mistake("the list is empty", f"Give {what}")
        return [each.text(what) for each in self.items("", "")]

    def number(self, *, whole: bool = True) -> Any:
        """A number of at least 0: a count, or (not `whole`) a percentage."""
        value = find_value(str(self.node.value)) if self.node.tag in _NUMBERS else None
        fits = value is not None and value.is_finite() and 0 <= value < 2**63
        if value is None or not fits or (whole and value != int(value)):
            kind = "a whole number" if whole else "a number of percent"
            raise self.mistake(f"{kind} of at least 0 is expected here", f"Give {kind}")
        return int(value) if value == int(value) else float(value)
