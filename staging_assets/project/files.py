"""The files of a folder of scripts: which there are, what they are for, and their text."""

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

LOOKUP_FOLDER = "lookup"
LOOKUP_FILE = "lookup_tables.yaml"
CONFIG_FILE = "staging.yaml"

_CREATE = re.compile(r".*?create[-_. ](?:staging[-_. ])?(?P<table>.+)\.sql", re.IGNORECASE)
_POPULATE = re.compile(r".*?populate[-_. ](?:staging[-_. ])?(?P<table>.+)\.sql", re.IGNORECASE)
_CLEANUP = re.compile(r"staging-(?P<table>.+)-cleanup\.py", re.IGNORECASE)


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
        procedures: scripts of stored procedures.
        lookups: the shared lookup YAML and the department's, those that are there.
        config: staging.yaml, if there is one.
        departments: all departments that the folder has.
        cleaned: names of tables, folded, for which any department has a cleanup.
    """

    creates: list[Named] = field(default_factory=list)
    procedures: list[Script] = field(default_factory=list)
    populates: list[Named] = field(default_factory=list)
    cleanups: list[Named] = field(default_factory=list)
    lookups: list[Script] = field(default_factory=list)
    config: Script | None = None
    departments: tuple[str, ...] = ()
    cleaned: frozenset[str] = frozenset()
    problems: list[Problem] = field(default_factory=list)


def read_files(sql_dir: Path, department: str) -> Files:
    """Read every script of a folder that counts for one department.

    What is no script by its name is ignored. Nothing is raised: what cannot be read is one of
    the `problems`, with its place in the file where it has one.
    """
    files = Files()
    root = sql_dir.absolute()
    if not _is_folder(root):
        todo = "Set STAGING_SQL_DIR to the folder that holds create_tables"
        files.problems.append(Problem(show_path(root), 1, 1, "there is no such folder", todo))
        return files
    reader = _Reader(root, show_path(root), files)
    creates = root / "create_tables"
    if not _is_folder(creates):
        todo = "Put a script CREATE-staging-<table>.sql for each table in it"
        reader.note("create_tables", "there is no such folder", todo)
    for entry in reader.entries(creates):
        found = _match_create(entry.name)
        if found is not None:
            reader.add(files.creates, found, entry)
    for entry in reader.entries(root / "create_stored_procedures"):
        if entry.name.lower().endswith(".sql"):
            script = reader.read(entry)
            if script is not None:
                files.procedures.append(script)
    _read_department(reader, root, department)
    for path in (
        root / "populate_tables" / LOOKUP_FOLDER / LOOKUP_FILE,
        root / "populate_tables" / department / LOOKUP_FILE,
    ):
        script = reader.read_if_there(path) if department in files.departments else None
        if script is not None:
            files.lookups.append(script)
    files.config = reader.read_if_there(root / CONFIG_FILE)
    return files


def show_path(path: Path) -> str:
    """A path as people read it: relative to the current folder where that is shorter."""
    whole = str(path)
    try:
        short = os.path.relpath(path)
    except (OSError, ValueError):
        short = whole
    shown = short if len(short) < len(whole) else whole
    return os.fsencode(shown).decode("utf-8", "backslashreplace")


def _match_create(name: str) -> str | None:
    """The table that a file in create_tables is for: CREATE is in its name and SCHEMA is not."""
    if ("CREATE" in name and "SCHEMA" not in name) or name.lower().startswith("create-staging-"):
        found = _CREATE.fullmatch(name)
        return found["table"] if found else None
    return None


def _match_populate(name: str) -> str | None:
    if "POPULATE" in name or name.lower().startswith("populate-staging-"):
        found = _POPULATE.fullmatch(name)
        return found["table"] if found else None
    return None


def _read_department(reader: _Reader, root: Path, department: str) -> None:
    files, populates = reader.files, root / "populate_tables"
    files.departments = tuple(
        entry.name
        for entry in reader.entries(populates)
        if entry.name not in (LOOKUP_FOLDER, "__pycache__") and _is_folder(Path(entry.path))
    )
    cleaned = set()
    for each in files.departments:
        for entry in reader.entries(populates / each):
            found = _CLEANUP.fullmatch(entry.name)
            if found:
                cleaned.add(found["table"].lower())
            if each != department:
                continue
            if found:
                reader.add(files.cleanups, found["table"], entry)
            else:
                table = _match_populate(entry.name)
                if table is not None:
                    reader.add(files.populates, table, entry)
    files.cleaned = frozenset(cleaned)
    if department not in files.departments:
        there = ", ".join(files.departments) or "none"
        todo = f"Set STAGING_DEPARTMENT to one that is there: {there}"
        what = f"there is no department {department!r}"
        reader.note("populate_tables", what, todo)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


class _Reader:
    """Reads the files of the folder `root`, which is shown to people as `shown`."""

    def __init__(self, root: Path, shown: str, files: Files) -> None:
        self.root, self.shown, self.files = str(root), shown, files

    def note(self, name: str, what: str, todo: str, line: int = 1, column: int = 1) -> None:
        label = self.label(name)
        self.files.problems.append(Problem(label, line, column, what, todo))

    def label(self, name: str) -> str:
        return os.fsencode(f"{self.shown}/{name}").decode("utf-8", "backslashreplace")

    def entries(self, folder: Path) -> Iterator[os.DirEntry[str]]:
        """The entries of a folder by name; those that begin with a dot are left out."""
        if not _is_folder(folder):
            return
        try:
            with os.scandir(folder) as found:
                listed = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            self.note(self.inside(folder), f"cannot be read: {error.strerror}", _PERMISSIONS)
            return
        yield from (entry for entry in listed if not entry.name.startswith("."))

    def inside(self, path: str | os.PathLike[str]) -> str:
        return os.fspath(path)[len(self.root) :].lstrip("/")

    def add(self, to: list[Named], table: str, entry: os.DirEntry[str]) -> None:
        script = self.read(entry)
        if script is not None:
            to.append(Named(table, script))

    def read_if_there(self, path: Path) -> Script | None:
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
        encoding = "utf-8"
        if name.lower().endswith(".py"):
            encoding = _find_python_encoding(data)
        data = data.removeprefix(codecs.BOM_UTF8)
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as error:
            before = data[: error.start].decode(encoding)
            line, column = find_position(before + "?", len(before))
            what = f"byte {data[error.start]:#04x} is not {encoding.upper()}"
            self.note(name, what, "Save the file as UTF-8", line, column)
            return None
        if "\0" in text:
            line, column = find_position(text, text.index("\0"))
            what = "a zero byte, which Postgres does not take"
            self.note(name, what, "Remove it, or save the file as UTF-8", line, column)
            return None
        return text


_PERMISSIONS = "Give the user that runs this the right to read it, or remove it"


def _find_python_encoding(data: bytes) -> str:
    """As Python finds it: UTF-8 unless the first two lines say otherwise."""
    lines = iter(data.splitlines(keepends=True)[:2])
    try:
        return tokenize.detect_encoding(lambda: next(lines, b""))[0].removesuffix("-sig")
    except SyntaxError:
        return "utf-8"
