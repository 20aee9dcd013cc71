"""The names of the columns of a CSV file: from its first line, or from staging.yaml."""

from __future__ import annotations

import csv
import re
from collections.abc import Generator
from pathlib import Path

from staging_assets.errors import BuildError
from staging_assets.model import CsvFormat
from staging_assets.sources.csv_files import LONGEST_NAME
from staging_assets.sources.csv_quotes import find_open_quote
from staging_assets.sources.csv_stream import CHUNK, read_lines

_TODO = "Correct the header, or set `names: repair` under `csv` in staging.yaml"


def read_header(path: Path, form: CsvFormat | None = None) -> tuple[str, ...]:
    """Read the names of the columns.

    Args:
        path: the file.
        form: how it is written.

    Raises BuildError when the file is empty, cannot be decoded, is damaged, or a name is missing,
    too long or there twice and may not be repaired.
    """
    form = CsvFormat() if form is None else form
    names = _read_first(path, form)
    if form.header is False:
        return tuple(f"column_{number}" for number in range(1, len(names) + 1))
    if form.header is not True:
        if len(names) != len(form.header):
            raise BuildError(
                f"{path}:1: the line has {len(names)} values, and `header` in staging.yaml names "
                f"{len(form.header)} columns. Name as many columns as there are."
            )
        return form.header
    if form.repairs_names:
        return repair_names(names)
    _check_names(path, names)
    return tuple(names)


def repair_names(names: list[str]) -> tuple[str, ...]:
    """Names that Postgres takes: `column_3` for none, `name_2` for a repeated one, the rest cut."""
    taken: set[str] = set()
    repaired = []
    for number, name in enumerate(names, start=1):
        stem = (name.replace("\0", "").strip() and name.replace("\0", "")) or f"column_{number}"
        found, count = _cut(stem, LONGEST_NAME), 1
        while found in taken or (count > 1 and found in names):
            count += 1
            found = f"{_cut(stem, LONGEST_NAME - len(f'_{count}'))}_{count}"
        taken.add(found)
        repaired.append(found)
    return tuple(repaired)


def _cut(name: str, length: int) -> str:
    return name.encode()[:length].decode(errors="ignore")


def _read_first(path: Path, form: CsvFormat) -> list[str]:
    lines = _read_text(path, form)
    try:
        names = next(
            csv.reader(
                lines,
                strict=True,
                delimiter=form.delimiter,
                quotechar=form.quote or None,
                quoting=csv.QUOTE_MINIMAL if form.quote else csv.QUOTE_NONE,
                escapechar=form.escape if form.escape not in ("", form.quote) else None,
                doublequote=form.escape in ("", form.quote),
            ),
            None,
        )
    except csv.Error as error:
        opened = find_open_quote(path, form)
        what = f"the header is malformed ({error})"
        if opened is not None:
            what = "a quote opens in the header and is never closed"
        raise BuildError(
            f"{path}:1: {what}. Correct the first line, or say under `csv` in staging.yaml how the "
            "file is written (delimiter, quote)."
        ) from None
    finally:
        lines.close()
    if names is None:
        raise BuildError(f"{path}: the file is empty. Its first line must name the columns.")
    if not names:
        raise BuildError(
            f"{path}:1: the first line is blank. It must name the columns; "
            "`blank_lines: skip` under `csv` in staging.yaml passes blank lines over."
        )
    odd = re.search("[;\t|]", names[0]) if len(names) == 1 and not form.declared else None
    if odd is not None:
        spelled = {"\t": "tab", ";": '";"'}.get(odd[0], odd[0])
        raise BuildError(
            f"{path}:1: the columns are separated by {odd[0]!r}. Separate them with commas, or set "
            f"`delimiter: {spelled}` under `csv` in staging.yaml."
        )
    return names


def _read_text(path: Path, form: CsvFormat) -> Generator[str, None, None]:
    lines = read_lines(path, form)
    try:
        for number, line in enumerate(lines, start=1):
            if len(line) >= CHUNK or b"\r" in line.rstrip(b"\r\n"):
                raise BuildError(
                    f"{path}:1: the header does not end, or its lines end with CR alone. "
                    "Let lines end with LF or CRLF."
                )
            try:
                yield line.decode()
            except UnicodeDecodeError:
                raise BuildError(
                    f"{path}:{number}: the header is not UTF-8. Say under `csv` in staging.yaml "
                    "what it is (`encoding: latin-1`), or convert the file."
                ) from None
    finally:
        lines.close()


def _check_names(path: Path, names: list[str]) -> None:
    seen: dict[str, int] = {}
    for number, name in enumerate(names, start=1):
        if not name.strip():
            raise BuildError(
                f"{path}:1: column {number} has no name. {_TODO}, which calls it column_{number}."
            )
        if "\0" in name or len(name.encode()) > LONGEST_NAME:
            raise BuildError(
                f"{path}:1: the name of column {number} is longer than {LONGEST_NAME} bytes "
                f"or holds a NUL. {_TODO}, which shortens it."
            )
        if name in seen:
            raise BuildError(
                f"{path}:1: columns {seen[name]} and {number} are both called {name}. "
                f"{_TODO}, which numbers them."
            )
        seen[name] = number
