"""The folder of scripts, and what its scripts want of the server."""

from __future__ import annotations

import re
from collections.abc import Iterator

from staging_assets.checks import KINDS
from staging_assets.cli.examinations.finding import GOOD, WRONG, Finding
from staging_assets.errors import ProjectError
from staging_assets.model import StagingProject
from staging_assets.project import load_project
from staging_assets.settings import StagingSchema

_EXTENSION = re.compile(r'create\s+extension\s+(?:if\s+not\s+exists\s+)?"?([\w-]+)', re.IGNORECASE)


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


def find_extensions(project: StagingProject) -> list[str]:
    """The extensions that the scripts ask for, sorted."""
    return sorted(set(_find_named(project)))


def _find_named(project: StagingProject) -> Iterator[str]:
    scripts = [table.create for table in project.tables.values()]
    scripts += [table.populate for table in project.tables.values() if table.populate]
    scripts += [each.script for each in project.procedures.values()]
    for script in scripts:
        yield from _EXTENSION.findall(script.text)
