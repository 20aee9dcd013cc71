"""A CSV file as COPY reads it: its header, and its bytes as a stream of bounded memory."""

from __future__ import annotations

import csv
import gzip
import re
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from staging_assets.errors import BuildError, Problem, ProjectError

LONGEST_NAME = 63
_LONGEST_HEADER = 1 << 20
_SUFFIX = re.compile(r"\.csv(\.gz)?\Z", re.IGNORECASE)
_END_OF_DATA = (b"\n\\.\n", b"\n\\.\r")


def find_csv_files(directory: Path) -> dict[str, Path]:
    """Find the `*.csv` and `*.csv.gz` files of a folder, by the name of the table each becomes.

    A table is called as its file, in lower case, with `_` for whatever is no letter or digit.

    Raises ProjectError when the folder cannot be read, or with every file whose name gives no
    table, one that is too long, or one that another file has.
    """
    try:
        paths = sorted(p for p in directory.iterdir() if _SUFFIX.search(p.name) and p.is_file())
    except OSError as error:
        raise ProjectError(
            [
                Problem(
                    str(directory),
                    1,
                    1,
                    f"this folder of CSV files cannot be read ({error.strerror})",
                    "Set STAGING_ETL_CSV_DIR to a folder that exists, or unset it",
                )
            ]
        ) from None
    found: dict[str, Path] = {}
    problems = []
    for path in paths:
        if path.name.startswith("."):
            continue
        name = re.sub(r"[^a-z0-9_]+", "_", _SUFFIX.sub("", path.name).lower()).strip("_")
        if not name or len(name) > LONGEST_NAME:
            what = f"its name gives no table name of 1 to {LONGEST_NAME} characters"
            problems.append(Problem(str(path), 1, 1, what, "Rename the file"))
        elif name in found:
            what = f"it becomes table {name}, and so does {found[name].name}"
            problems.append(Problem(str(path), 1, 1, what, "Rename or remove one of the files"))
        else:
            found[name] = path
    if problems:
        raise ProjectError(problems)
    return found


def read_header(path: Path) -> tuple[str, ...]:
    """Read the names of the columns from the first line.

    Raises BuildError when the file is empty, not UTF-8, damaged, or a name is missing, too long
    or there twice.
    """
    with _open(path) as stream:
        try:
            names = next(csv.reader(_read_lines(path, stream), strict=True), None)
        except csv.Error as error:
            raise BuildError(
                f"{path}:1: the header is malformed ({error}). Correct the first line."
            ) from None
        except _DAMAGE as error:
            raise BuildError(_damage(path, error)) from None
    if names is None:
        raise BuildError(f"{path}: the file is empty. Its first line must name the columns.")
    if not names:
        raise BuildError(f"{path}:1: the first line is blank. It must name the columns.")
    if len(names) == 1 and (odd := re.search("[;\t|]", names[0])):
        raise BuildError(
            f"{path}:1: the columns are separated by {odd[0]!r}. Separate them with commas."
        )
    _check_names(path, names)
    return tuple(names)


class CsvStream:
    """What COPY reads: the file's bytes, counted, and unpacked when it is a `.gz`.

    An error while reading is kept in `failure`, since psycopg2 tells only its text.
    """

    def __init__(self, path: Path, cancelled: threading.Event | None, *, guards_end: bool) -> None:
        """Open the file.

        Args:
            path: the file.
            cancelled: reading fails once it is set.
            guards_end: refuse a line `\\.`, at which a server before 18 stops without a word.
        """
        self.bytes = 0
        self.failure: BuildError | None = None
        self._path = path
        self._cancelled = cancelled
        self._guards_end = guards_end
        self._tail = b""
        self._stream = _open(path)

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes, none at the end. Raises BuildError."""
        try:
            chunk = self._stream.read(size)
        except _DAMAGE as error:
            self.failure = BuildError(_damage(self._path, error))
            raise self.failure from None
        self.bytes += len(chunk)
        if self._cancelled is not None and self._cancelled.is_set():
            self.failure = BuildError(f"{self._path}: the load was cancelled. Nothing was changed.")
            raise self.failure
        if self._guards_end:
            self._guard(chunk)
        return chunk

    def _guard(self, chunk: bytes) -> None:
        seen = self._tail + (chunk or b"\n")
        if any(end in seen for end in _END_OF_DATA):
            self.failure = BuildError(
                f"{self._path}: one line holds nothing but \\., which this server takes for the "
                'end of the data. Write it as "\\." or use PostgreSQL 18.'
            )
            raise self.failure
        self._tail = seen[-3:]


_DAMAGE = (OSError, EOFError, zlib.error)


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


def _read_lines(path: Path, stream: IO[bytes] | gzip.GzipFile) -> Iterator[str]:
    line, encoding = 0, "utf-8-sig"
    while data := stream.readline(_LONGEST_HEADER):
        line += 1
        if len(data) == _LONGEST_HEADER or (b"\r" in data.rstrip(b"\r\n")):
            raise BuildError(
                f"{path}:1: the header does not end, or its lines end with CR alone. "
                "Let lines end with LF or CRLF."
            )
        try:
            yield data.decode(encoding)
        except UnicodeDecodeError:
            raise BuildError(
                f"{path}:{line}: the header is not UTF-8. Convert the file, for example with iconv."
            ) from None
        encoding = "utf-8"


def _check_names(path: Path, names: list[str]) -> None:
    todo = "Correct the header."
    seen: dict[str, int] = {}
    for number, name in enumerate(names, start=1):
        if not name.strip():
            raise BuildError(f"{path}:1: column {number} has no name. {todo}")
        if "\0" in name or len(name.encode()) > LONGEST_NAME:
            raise BuildError(
                f"{path}:1: the name of column {number} is longer than {LONGEST_NAME} bytes "
                f"or holds a NUL. {todo}"
            )
        if name in seen:
            raise BuildError(
                f"{path}:1: columns {seen[name]} and {number} are both called {name}. {todo}"
            )
        seen[name] = number
