"""The key `csv` of staging.yaml: how the files of STAGING_ETL_CSV_DIR are written."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from typing import Any

import yaml

from staging_assets.model import CsvOptions
from staging_assets.project.declarations.documents import Document, MalformedError, is_empty

_LONGEST_NAME = 63
_WORDS = {"tab": "\t", "none": ""}
_YES, _NO = ("true", "yes", "on"), ("false", "no", "off")


def read_csv_options(document: Document, node: yaml.Node, before: CsvOptions) -> CsvOptions:
    """Read one `csv` section; it is added to, and wins over, what was read before.

    Raises MalformedError at the first thing that is wrong.
    """
    everywhere: dict[str, Any] = dict(before.all_files)
    files = list(before.files)
    for key, key_node, value in document.pairs(node, "`csv`"):
        if key == "files":
            for pattern, _, part in document.pairs(value, "`files`"):
                pairs = document.pairs(part, f"what is said of {pattern}")
                files.append((pattern, _read_fields(document, pairs, _OF_A_FILE)))
        else:
            allowed = (*_OF_ALL, "files")
            everywhere |= _read_fields(document, [(key, key_node, value)], _OF_ALL, allowed)
    return CsvOptions(everywhere, tuple(files), document.label)


def _read_fields(
    document: Document,
    pairs: list[tuple[str, yaml.Node, yaml.Node]],
    readers: dict[str, Reader],
    allowed: tuple[str, ...] = (),
) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for key, key_node, value in pairs:
        if key not in readers:
            known = ", ".join(allowed or readers)
            raise MalformedError(
                document.note(key_node, f"unknown key {key!r}", f"Use one of: {known}")
            )
        fields |= readers[key](document, value)
    given = [fields[name] for name in ("delimiter", "quote") if fields.get(name)]
    if len(set(given)) < len(given):
        what = "the delimiter and the quote are the same character"
        raise MalformedError(document.note(pairs[0][1], what, "Correct one of them"))
    return fields


def _read_encoding(document: Document, node: yaml.Node) -> dict[str, Any]:
    name = document.text(node, "an encoding")
    try:
        found = codecs.lookup(name)
        "".encode(name)  # some codecs are of bytes, and refuse text
    except (LookupError, ValueError, TypeError):
        todo = "Write one such as utf-8, latin-1, windows-1252 or utf-16"
        raise MalformedError(document.note(node, f"there is no encoding {name!r}", todo)) from None
    return {"encoding": "utf-8-sig" if found.name == "utf-8" else found.name}


def _read_character(document: Document, node: yaml.Node, what: str, *, empty: bool) -> str:
    text = str(node.value) if isinstance(node, yaml.ScalarNode) else ""
    text = _WORDS.get(text.lower(), text)
    if (not text and empty) or (len(text) == 1 and text.isascii() and text not in "\r\n\0"):
        return text
    todo = 'Write one such as ";" or tab' if what == "the delimiter" else "Write one such as '\"'"
    raise MalformedError(document.note(node, f"{what} is no single ASCII character", todo))


def _read_delimiter(document: Document, node: yaml.Node) -> dict[str, Any]:
    delimiter = _read_character(document, node, "the delimiter", empty=False)
    return {"delimiter": delimiter, "declared": True}


def _read_quote(document: Document, node: yaml.Node) -> dict[str, Any]:
    return {"quote": _read_character(document, node, "the quote", empty=True)}


def _read_escape(document: Document, node: yaml.Node) -> dict[str, Any]:
    return {"escape": _read_character(document, node, "the escape", empty=True)}


def _read_header(document: Document, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.SequenceNode):
        names = [document.text(each, "the name of a column") for each in node.value]
        long = next((name for name in names if len(name.encode()) > _LONGEST_NAME), None)
        if names and long is None and len(set(names)) == len(names):
            return {"header": tuple(names)}
        what = "these names are none, or too long, or there twice"
        raise MalformedError(document.note(node, what, "Give every column a name of its own"))
    return {"header": _read_flag(document, node, "Write true, false or [the, names]")}


def _read_null(document: Document, node: yaml.Node) -> dict[str, Any]:
    # As it is written: `null: NULL` is that word.
    text = str(node.value) if is_empty(node) else document.text(node, "the text for NULL")
    if any(each in text for each in "\r\n"):
        what = "the text for NULL holds the end of a line"
        raise MalformedError(document.note(node, what, "Write one such as NA"))
    return {"null": text}


def _read_names(document: Document, node: yaml.Node) -> dict[str, Any]:
    return {"repairs_names": _read_word(document, node, ("refuse", "repair"))}


def _read_blank_lines(document: Document, node: yaml.Node) -> dict[str, Any]:
    return {"skips_blank_lines": _read_word(document, node, ("refuse", "skip"))}


def _read_table(document: Document, node: yaml.Node) -> dict[str, Any]:
    name = document.text(node, "the name of a table")
    if len(name.encode()) > _LONGEST_NAME:
        what = f"the name is longer than {_LONGEST_NAME} bytes"
        raise MalformedError(document.note(node, what, "Choose a shorter one"))
    return {"table": name}


def _read_word(document: Document, node: yaml.Node, words: tuple[str, str]) -> bool:
    """Whether the second of two words stands there."""
    word = document.text(node, " or ".join(words))
    if word not in words:
        todo = f"Write {' or '.join(words)}"
        raise MalformedError(document.note(node, f"{word!r} is none of its words", todo))
    return word == words[1]


def _read_flag(document: Document, node: yaml.Node, todo: str) -> bool:
    word = document.text(node, "true or false").lower()
    if word not in _YES + _NO:
        raise MalformedError(document.note(node, f"{word!r} is neither true nor false", todo))
    return word in _YES


Reader = Callable[[Document, yaml.Node], dict[str, Any]]
_OF_ALL: dict[str, Reader] = {
    "encoding": _read_encoding,
    "delimiter": _read_delimiter,
    "quote": _read_quote,
    "escape": _read_escape,
    "header": _read_header,
    "null": _read_null,
    "names": _read_names,
    "blank_lines": _read_blank_lines,
}
_OF_A_FILE: dict[str, Reader] = {**_OF_ALL, "table": _read_table}
