"""Where a quote opens that is never closed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from staging_assets.errors import BuildError
from staging_assets.model import CsvFormat
from staging_assets.sources.csv_stream import read_lines


@dataclass
class _Scan:
    """How COPY reads quotes, a piece of a line after the other.

    Args:
        quote, escape, delimiter: one byte each.
        line: the current one, from 1.
        opened: the line where the quote opened that is open now; 0: none is.
        suspect: the first line with a quote that was closed in another line, and there in the
            middle of a value: the quote that closes it is rather one that opens the next.
    """

    quote: bytes
    escape: bytes
    delimiter: bytes
    line: int = 1
    opened: int = 0
    suspect: int = 0

    def read(self, piece: bytes) -> None:
        at = 0
        while True:
            at = piece.find(self.quote, at)
            if at < 0:
                return
            at = self._close(piece, at) if self.opened else self._open(at)

    def _open(self, at: int) -> int:
        self.opened = self.line
        return at + 1

    def _close(self, piece: bytes, at: int) -> int:
        after = piece[at + 1 : at + 2]
        if self.escape == self.quote and after == self.quote:
            return at + 2
        if self.escape != self.quote and self._is_escaped(piece, at):
            return at + 1
        if after not in (b"", b"\r", b"\n", self.delimiter) and self.line > self.opened:
            self.suspect = self.suspect or self.opened
        self.opened = 0
        return at + 1

    def _is_escaped(self, piece: bytes, at: int) -> bool:
        before = at
        while before > 0 and piece[before - 1 : before] == self.escape:
            before -= 1
        return (at - before) % 2 == 1


def find_open_quote(path: Path, form: CsvFormat) -> int | None:
    """The line in which a quote opens that the file never closes; None when there is none."""
    if not form.quote:
        return None
    quote = form.quote.encode()
    scan = _Scan(quote, form.escape.encode() or quote, form.delimiter.encode())
    try:
        for piece in read_lines(path, form):
            scan.read(piece)
            scan.line += piece.endswith(b"\n")
    except BuildError:
        return None
    return (scan.suspect or scan.opened) if scan.opened else None
