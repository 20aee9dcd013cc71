"""How CSV files are written, as `csv` in staging.yaml says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from typing import Any


@dataclass(frozen=True)
class CsvFormat:
    """How one CSV file is written.

    Args:
        encoding: Python's name of it; UTF-8 with or without a byte order mark.
        delimiter: one character between the values.
        quote: one character around values; empty when no value is ever quoted.
        escape: one character before a quote within a value; empty when quotes are doubled.
        header: whether the first line names the columns, or their names where it does not.
        null: the text without quotes that means NULL.
        repairs_names: whether columns without a name, with a repeated or too long one get one.
        skips_blank_lines: whether blank lines are left out.
        table: the name of the table; None: made of the file's name.
        declared: whether staging.yaml says anything about the delimiter.
    """

    encoding: str = "utf-8-sig"
    delimiter: str = ","
    quote: str = '"'
    escape: str = ""
    header: bool | tuple[str, ...] = True
    null: str = ""
    repairs_names: bool = False
    skips_blank_lines: bool = False
    table: str | None = None
    declared: bool = False


@dataclass(frozen=True)
class CsvOptions:
    """What staging.yaml says about all CSV files, and about some.

    Args:
        all_files: fields of `CsvFormat` for every file.
        files: name or pattern of a file to its fields; a later one wins over an earlier.
        label: the file that says so.
    """

    all_files: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    label: str = "staging.yaml"

    def find_format(self, file_name: str) -> CsvFormat:
        """The format of the file of that name."""
        found = replace(CsvFormat(), **self.all_files)
        for pattern, fields in self.files:
            if fnmatch(file_name, pattern):
                found = replace(found, **fields)
        return found
