"""The arguments of psql's commands, as psql cuts and quotes them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from staging_assets.parser import LETTER_OR_DIGIT, quote_identifier

VARIABLE = (
    rf"(?P<raw>{LETTER_OR_DIGIT}+)"
    r"""|'(?P<text>\w+)'|"(?P<name>\w+)"|\{\?(?P<test>\w+)\}"""
)
_VARIABLE = re.compile(rf":(?:{VARIABLE})")
_BLANK = re.compile(r"[ \t\f\v]*")
_PLAIN = re.compile(r"""[^\s\\'"`:]+""")
_TEXT = re.compile(r"'((?:[^'\\\r\n]|''|\\[^\r\n])*)'")
_QUOTED = re.compile(r'"[^"\r\n]*"')
_ESCAPE = re.compile(r"''|\\([0-7]{1,3}|x[0-9A-Fa-f]{1,2}|.)")
_SIMPLE = {"n": "\n", "t": "\t", "b": "\b", "r": "\r", "f": "\f"}


class RefusedError(Exception):
    """An argument that is not taken; `what` and `todo` as in a problem."""

    def __init__(self, offset: int, what: str, todo: str) -> None:
        self.offset, self.what, self.todo = offset, what, todo
        super().__init__(what)


def read_arguments(text: str, start: int, variables: Mapping[str, str]) -> tuple[list[str], int]:
    """The arguments that begin at `start`, and the offset behind them.

    They end with the line, or before a backslash. Raises RefusedError.
    """
    found: list[str] = []
    while True:
        blank = _BLANK.match(text, start)
        assert blank is not None
        start = blank.end()
        if start >= len(text) or text[start] in "\r\n\\":
            return found, start
        value, start = _read_argument(text, start, variables)
        found.append(value)


def _read_argument(text: str, start: int, variables: Mapping[str, str]) -> tuple[str, int]:
    parts: list[str] = []
    while start < len(text) and not text[start].isspace() and text[start] != "\\":
        if text[start] == "`":
            what = "the output of a program (`...`) is asked for"
            raise RefusedError(start, what, "Declare the value under `variables` in staging.yaml")
        if plain := _PLAIN.match(text, start):
            parts.append(plain.group())
            start = plain.end()
        elif quoted := _TEXT.match(text, start):
            parts.append(_ESCAPE.sub(_unescape, quoted[1]))
            start = quoted.end()
        elif named := _QUOTED.match(text, start):
            parts.append(named.group())
            start = named.end()
        elif text[start] in "'\"":
            raise RefusedError(start, "a quote is not closed on its line", "Close it")
        elif variable := _VARIABLE.match(text, start):
            value = spell_variable(variable, variables)
            parts.append(variable.group() if value is None else value)
            start = variable.end()
        else:
            parts.append(text[start])
            start += 1
    return "".join(parts), start


def _unescape(found: re.Match[str]) -> str:
    escaped = found[1]
    if escaped is None:
        return "'"
    if escaped[0] == "x" and len(escaped) > 1:
        return chr(int(escaped[1:], 16))
    if escaped[0] in "01234567":
        return chr(int(escaped, 8))
    return _SIMPLE.get(escaped, escaped)


def spell_variable(found: re.Match[str], variables: Mapping[str, str]) -> str | None:
    """What stands in the place of a variable; None where it is not set.

    Args:
        found: by the pattern `VARIABLE`.
    """
    if found["test"]:
        return "TRUE" if found["test"] in variables else "FALSE"
    value = variables.get(found["raw"] or found["text"] or found["name"])
    if value is None or found["raw"]:
        return value
    if found["name"]:
        return quote_identifier(value)
    doubled = value.replace("'", "''")
    return " E'" + doubled.replace("\\", "\\\\") + "'" if "\\" in value else f"'{doubled}'"
