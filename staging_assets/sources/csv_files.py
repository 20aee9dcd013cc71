"""Which CSV files a folder has, and the table that each becomes."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from staging_assets.errors import Problem, ProjectError
from staging_assets.model import CsvFormat, CsvOptions

LONGEST_NAME = 63
"""Bytes of a name in Postgres."""

_SUFFIX = re.compile(r"\.csv(\.gz)?\Z", re.IGNORECASE)


@dataclass(frozen=True)
class CsvFile:
    """A CSV file of the folder.

    Args:
        path: where it is.
        format: how it is written.
        problem: why it cannot be loaded, and what to do about that; None when it can.
    """

    path: Path
    format: CsvFormat = field(default_factory=CsvFormat)
    problem: str | None = None


def find_csv_files(directory: Path, options: CsvOptions | None = None) -> dict[str, CsvFile]:
    """Find the `*.csv` and `*.csv.gz` files of a folder, by the name of the table each becomes.

    A table is called as its file, in lower case and without accents, with `_` for whatever is no
    letter or digit; or as staging.yaml says. A file whose name gives no table, or the table of
    another file too, has a `problem` and keeps no other from being loaded.

    Raises ProjectError when the folder cannot be read.
    """
    options = CsvOptions() if options is None else options
    found: dict[str, list[CsvFile]] = {}
    for path in _list_files(directory):
        form = options.find_format(path.name)
        name = form.table or _find_table(path)
        found.setdefault(name or _make_name(path), []).append(
            CsvFile(path, form, _find_problem(path, name, options.label))
        )
    return {name: _find_one(name, files, options.label) for name, files in found.items()}


def _list_files(directory: Path) -> Iterator[Path]:
    try:
        paths = sorted(p for p in directory.iterdir() if _SUFFIX.search(p.name) and p.is_file())
    except OSError as error:
        what = f"this folder of CSV files cannot be read ({error.strerror})"
        todo = "Set STAGING_ETL_CSV_DIR to a folder that exists, or unset it"
        raise ProjectError([Problem(str(directory), 1, 1, what, todo)]) from None
    return (path for path in paths if not path.name.startswith("."))


def _find_table(path: Path) -> str:
    """The name of the table that a file's name gives; empty when it gives none."""
    stem = unicodedata.normalize("NFKD", _SUFFIX.sub("", path.name).casefold())
    plain = "".join(letter for letter in stem if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9_]+", "_", plain).strip("_")


def _make_name(path: Path) -> str:
    """A name under which a file is told that gives none."""
    return f"unnamed_{hashlib.sha256(path.name.encode('utf-8', 'replace')).hexdigest()[:8]}"


def _find_problem(path: Path, name: str, label: str) -> str | None:
    if 0 < len(name.encode()) <= LONGEST_NAME:
        return None
    what = f"longer than {LONGEST_NAME} bytes" if name else "empty"
    return (
        f"{path}: the name of its table would be {what}. Rename the file, or give it one with "
        f"`csv: {{files: {{{path.name}: {{table: name}}}}}}` in {label}."
    )


def _find_one(name: str, files: Sequence[CsvFile], label: str) -> CsvFile:
    """The file of a table; where there are several nobody can say which is meant."""
    if len(files) == 1:
        return files[0]
    first, *others = files
    listed = " and ".join(file.path.name for file in others)
    problem = (
        f"{first.path}: it becomes table {name}, and so does {listed}. Rename or remove all but "
        f"one, or give them tables of their own (`csv: files: ... table:` in {label})."
    )
    return CsvFile(first.path, first.format, problem)
