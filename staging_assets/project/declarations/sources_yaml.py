"""The key `sources` of staging.yaml: how it is seen that a source has changed."""

from __future__ import annotations

import re

import yaml

from staging_assets.model import SourceRule
from staging_assets.project.declarations.documents import Document, MalformedError

_WORDS = ("hash", "always", "never")
_TODO = "Write watermark: <column>, hash, always or never"
_PATTERN = re.compile(r"[^.]+\.[^.]+")


def read_source_rule(
    document: Document, name: str, name_node: yaml.Node, value: yaml.Node
) -> SourceRule:
    """Read one line: a table, or a pattern of tables, and its mode.

    Raises MalformedError when it is no such line.
    """

    def fail(node: yaml.Node, what: str, todo: str = _TODO) -> MalformedError:
        return MalformedError(document.note(node, what, todo))

    if not _PATTERN.fullmatch(name):
        raise fail(name_node, f"{name!r} is no table with its schema", "Write schema.table")
    place = f"{document.label}:{name_node.start_mark.line + 1}"
    if isinstance(value, yaml.MappingNode):
        pairs = document.pairs(value, f"the mode of {name}")
        if [key for key, _, _ in pairs] != ["watermark"]:
            raise fail(
                value, f"{name}: {', '.join(k for k, _, _ in pairs) or 'nothing'} is no mode"
            )
        column = document.text(pairs[0][2], "the column of a watermark")
        return SourceRule(name, "watermark", column, place)
    mode = document.text(value, f"the mode of {name}")
    if mode == "watermark":
        raise fail(value, f"{name}: the watermark names no column")
    if mode not in _WORDS:
        raise fail(value, f"{name}: {mode!r} is no mode")
    return SourceRule(name, mode, "", place)  # type: ignore[arg-type]
