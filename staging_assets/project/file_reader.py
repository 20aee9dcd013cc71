"""Reads files of the folders of scripts; what cannot be read is a problem with its place."""

from __future__ import annotations

import codecs
import os
import re
import stat
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from staging_assets.errors import Problem
from staging_assets.model import Script
from staging_assets.parser import find_position
from staging_assets.project.scripts.psql import Included

_BREAK = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
"""What begins a new line for one program or another."""

_CODING = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*[-\w.]+")


@dataclass(frozen=True)
class Named:
    """A script and the table that its file name names, as it is spelled there."""

    table: str
    script: Script


@dataclass
class Files:
    """What one department's part of a folder holds; problems are collected on the way.

    Args:
        creates, populates, cleanups: scripts of tables.
        others: further scripts in the folders of CREATE scripts.
        procedures: scripts of stored procedures.
        lookups: the shared lookup YAML and the department's, those that are there.
        config: staging.yaml, if there is one.
        departments: all departments that the folder has.
        cleaned: names of tables, folded, for which any department has a cleanup.
        shadowed: labels of the scripts that are used, and of those that give way to them.
        included: how the files that scripts name are found.
    """

    creates: list[Named] = field(default_factory=list)
    others: list[Script] = field(default_factory=list)
    procedures: list[Script] = field(default_factory=list)
    populates: list[Named] = field(default_factory=list)
    cleanups: list[Named] = field(default_factory=list)
    lookups: list[Script] = field(default_factory=list)
    config: Script | None = None
    departments: tuple[str, ...] = ()
    cleaned: frozenset[str] = frozenset()
    shadowed: list[tuple[str, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    included: Included = field(default_factory=lambda: Included(lambda _: None, ()))
    first: dict[tuple[int, str], Script] = field(default_factory=dict, repr=False)


def show_path(path: Path) -> str:
    """A path as people read it: relative to the current folder where that is shorter."""
    whole = str(path)
    try:
        short = os.path.relpath(path)
    except (OSError, ValueError):
        short = whole
    return _show(short if len(short) < len(whole) else whole)


def _show(path: str) -> str:
    """A path on one line, whatever is in it."""
    shown = os.fsencode(path).decode("utf-8", "backslashreplace")
    return _BREAK.sub(lambda found: found[0].encode("unicode_escape").decode(), shown)


def is_folder(path: Path) -> bool:
    """Whether there is a folder of that name, which may be no name for one."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


class FileReader:
    """Reads the files of one folder."""

    def __init__(self, root: Path, files: Files) -> None:
        self.root, self.shown, self.files = str(root), show_path(root), files

    def note(self, name: str, what: str, todo: str, line: int = 1, column: int = 1) -> None:
        """Note a problem with a file of the folder; an empty name is the folder itself."""
        label = self.label(name)
        self.files.problems.append(Problem(label, line, column, what, todo))

    def label(self, name: str) -> str:
        """A file of the folder as it is shown to people."""
        return _show(f"{self.shown}/{name}" if name else self.shown)

    def entries(self, folder: Path) -> Iterator[os.DirEntry[str]]:
        """The entries of a folder by name; those that begin with a dot are left out.

        A script with a line break in its name is a problem: no message could tell of it, and
        neither could Dagster.
        """
        if not is_folder(folder):
            return
        try:
            with os.scandir(folder) as found:
                listed = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            self.note(self.inside(folder), f"cannot be read: {error.strerror}", _PERMISSIONS)
            return
        for entry in listed:
            if not _BREAK.search(entry.name):
                if not entry.name.startswith("."):
                    yield entry
            elif entry.name.lower().endswith((".sql", ".py")):
                self.note(self.inside(entry), "a line break stands in this name", "Rename it")

    def inside(self, path: str | os.PathLike[str]) -> str:
        """The name of a file, from the folder on."""
        return os.fspath(path)[len(self.root) :].lstrip("/")

    def add(self, to: list[Named], table: str, entry: os.DirEntry[str]) -> None:
        """Read a table's script, unless a folder before this one has one for that table."""
        key = id(to), table.lower()
        first = self.files.first.get(key)
        if first is not None and str(first.path.parent) != self.root:
            self.files.shadowed.append((first.label, self.label(entry.name)))
            return
        script = self.read(entry)
        if script is not None:
            self.files.first.setdefault(key, script)
            to.append(Named(table, script))

    def read_if_there(self, path: Path) -> Script | None:
        """The script in a file, when there is one of that name."""
        return self.read(path) if os.path.lexists(path) else None

    def read(self, entry: os.DirEntry[str] | Path) -> Script | None:
        """The script in a file; None, and a problem noted, when it cannot be read."""
        path, name = Path(entry), self.inside(entry)
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                self.note(name, "is not a file", "Rename it, or put a script in its place")
                return None
            data = path.read_bytes()
        except OSError as error:
            self.note(name, f"cannot be read: {error.strerror}", _PERMISSIONS)
            return None
        text = self.decode(data, name)
        return None if text is None else Script(path, self.label(name), text)

    def decode(self, data: bytes, name: str) -> str | None:
        """The text of a file; None, and a problem noted, when it is none."""
        encoding = _find_python_encoding(data) if name.lower().endswith(".py") else "utf-8"
        if encoding is None:
            what = "the `coding:` line names no encoding of text that Python knows"
            todo = "Save the file as UTF-8, and take the line away"
            self.note(name, what, todo, _find_coding_line(data))
            return None
        data = data.removeprefix(codecs.BOM_UTF8)
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as error:
            before = data[: error.start].decode(encoding, "replace")
            line, column = find_position(before + "?", len(before))
            what = f"byte {data[error.start]:#04x} is not {encoding.upper()}"
            self.note(name, what, "Save the file as UTF-8", line, column)
            return None
        except UnicodeError:
            self.note(name, f"this is not {encoding.upper()}", "Save the file as UTF-8")
            return None
        if "\0" in text:
            line, column = find_position(text, text.index("\0"))
            what = "a zero byte, which Postgres does not take"
            self.note(name, what, "Remove it, or save the file as UTF-8", line, column)
            return None
        return text


_PERMISSIONS = "Give the user that runs this the right to read it, or remove it"


def _find_python_encoding(data: bytes) -> str | None:
    """As Python finds it: UTF-8 unless the first two lines say otherwise.

    Returns None when they name what is no encoding of text.
    """
    lines = iter(data.splitlines(keepends=True)[:2])
    try:
        encoding = tokenize.detect_encoding(lambda: next(lines, b""))[0].removesuffix("-sig")
        "".encode(encoding)
    except (LookupError, UnicodeError):
        return None
    except SyntaxError:
        # Either the line names nothing that Python knows, or the first bytes are no UTF-8.
        return None if _find_coding_line(data) else "utf-8"
    return encoding


def _find_coding_line(data: bytes) -> int:
    """The number of the line that names an encoding; 0 when neither of the first two does."""
    for number, line in enumerate(data.splitlines()[:2], 1):
        if _CODING.match(line):
            return number
    return 0
