"""What staging.yaml says of a node for people and for Dagster: owners, tags, kinds."""

from __future__ import annotations

import re

import yaml

from staging_assets.errors import Problem
from staging_assets.project.declarations.documents import Document, is_empty

_TAG_KEY = re.compile(r"([A-Za-z0-9_.-]{1,63}/)?[A-Za-z0-9_.-]{1,63}\Z")
_TAG_VALUE = re.compile(r"[A-Za-z0-9_.-]{0,63}\Z")
_KIND = re.compile(r"[A-Za-z0-9_.-]{1,50}\Z")
_MOST_KINDS = 3
"""What Dagster takes in tags, and how many kinds it shows."""


def read_owners(document: Document, value: yaml.Node, problems: list[Problem]) -> tuple[str, ...]:
    """Read a list of owners, or a single one: `team:<name>` or an e-mail address."""
    found = []
    for item in _find_items(document, value, "owners"):
        owner = document.text(item, "an owner")
        if owner.startswith("team:") or "@" in owner:
            found.append(owner)
        else:
            todo = "Write team:<name> or an e-mail address"
            problems.append(document.note(item, f"{owner!r} is no owner", todo))
    return tuple(found)


def read_tags(document: Document, value: yaml.Node, problems: list[Problem]) -> dict[str, str]:
    """Read a mapping of names to values."""
    found = {}
    for key, key_node, part in document.pairs(value, "tags"):
        text = "" if is_empty(part) else document.text(part, "a tag")
        todo = "Use letters, digits, `_`, `-` and `.`, at most 63 of them"
        if not _TAG_KEY.match(key):
            problems.append(document.note(key_node, f"{key!r} is no name of a tag", todo))
        elif not _TAG_VALUE.match(text):
            problems.append(document.note(part, f"{text!r} is no value of a tag", todo))
        else:
            found[key] = text
    return found


def read_kinds(document: Document, value: yaml.Node, problems: list[Problem]) -> tuple[str, ...]:
    """Read a list of kinds, or a single one: they take the place of `postgres` and `sql`."""
    found = []
    for item in _find_items(document, value, "kinds"):
        kind = document.text(item, "a kind")
        if _KIND.match(kind):
            found.append(kind)
        else:
            todo = "Use letters, digits, `_`, `-` and `.`"
            problems.append(document.note(item, f"{kind!r} is no kind", todo))
    if len(found) > _MOST_KINDS:
        what = f"these are {len(found)} kinds, and Dagster shows {_MOST_KINDS}"
        problems.append(document.note(value, what, "Leave some out"))
    return tuple(found)


def _find_items(document: Document, value: yaml.Node, what: str) -> list[yaml.Node]:
    single = isinstance(value, yaml.ScalarNode) and not is_empty(value)
    return [value] if single else list(document.items(value, what))
