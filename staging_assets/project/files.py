"""The files of a folder of scripts: which there are, what they are for, and their text."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from staging_assets.errors import Problem
from staging_assets.model import STAGING, Script, ScriptPlaces
from staging_assets.project.file_reader import FileReader, Files, is_folder, show_path
from staging_assets.project.scripts.psql import Included

LOOKUP_FOLDER = "lookup"
LOOKUP_FILE = "lookup_tables.yaml"
_OTHER = re.compile(r"(?!.*create[-_. ]?schema).+\.sql", re.IGNORECASE)
"""A file that may speak of tables, by its name; what is in it decides."""
CONFIG_FILE = "staging.yaml"


class FileNames:
    """What the names of files say: which are scripts, and for which table.

    Args:
        schema: what scripts call the schema. Names may have that in them, or `staging`.
    """

    def __init__(self, schema: str) -> None:
        self.schema = schema
        self._schemas = tuple({STAGING, schema.lower()})
        either = "|".join(map(re.escape, self._schemas))
        rest = rf"[-_. ](?:(?:{either})[-_. ])?(?P<table>.+)\.sql"
        self._create = re.compile(f".*?create{rest}", re.IGNORECASE)
        self._populate = re.compile(f".*?populate{rest}", re.IGNORECASE)
        self._cleanup = re.compile(rf"(?:{either})-(?P<table>.+)-cleanup\.py", re.IGNORECASE)

    def find_created(self, name: str) -> str | None:
        """The table that a file creates: CREATE is in its name and SCHEMA is not."""
        said = "CREATE" in name and "SCHEMA" not in name
        return self._find(self._create, name) if said or self._begins(name, "create") else None

    def find_populated(self, name: str) -> str | None:
        """The table that a file fills."""
        said = "POPULATE" in name or self._begins(name, "populate")
        return self._find(self._populate, name) if said else None

    def find_cleaned(self, name: str) -> str | None:
        """The table that a file cleans up."""
        return self._find(self._cleanup, name)

    def _begins(self, name: str, verb: str) -> bool:
        return name.lower().startswith(tuple(f"{verb}-{schema}-" for schema in self._schemas))

    @staticmethod
    def _find(pattern: re.Pattern[str], name: str) -> str | None:
        found = pattern.fullmatch(name)
        return found["table"] if found else None


def read_files(folders: ScriptPlaces, department: str) -> Files:
    """Read every script that counts for one department.

    What is no script by its name is ignored. Nothing is raised: what cannot be read is one of
    the `problems`, with its place in the file where it has one. Of two scripts for one table the
    first wins, in the order of the department's own folder and then of the folders; the other is
    one of the `shadowed`.
    """
    files = Files()
    root = folders.sql_dir.absolute()
    names = FileNames(folders.schema_in_files)
    files.included = Included(lambda path: FileReader(path.parent, files).read(path), (root,))
    if not is_folder(root) and not folders.create_dirs:
        todo = "Set STAGING_SQL_DIR to the folder that holds create_tables"
        files.problems.append(Problem(show_path(root), 1, 1, "there is no such folder", todo))
        return files
    populates = [path.absolute() for path in folders.populate_dirs] or [root / "populate_tables"]
    _read_departments(files, names, populates, department)
    creates = [path.absolute() for path in folders.create_dirs] or [root / "create_tables"]
    _read_creates(files, names, creates)
    procedures = folders.procedures_dirs or (root / "create_stored_procedures",)
    _read_procedures(files, [path.absolute() for path in procedures])
    if department in files.departments or not files.departments:
        shared = folders.lookup_files or tuple(
            path / LOOKUP_FOLDER / LOOKUP_FILE for path in populates
        )
        own = [path / department / LOOKUP_FILE for path in populates]
        _read_lookups(files, [path.absolute() for path in shared], own, bool(folders.lookup_files))
    files.config = FileReader(root, files).read_if_there(root / CONFIG_FILE)
    return files


def _read_creates(files: Files, names: FileNames, folders: Sequence[Path]) -> None:
    for folder in folders:
        reader = FileReader(folder, files)
        if not is_folder(folder):
            todo = f"Put a script CREATE-{names.schema}-<table>.sql for each table in it"
            reader.note("", "there is no such folder", todo)
        for entry in reader.entries(folder):
            found = names.find_created(entry.name)
            if found is not None:
                reader.add(files.creates, found, entry)
            elif _OTHER.fullmatch(entry.name) and entry.is_file():
                script = reader.read(entry)
                if script is not None:
                    files.others.append(script)


def _read_procedures(files: Files, folders: Sequence[Path]) -> None:
    stems: dict[str, Script] = {}
    for folder in folders:
        reader = FileReader(folder, files)
        for entry in reader.entries(folder):
            if not entry.name.lower().endswith(".sql"):
                continue
            stem = Path(entry.name).stem
            if stem in stems and stems[stem].path.parent != folder:
                files.shadowed.append((stems[stem].label, reader.label(entry.name)))
                continue
            script = reader.read(entry)
            if script is not None:
                stems.setdefault(stem, script)
                files.procedures.append(script)


def _read_lookups(
    files: Files, shared: Sequence[Path], own: Sequence[Path], declared: bool
) -> None:
    for path in [*shared, *own]:
        reader = FileReader(path.parent, files)
        script = reader.read_if_there(path)
        if script is not None:
            files.lookups.append(script)
        elif declared and path in shared and not os.path.lexists(path):
            reader.note(path.name, "there is no such file", "Check STAGING_LOOKUP_FILE")


def _read_departments(
    files: Files, names: FileNames, populates: Sequence[Path], department: str
) -> None:
    cleaned: set[str] = set()
    departments: dict[str, None] = {}
    for folder in populates:
        reader = FileReader(folder, files)
        for entry in reader.entries(folder):
            if entry.name in (LOOKUP_FOLDER, "__pycache__") or not is_folder(Path(entry.path)):
                continue
            departments[entry.name] = None
            own = FileReader(folder / entry.name, files)
            cleaned |= _read_department(own, names, chosen=entry.name == department)
    files.departments = tuple(departments)
    files.cleaned = frozenset(cleaned)
    # A folder without any department makes empty tables and lookup rows, for whoever asks.
    if departments and department not in departments:
        there = ", ".join(sorted(departments))
        todo = f"Set STAGING_DEPARTMENT to one that is there: {there}"
        what = f"there is no department {department!r}"
        FileReader(populates[0], files).note("", what, todo)


def _read_department(reader: FileReader, names: FileNames, *, chosen: bool) -> set[str]:
    """Read a department's folder, if it is the one; the tables for which it has a cleanup."""
    cleaned, files = set(), reader.files
    for entry in reader.entries(Path(reader.root)):
        cleanup = names.find_cleaned(entry.name)
        if cleanup is not None:
            cleaned.add(cleanup.lower())
        if not chosen:
            continue
        table = names.find_populated(entry.name)
        created = names.find_created(entry.name)
        if cleanup is not None:
            reader.add(files.cleanups, cleanup, entry)
        elif table is not None:
            reader.add(files.populates, table, entry)
        elif created is not None:
            reader.add(files.creates, created, entry)
    return cleaned
