"""What the public API says more simply than the packages do."""

from __future__ import annotations

from pathlib import Path

from staging_assets.checks import KINDS
from staging_assets.model import StagingProject
from staging_assets.project import load_project as load_with_kinds


def load_project(sql_dir: Path, department: str) -> StagingProject:
    """Read a folder of scripts for one department, with every kind of check there is.

    Args:
        sql_dir: the folder that holds create_tables and its sisters.
        department: which folder of populate_tables fills the tables.

    Raises ProjectError with every problem of the folder.
    """
    return load_with_kinds(Path(sql_dir), department, KINDS)
