"""What a server says about a CSV file that it does not take, in the file's own lines."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import psycopg2

from staging_assets.errors import BuildError
from staging_assets.model import CsvFormat, Relation
from staging_assets.postgres import find_safe_message
from staging_assets.sources.csv_quotes import find_open_quote
from staging_assets.sources.csv_stream import read_lines

_BAD_FORMAT = "22P04"
_TOO_LONG = ("54000", "53200")
_BAD_BYTES = "22021"
_KEPT = "The old table is as it was."
_HOW = "say under `csv` in staging.yaml how it is written"
_TODO = {
    _BAD_FORMAT: f"Correct the file, or {_HOW} (delimiter, quote, escape).",
    _BAD_BYTES: f"Correct the file, or {_HOW} (`encoding: latin-1`, for example).",
}


def tell_refusal(
    path: Path,
    relation: Relation,
    form: CsvFormat,
    error: psycopg2.Error,
    find_line: Callable[[int], int] = int,
) -> BuildError:
    """Say which line the server refused, and nothing of what it holds.

    Args:
        path: the file.
        relation: the table that it was loaded into.
        form: how it is written.
        error: what the server said.
        find_line: from a line of what was sent to the line of the file.
    """
    if error.pgcode in (_BAD_FORMAT, *_TOO_LONG):
        opened = find_open_quote(path, form)
        if opened is not None:
            return BuildError(
                f"{path}:{find_line(opened)}: a quote opens here and is never closed. Close or "
                f"double it, or {_HOW} (quote, escape). {_KEPT}"
            )
    text = error.diag.message_primary or str(error).partition("\n")[0]
    zero = "0x00" in text
    text = find_safe_message(text, error.pgcode, "").rstrip(".")
    # COPY <table>, line <number>: "..." - in the server's language.
    found = re.match(rf"COPY {re.escape(relation.name)}, \S+ (\d+)", error.diag.context or "")
    if found is None:
        return BuildError(f"{path}: {relation} could not be loaded: {text}. {_KEPT}")
    line = int(found[1])
    if error.pgcode == _BAD_FORMAT and _is_blank(path, form, line):
        return BuildError(
            f"{path}:{line}: the line is blank. Remove it, or set `blank_lines: skip` under `csv` "
            f"in staging.yaml. {_KEPT}"
        )
    todo = _TODO.get(error.pgcode or "", "Correct the file and load it again.")
    if zero:
        text, todo = f"{text} (a zero byte)", "Remove it from the file, which may be UTF-16."
    return BuildError(f"{path}:{find_line(line)}: {text}. {todo} {_KEPT}")


def _is_blank(path: Path, form: CsvFormat, line: int) -> bool:
    try:
        found = next(islice(read_lines(path, form), line - 1, None), b"x")
    except BuildError:
        return False
    return not found.strip(b"\r\n")
