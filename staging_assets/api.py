"""What the public API says more simply than the packages do."""

from __future__ import annotations

from pathlib import Path

from staging_assets.checks import KINDS
from staging_assets.model import ScriptPlaces, StagingProject
from staging_assets.project import load_project as load_with_kinds


def load_project(folders: ScriptPlaces | Path | str, department: str) -> StagingProject:
    """Read the scripts of one department, with every kind of check there is.

    Args:
        folders: a `StagingSchema`, or the folder that holds create_tables and its
            sisters.
        department: which folder of populate_tables fills the tables.

    Raises ProjectError with every problem of the folder.
    """
    if isinstance(folders, str):
        folders = Path(folders)
    return load_with_kinds(folders, department, KINDS)
