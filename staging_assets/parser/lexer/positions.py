"""Places in scripts: from an offset in the text that was sent to line and column in the file."""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass
from typing import Protocol

from staging_assets.model import Script

_LONGEST_LINE = 160
_SKIPPED = re.compile(r"(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*", re.DOTALL)


class SentText(Protocol):
    """The text of a script as it is sent, which knows where each of its characters is from."""

    @property
    def text(self) -> str:
        """What is sent."""
        ...

    def source_offset(self, offset: int) -> int:
        """Turn a 0-based offset in `text` into one in the script's text."""
        ...


@dataclass(frozen=True)
class ScriptPlace:
    """A place in a file: lines and columns are counted from 1, columns in characters.

    Where a row stands and no SQL, it is not `shown`.
    """

    script: Script
    line: int
    column: int
    shown: bool = True

    def __str__(self) -> str:
        return f"{self.script.label}:{self.line}:{self.column}"

    def show(self) -> str:
        """The source line with a caret under the column."""
        lines = find_lines(self.script.text)
        text = lines[self.line - 1] if self.line <= len(lines) else ""
        before = re.sub(r"[^\t]", " ", text[: self.column - 1])
        start = 0
        if len(text) > _LONGEST_LINE:
            start = max(0, self.column - 1 - _LONGEST_LINE // 2)
            text, before = text[start : start + _LONGEST_LINE], before[start:]
        number = f"{self.line:>5}"
        return f"{number} | {text}\n{' ' * len(number)} | {before}^"


def find_lines(text: str) -> list[str]:
    """Lines as editors count them, and not as `str.splitlines` does (form feeds and the like)."""
    return re.split("\r\n|\r|\n", text)


def find_place(script: Script, offset: int) -> ScriptPlace:
    """Turn an offset (0-based, in characters) into a script's text into a place in its files."""
    file, offset = script.origin(max(0, min(offset, len(script.text))))
    text, end = file.text, max(0, min(offset, len(file.text)))
    # A dump is asked for thousands of places: counting is done without a copy of it.
    returns = text.count("\r", 0, end) - text.count("\r\n", 0, end)
    line = text.count("\n", 0, end) + returns + 1
    start = max(text.rfind("\n", 0, end), text.rfind("\r", 0, end)) + 1
    return ScriptPlace(file, line, end - start + 1)


def find_statement_place(script: Script, rewritten: SentText, offset: int) -> ScriptPlace:
    """Where a statement begins in the script, comments and blanks before it left out.

    Args:
        offset: where its text begins in the rewritten script.
    """
    found = _SKIPPED.match(rewritten.text, offset)
    return find_place(script, rewritten.source_offset(found.end() if found else offset))


def find_line_place(script: Script, offset: int, line: int) -> ScriptPlace:
    """The first character that is no blank, some lines below an offset into a script's text.

    Args:
        line: 1 is the line of the offset.
    """
    for _ in range(line - 1):
        found = _LINE_END.search(script.text, offset)
        if found is None:
            break
        offset = found.end()
    start = max(script.text.rfind("\n", 0, offset), script.text.rfind("\r", 0, offset)) + 1
    text = find_lines(script.text[start : start + _LONGEST_LINE])[0]
    return find_place(script, start + len(text) - len(text.lstrip()))


class Lines:
    """Turns offsets into lines and columns; one per text, as it remembers the line ends."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(found.end() for found in _LINE_END.finditer(text))]

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, both counted from 1, of a 0-based character offset."""
        line = bisect.bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


def find_position(text: str, offset: int) -> tuple[int, int]:
    """Line and column, both counted from 1, of a 0-based character offset into `text`."""
    return Lines(text[: offset + 1]).position(offset)


_LINE_END = re.compile(r"\r\n|\r|\n")
