"""The rows of a COPY ... FROM stdin, written as lookup YAML or CSV."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import yaml

from staging_assets.project import DumpStatement

Row = list[str | None]

_ESCAPE = re.compile(r"\\([0-7]{1,3}|x[0-9A-Fa-f]{1,2}|.)", re.DOTALL)
_BYTES = re.compile(r"\\(?:[23][0-7]{2}|x[89a-fA-F][0-9a-fA-F])")
"""Bytes of a character that is no ASCII; pg_dump writes it as it is."""
_SIMPLE = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?: [A-Za-z0-9_]+)*")
_NULLS = ("null",)
_QUOTED = re.compile(r'[",\r\n]|\A\\\.\Z|\A\Z')


def read_copied(statement: DumpStatement) -> tuple[list[str], list[Row]] | None:
    """The columns and rows of a COPY as pg_dump writes it; None where it is another.

    Args:
        statement: with rows of its own.
    """
    data = statement.data
    if data is None or data.text is None:
        return None
    tokens = statement.read.tokens
    words = [token.value for token in tokens]
    if words[-2:] != ["from", "stdin"] or "(" not in words or _BYTES.search(data.text):
        return None
    inside = tokens[words.index("(") + 1 : words.index(")")]
    columns = [token.value for token in inside if token.value != ","]
    rows = [[_decode(cell) for cell in line.split("\t")] for line in _cut_lines(data.text)]
    return (columns, rows) if all(len(row) == len(columns) for row in rows) else None


def _cut_lines(text: str) -> Iterator[str]:
    for line in text.removesuffix("\n").split("\n") if text else ():
        yield line.removesuffix("\r")


def _decode(cell: str) -> str | None:
    if cell == "\\N":
        return None
    return _ESCAPE.sub(_find_character, cell) if "\\" in cell else cell


def _find_character(found: re.Match[str]) -> str:
    said = found[1]
    if said[0] in "01234567":
        return chr(int(said, 8) & 0xFF)
    if said[0] == "x" and len(said) > 1:
        return chr(int(said[1:], 16))
    return _SIMPLE.get(said, said)


def write_yaml(table: str, columns: Sequence[str], rows: Iterable[Row]) -> str:
    """A table's rows for the lookup YAML."""
    listed = [f"    - [{', '.join(map(_spell_yaml, row))}]" for row in rows]
    head = [f"{_spell_yaml(table)}:", f"  columns: [{', '.join(map(_spell_yaml, columns))}]"]
    body = ["  rows:", *listed] if listed else ["  rows: []"]
    return "\n".join([*head, *body]) + "\n"


def _spell_yaml(cell: str | None) -> str:
    if cell is None:
        return "~"
    if _NUMBER.fullmatch(cell) or (_WORD.fullmatch(cell) and cell.lower() not in _NULLS):
        return cell
    text = yaml.safe_dump(cell, default_style='"', allow_unicode=True, width=1 << 30)
    return str(text).rstrip("\n")


def write_csv(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """Rows as CSV with a header, as Postgres reads it: NULL is empty, an empty text is quoted."""
    lines = [",".join(map(_spell_csv, columns)), *(",".join(map(_spell_csv, row)) for row in rows)]
    return "\n".join(lines) + "\n"


def _spell_csv(cell: str | None) -> str:
    if cell is None:
        return ""
    return '"' + cell.replace('"', '""') + '"' if _QUOTED.search(cell) else cell
