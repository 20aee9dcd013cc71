"""Files that scripts name: what they include, and CSV files that they copy."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from staging_assets.model import Script

_HASHED = 16 << 20
"""Bytes up to which a file of rows is read at load; a larger one is told by size and time."""


@dataclass(frozen=True)
class Included:
    """How files are found and read.

    Args:
        read: gives the script in a file; None, and a problem noted, when it cannot be read.
        folders: what relative names start from, as psql's current folder: the first one that has
            such a file counts.
        asked: the names that were looked for.
    """

    read: Callable[[Path], Script | None]
    folders: Sequence[Path]
    asked: list[str] = field(default_factory=list)

    def find(self, name: str, beside: Script, *, relative: bool = False) -> Path | None:
        """The file of that name; None when there is none.

        Args:
            beside: the script that names it, in whose folder it is looked for last.
            relative: whether it is looked for there alone, as `\\ir` does.
        """
        self.asked.append(name)
        folders = [] if relative else list(self.folders)
        for folder in (*folders, beside.path.parent):
            path = folder / Path(name).expanduser()
            try:
                if path.is_file():
                    return path
            except (OSError, ValueError):
                continue
        return None


def find_state(path: Path) -> str:
    """What tells the content of a file of rows from another. Raises OSError."""
    status = path.stat()
    if status.st_size <= _HASHED:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    return f"{status.st_size} {status.st_mtime_ns}"
