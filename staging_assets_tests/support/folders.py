"""Folders of scripts for tests, written from text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def make_project(folder: Path, files: Mapping[str, str]) -> Path:
    """Write the files (relative path to text) and return the folder they are in."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder
