"""A CSV file as COPY reads it: UTF-8 text as a stream of bounded memory."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import threading
import zlib
from collections.abc import Generator
from pathlib import Path
from typing import IO, NoReturn

from staging_assets.errors import BuildError
from staging_assets.model import CsvFormat

CHUNK = 1 << 20
_END_OF_DATA = (b"\n\\.\n", b"\n\\.\r")
_DAMAGE = (OSError, EOFError, zlib.error)
_BOM = codecs.BOM_UTF8


class CsvStream:
    """What COPY reads: the file's text, counted, unpacked and put into UTF-8.

    An error while reading is kept in `failure`, since psycopg2 tells only its text.
    """

    def __init__(
        self,
        path: Path,
        form: CsvFormat,
        cancelled: threading.Event | None = None,
        *,
        guards_end: bool = False,
    ) -> None:
        """Open the file.

        Args:
            path: the file.
            form: how it is written.
            cancelled: reading fails once it is set.
            guards_end: refuse a line `\\.`, at which a server before 18 stops without a word.
        """
        self.bytes = 0
        self.failure: BuildError | None = None
        self._path = path
        self._format = form
        self._cancelled = cancelled
        self._guards_end = guards_end
        self._tail = b""
        self._digest = hashlib.blake2b(digest_size=16)
        self._stream = _open(path)
        self._decoder: codecs.IncrementalDecoder | None = None
        if form.encoding != "utf-8-sig":
            self._decoder = codecs.getincrementaldecoder(form.encoding)()
        self._lines = 1
        self._blanks = BlankLines(form) if form.skips_blank_lines else None
        self._ended = False

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def find_line(self, line: int) -> int:
        """The line of the file that is this line of what was read."""
        return line if self._blanks is None else self._blanks.find_line(line)

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes of text, none at the end. Raises BuildError."""
        text = b""
        while not text and not self._ended:
            data = self._read_data(size)
            self._ended = not data
            text = self._decode(data)
            if self._blanks is not None:
                text = self._blanks.leave_out(text, last=self._ended)
        if self._cancelled is not None and self._cancelled.is_set():
            self._fail(f"{self._path}: the load was cancelled. Nothing was changed.")
        if not self._format.quote and b"\x01" in text:
            self._fail(
                f"{self._path}: it holds the byte 0x01, which stands for the quote where there is "
                "none. Set `quote` to a character that it does not hold."
            )
        if self._guards_end:
            self._guard(text)
        self._digest.update(text)
        return text

    @property
    def digest(self) -> str:
        """A hash of all that was read."""
        return self._digest.hexdigest()

    def _read_data(self, size: int) -> bytes:
        try:
            data = self._stream.read(size)
        except _DAMAGE as error:
            self._fail(_damage(self._path, error))
        first = self.bytes == 0
        self.bytes += len(data)
        return data.removeprefix(_BOM) if first and self._decoder is None else data

    def _decode(self, data: bytes) -> bytes:
        if self._decoder is None:
            return data
        try:
            text = self._decoder.decode(data, not data)
        except UnicodeDecodeError as error:
            before = error.object[: error.start].decode(self._format.encoding, "replace")
            line = self._lines + before.count("\n")
            self._fail(
                f"{self._path}:{line}: this is not {self._format.encoding} ({error.reason}). "
                "Correct `encoding` under `csv` in staging.yaml, or the file."
            )
        self._lines += text.count("\n")
        return text.encode("utf-8", "surrogatepass")

    def _guard(self, chunk: bytes) -> None:
        seen = self._tail + (chunk or b"\n")
        if any(end in seen for end in _END_OF_DATA):
            self._fail(
                f"{self._path}: one line holds nothing but \\., which this server takes for the "
                'end of the data. Write it as "\\." or use PostgreSQL 18.'
            )
        self._tail = seen[-3:]

    def _fail(self, text: str) -> NoReturn:
        self.failure = BuildError(text)
        raise self.failure from None


class BlankLines:
    """Leaves blank lines out of a stream, and knows where they were."""

    def __init__(self, form: CsvFormat) -> None:
        self._quote = form.quote.encode()
        self._quoted = False
        self._begun = False  # whether a part of the current line was given back
        self._held = b""
        self._lines = 0
        self._left_out: list[int] = []

    def leave_out(self, text: bytes, *, last: bool) -> bytes:
        """The text without its blank lines.

        Args:
            text: what follows what was given before.
            last: whether nothing comes after it.
        """
        *lines, rest = (self._held + text).split(b"\n")
        kept = [line + b"\n" for line in lines if self._is_kept(line, ends=True)]
        # Nobody knows yet whether a line of which nothing or a CR has come is blank.
        self._held = b"" if self._begun or self._quoted or rest.strip(b"\r") else rest
        if rest and (last or not self._held) and self._is_kept(rest, ends=False):
            kept.append(rest)
        return b"".join(kept)

    def _is_kept(self, line: bytes, *, ends: bool) -> bool:
        self._lines += ends
        if not (self._quoted or self._begun or line.strip(b"\r")):
            self._left_out.append(self._lines)
            return False
        if self._quote and line.count(self._quote) % 2:
            self._quoted = not self._quoted
        self._begun = not ends
        return True

    def find_line(self, line: int) -> int:
        """The line of the file that is a line of what was kept."""
        for left_out in self._left_out:
            if left_out > line:
                break
            line += 1
        return line


def read_lines(path: Path, form: CsvFormat) -> Generator[bytes, None, None]:
    """The lines of a file in UTF-8, with their ends; one of more than 1 MiB comes in parts.

    Raises BuildError when the file cannot be read.
    """
    stream = CsvStream(path, form)
    try:
        held = b""
        while chunk := stream.read(CHUNK):
            *lines, held = (held + chunk).split(b"\n")
            yield from (line + b"\n" for line in lines)
            if len(held) >= CHUNK:
                yield held
                held = b""
        if held:
            yield held
    finally:
        stream.close()


def _open(path: Path) -> IO[bytes] | gzip.GzipFile:
    try:
        if path.suffix.lower() == ".gz":
            return gzip.open(path, "rb")
        return path.open("rb")
    except OSError as error:
        raise BuildError(_damage(path, error)) from None


def _damage(path: Path, error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{path}: the file cannot be read ({error.strerror}). Check it and its rights."
    what = "ends too early" if isinstance(error, EOFError) else "is damaged or no gzip file"
    return f"{path}: the compressed file {what}. Copy it again from where it comes."
