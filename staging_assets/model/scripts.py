"""A script: its text as it is sent, and where each part of that text is written."""

from __future__ import annotations

import bisect
import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True)
class Origin:
    """Where a part of a script's text is written.

    Args:
        start: where the part begins in the script's text; it ends where the next one begins.
        file: the file, with its text as it is on disk.
        offset: where the part begins there.
        fixed: whether all of the part stands for that one place, as the value of a variable does.
    """

    start: int
    file: Script
    offset: int
    fixed: bool = False


@dataclass(frozen=True)
class CopyData:
    """The rows that a COPY ... FROM STDIN reads.

    Args:
        start, end: where the statement stands in the script's text, without its semicolon.
        file: the script in which they stand, or which names the file that holds them.
        line: of the file, counted from 1, where they begin.
        text: the rows; None when they are in a file of their own.
        path: that file.
        state: what tells that file's content from another: a hash, or its size and time.
    """

    start: int
    end: int
    file: Script
    line: int
    text: str | None = None
    path: Path | None = None
    state: str = ""


@dataclass(frozen=True)
class Script:
    """One script of the folder, as psql would send it.

    Args:
        path: where its file is, absolute.
        label: how that is shown to people (relative to the current folder where that is shorter).
        text: what is sent: that of the file (the byte order mark is gone, line ends are as they
            were), with included files, and without what is meant for psql alone.
        origins: where the parts of the text are written, in order; empty: all of it in the file.
        data: what its COPY ... FROM STDIN read.
        part: the table, where it holds only what a file says of that one.
    """

    path: Path
    label: str
    text: str
    origins: tuple[Origin, ...] = ()
    data: tuple[CopyData, ...] = ()
    part: str = ""

    @property
    def key(self) -> str:
        """What tells it from all other scripts: the file, and the part of it."""
        return f"{self.label}\0{self.part}" if self.part else self.label

    @property
    def sha256(self) -> str:
        """Hex digest of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def without_rows(self) -> str:
        """The text without its COPY ... FROM STDIN; blanks in their place keep every offset."""
        text = self.text
        for each in self.data:
            text = f"{text[: each.start]}{' ' * (each.end - each.start)}{text[each.end :]}"
        return text

    @cached_property
    def _starts(self) -> list[int]:
        return [origin.start for origin in self.origins]

    def origin(self, offset: int) -> tuple[Script, int]:
        """The file, and the offset in it, of a 0-based character offset into the text."""
        if not self.origins:
            return self, offset
        found = self.origins[self.find_origin(offset)]
        return found.file, found.offset if found.fixed else found.offset + offset - found.start

    def find_origin(self, offset: int) -> int:
        """The index of the part in which an offset into the text lies; there are parts."""
        return max(0, bisect.bisect_right(self._starts, offset) - 1)

    def find_data(self, offset: int) -> CopyData | None:
        """What the COPY statement that begins at an offset into the text reads."""
        return next((each for each in self.data if each.start == offset), None)
