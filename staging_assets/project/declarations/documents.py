"""YAML read into nodes, which know their lines, and from nodes into values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from staging_assets.errors import Problem
from staging_assets.model import Script
from staging_assets.parser import find_position

_PLAIN_NUMBER = re.compile(r"-?[1-9][0-9]{0,18}|0")
_BRACKET = re.compile(r"[\[{\]}]")
_DEEP_BLOCK = re.compile(r"^(?: {500}|(?:[-?] +){100})", re.MULTILINE)
_MAX_DEPTH = 100


class MalformedError(Exception):
    """A node that is not what it should be; `problem` says so to people."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))


class Document:
    """A YAML file whose mistakes have places."""

    def __init__(self, script: Script) -> None:
        self.label, self.path, self._text = script.label, script.path, script.text
        self._constructor = yaml.constructor.SafeConstructor()

    def compose(self) -> yaml.Node | None:
        """The root node; None when the file is empty. Raises MalformedError on bad YAML."""
        try:
            node: yaml.Node | None = yaml.compose(self._text, Loader=_find_loader(self._text))
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            what = f"bad YAML: {error.problem or error.context or 'cannot be read'}"
            place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            problem = Problem(self.label, *place, what, "Correct the YAML")
            raise MalformedError(problem) from None
        except yaml.reader.ReaderError as error:
            place = find_position(self._text, min(error.position, len(self._text)))
            what = f"bad YAML: {error.reason}"
            raise MalformedError(
                Problem(self.label, *place, what, "Remove the character")
            ) from None
        except RecursionError:
            what = "bad YAML: nested too deeply"
            raise MalformedError(Problem(self.label, 1, 1, what, "Correct the YAML")) from None
        return None if is_empty(node) else node

    def note(self, node: yaml.Node, what: str, todo: str) -> Problem:
        """A problem at a node."""
        mark = node.start_mark
        return Problem(self.label, mark.line + 1, mark.column + 1, what, todo)

    def pairs(self, node: yaml.Node, what: str) -> list[tuple[str, yaml.Node, yaml.Node]]:
        """Key, key node and value node of a mapping; an empty value has none.

        Keys may repeat: what that means is for the caller. Raises MalformedError when it is no
        mapping (`what` says whose) or a key is no text.
        """
        if is_empty(node):
            return []
        if not isinstance(node, yaml.MappingNode):
            raise MalformedError(
                self.note(node, f"{what} is no mapping", "Write `key: value` lines")
            )
        listed: list[tuple[str, yaml.Node, yaml.Node]] = []
        for key, value in self._merged(node):
            if not isinstance(key, yaml.ScalarNode):
                raise MalformedError(self.note(key, "this key is no text", "Write a plain name"))
            listed.append((str(key.value), key, value))
        return listed

    def _merged(self, node: yaml.MappingNode) -> Iterator[tuple[yaml.Node, yaml.Node]]:
        """The pairs of a mapping; those that `<<` brings only where the mapping has none."""
        own = {key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)}
        for key, value in node.value:
            if key.tag != "tag:yaml.org,2002:merge":
                yield key, value
                continue
            brought = value.value if isinstance(value, yaml.SequenceNode) else [value]
            for mapping in brought:
                if isinstance(mapping, yaml.MappingNode):
                    yield from (pair for pair in mapping.value if pair[0].value not in own)

    def items(self, node: yaml.Node, what: str) -> list[yaml.Node]:
        """The nodes of a sequence; an empty value has none. Raises MalformedError otherwise."""
        if is_empty(node):
            return []
        if not isinstance(node, yaml.SequenceNode):
            raise MalformedError(
                self.note(node, f"{what} is no list", "Write [a, b] or `- a` lines")
            )
        return list(node.value)

    def text(self, node: yaml.Node, what: str) -> str:
        """A scalar as it is written. Raises MalformedError when it is none."""
        if not isinstance(node, yaml.ScalarNode) or is_empty(node):
            raise MalformedError(self.note(node, f"{what} is no text", "Write a plain value"))
        return str(node.value)

    def value(self, node: yaml.Node) -> Any:
        """What a node means. Raises MalformedError when YAML's rules do not give it a value."""
        if node.tag == "tag:yaml.org,2002:str" and isinstance(node, yaml.ScalarNode):
            return node.value
        if node.tag == "tag:yaml.org,2002:int" and _PLAIN_NUMBER.fullmatch(node.value):
            return int(node.value)
        try:
            return self._constructor.construct_document(node)
        except yaml.MarkedYAMLError as error:
            what = f"bad YAML: {error.problem or 'no value'}"
        except (ValueError, OverflowError, RecursionError, TypeError, KeyError, IndexError):
            what = "YAML takes this for a value that cannot be"
        raise MalformedError(self.note(node, what, "Put it in quotes"))


class _ShallowLoader(yaml.SafeLoader):
    """A loader that refuses what is nested too deeply, as soon as it comes to it."""

    def fetch_flow_collection_start(self, token: Any) -> None:
        if self.flow_level >= _MAX_DEPTH:
            raise _too_deep(self.get_mark())
        super().fetch_flow_collection_start(token)

    def add_indent(self, column: int) -> bool:
        if len(self.indents) >= _MAX_DEPTH:
            raise _too_deep(self.get_mark())
        return bool(super().add_indent(column))


def _too_deep(mark: yaml.Mark) -> yaml.scanner.ScannerError:
    return yaml.scanner.ScannerError(None, None, "nested too deeply", mark)


def _find_loader(text: str) -> Any:
    """libyaml's loader, which is fast, unless the text may be nested so deeply that it crashes."""
    depth = deepest = 0
    for found in _BRACKET.finditer(text):
        depth += 1 if found.group() in "[{" else -1
        deepest = max(deepest, depth)
    if deepest > _MAX_DEPTH or _DEEP_BLOCK.search(text):
        return _ShallowLoader
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def is_empty(node: yaml.Node | None) -> bool:
    """Whether a node is nothing, or null."""
    return node is None or (
        isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"
    )
