"""What stands in staging.yaml at one place, and how it is read."""

from __future__ import annotations

from typing import Any

import yaml


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
        return str(value).strip()

    def texts(self, what: str) -> list[str]:
        """One text or a list of them."""
        if not self.is_list:
            return [self.text(what)]
        if not self.node.value:
            raise self.mistake("the list is empty", f"Give {what}")
        return [each.text(what) for each in self.items("", "")]

    def number(self, *, whole: bool = True) -> Any:
        """A number of at least 0: a count, or (not `whole`) a percentage."""
        value = self.value
        kinds = (int,) if whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds) or not 0 <= value < 2**63:
            kind = "a whole number" if whole else "a number of percent"
            raise self.mistake(f"{kind} of at least 0 is expected here", f"Give {kind}")
        return value
