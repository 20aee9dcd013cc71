"""The files of a folder of scripts: which there are, what they are for, and their text."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from staging_assets.errors import Problem
from staging_assets.model import Script, ScriptPlaces
from staging_assets.project.file_reader import FileReader, Files, is_folder, show_path

LOOKUP_FOLDER = "lookup"
LOOKUP_FILE = "lookup_tables.yaml"
CONFIG_FILE = "staging.yaml"

_CREATE = re.compile(r".*?create[-_. ](?:staging[-_. ])?(?P<table>.+)\.sql", re.IGNORECASE)
_POPULATE = re.compile(r".*?populate[-_. ](?:staging[-_. ])?(?P<table>.+)\.sql", re.IGNORECASE)
_CLEANUP = re.compile(r"staging-(?P<table>.+)-cleanup\.py", re.IGNORECASE)


def read_files(folders: ScriptPlaces, department: str) -> Files:
    """Read every script that counts for one department.

    What is no script by its name is ignored. Nothing is raised: what cannot be read is one of
    the `problems`, with its place in the file where it has one. Of two scripts for one table the
    first wins, in the order of the department's own folder and then of the folders; the other is
    one of the `shadowed`.
    """
    files = Files()
    root = folders.sql_dir.absolute()
    if not is_folder(root) and not folders.create_dirs:
        todo = "Set STAGING_SQL_DIR to the folder that holds create_tables"
        files.problems.append(Problem(show_path(root), 1, 1, "there is no such folder", todo))
        return files
    populates = [path.absolute() for path in folders.populate_dirs] or [root / "populate_tables"]
    _read_departments(files, populates, department)
    _read_creates(
        files, [path.absolute() for path in folders.create_dirs] or [root / "create_tables"]
    )
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


def _read_creates(files: Files, folders: Sequence[Path]) -> None:
    for folder in folders:
        reader = FileReader(folder, files)
        if not is_folder(folder):
            todo = "Put a script CREATE-staging-<table>.sql for each table in it"
            reader.note("", "there is no such folder", todo)
        for entry in reader.entries(folder):
            found = _match_create(entry.name)
            if found is not None:
                reader.add(files.creates, found, entry)


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


def _read_departments(files: Files, populates: Sequence[Path], department: str) -> None:
    cleaned: set[str] = set()
    departments: dict[str, None] = {}
    for folder in populates:
        reader = FileReader(folder, files)
        for entry in reader.entries(folder):
            if entry.name in (LOOKUP_FOLDER, "__pycache__") or not is_folder(Path(entry.path)):
                continue
            departments[entry.name] = None
            own = FileReader(folder / entry.name, files)
            cleaned |= _read_department(own, chosen=entry.name == department)
    files.departments = tuple(departments)
    files.cleaned = frozenset(cleaned)
    # A folder without any department makes empty tables and lookup rows, for whoever asks.
    if departments and department not in departments:
        there = ", ".join(sorted(departments))
        todo = f"Set STAGING_DEPARTMENT to one that is there: {there}"
        what = f"there is no department {department!r}"
        FileReader(populates[0], files).note("", what, todo)


def _read_department(reader: FileReader, *, chosen: bool) -> set[str]:
    """Read a department's folder, if it is the one; the tables for which it has a cleanup."""
    cleaned, files = set(), reader.files
    for entry in reader.entries(Path(reader.root)):
        found = _CLEANUP.fullmatch(entry.name)
        if found:
            cleaned.add(found["table"].lower())
        if not chosen:
            continue
        table = _match_populate(entry.name)
        created = _match_create(entry.name)
        if found:
            reader.add(files.cleanups, found["table"], entry)
        elif table is not None:
            reader.add(files.populates, table, entry)
        elif created is not None:
            reader.add(files.creates, created, entry)
    return cleaned
