"""Which files of an old tree are scripts, and where each goes in the new one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_CREATE = re.compile(r"(?i)create[-_. ](?!schema).+\.sql\Z")
_SCHEMA = re.compile(r"(?i)create[-_. ]schema")
"""The schema is made by the build itself."""
_POPULATE = re.compile(r"(?i)populate[-_. ].+\.sql\Z")
_PROCEDURES = re.compile(r"(?i)procedure|function")
_MAKES_FUNCTIONS = re.compile(r"(?i)\bcreate\s+(or\s+replace\s+)?(function|procedure)\b")
_SKIPPED = {"__pycache__", "node_modules", "venv", "env", "site-packages", "build", "dist"}
_MOST_BYTES = 50_000_000


@dataclass
class OldTree:
    """What was found; each file as its path.

    Args:
        root: the folder.
        creates, procedures: scripts.
        populates: department to scripts.
        lookups: YAML files of lookup rows.
        modules: Python modules that say something of luigi.
        configurations: luigi.cfg files.
        others: SQL files that are none of these.
    """

    root: Path
    creates: list[Path] = field(default_factory=list)
    procedures: list[Path] = field(default_factory=list)
    populates: dict[str, list[Path]] = field(default_factory=dict)
    lookups: list[Path] = field(default_factory=list)
    modules: list[Path] = field(default_factory=list)
    configurations: list[Path] = field(default_factory=list)
    others: list[Path] = field(default_factory=list)

    def show(self, path: Path) -> str:
        """A path as people read it: from the folder on."""
        return path.relative_to(self.root).as_posix()


def find_tree(root: Path, department: str) -> OldTree:
    """Look through a folder and all below it.

    Args:
        root: the folder.
        department: what POPULATE scripts belong to that are in no folder of a department.
    """
    tree = OldTree(root)
    for path in _find_files(root):
        name = path.name
        if name in ("luigi.cfg", "client.cfg"):
            tree.configurations.append(path)
        elif name.endswith(".py"):
            if "luigi" in read_text(path):
                tree.modules.append(path)
        elif name.lower().endswith((".yaml", ".yml")) and "lookup" in name.lower():
            tree.lookups.append(path)
        elif name.lower().endswith(".sql"):
            _sort_script(tree, path, department)
    return tree


def _sort_script(tree: OldTree, path: Path, department: str) -> None:
    above = path.parent.name
    if _POPULATE.match(path.name):
        said = re.sub(r"[^\w-]", "_", above)
        is_department = path.parent != tree.root and not re.search("(?i)populate|sql", above)
        tree.populates.setdefault(said if is_department else department, []).append(path)
    elif _PROCEDURES.search(path.name) or _PROCEDURES.search(above):
        tree.procedures.append(path)
    elif _CREATE.match(path.name):
        tree.creates.append(path)
    elif _MAKES_FUNCTIONS.search(read_text(path)):
        tree.procedures.append(path)
    elif not _SCHEMA.match(path.name):
        tree.others.append(path)


def _find_files(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(".") or entry.name in _SKIPPED or entry.is_symlink():
            continue
        if entry.is_dir():
            yield from _find_files(entry)
        elif entry.is_file() and entry.stat().st_size <= _MOST_BYTES:
            yield entry


def read_text(path: Path) -> str:
    """A file's text; one that is not in UTF-8 is taken to be in Latin-1, which old trees are."""
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")
