"""The folder of scripts."""

from __future__ import annotations

from staging_assets.checks import KINDS
from staging_assets.cli.checking.examinations.finding import GOOD, WRONG, Finding
from staging_assets.errors import ProjectError
from staging_assets.model import StagingProject
from staging_assets.project import load_project
from staging_assets.settings import StagingSchema


def find_folder(staging: StagingSchema) -> tuple[StagingProject | None, Finding]:
    """Load the scripts.

    Returns None in their place when they cannot be loaded, and what is to be said of them.
    """
    try:
        project = load_project(staging, staging.department, KINDS)
    except ProjectError as error:
        count = len(error.problems)
        text = (
            f"{staging.sql_dir}: {count} problem{'s' * (count > 1)}, the first: {error.problems[0]}"
        )
        return None, Finding(WRONG, "scripts", text)
    text = (
        f"{staging.sql_dir}, department {staging.department}: {len(project.tables)} tables, "
        f"{len(project.procedures)} scripts of procedures, {len(project.cleanups)} cleanups"
    )
    return project, Finding(GOOD, "scripts", text)
