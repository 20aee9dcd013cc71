"""Values of parameters in scripts that are given for one run."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from staging_assets.checks import KINDS
from staging_assets.errors import SettingsError
from staging_assets.model import StagingProject
from staging_assets.project import load_project
from staging_assets.settings import StagingSchema

_SAID = "run config `variables` of staging_build"


def find_project_of_run(
    staging: StagingSchema, project: StagingProject, given: Mapping[str, Any]
) -> StagingProject:
    """The folder as a run reads it.

    Args:
        staging: whose run it is.
        project: the folder as the definitions have it.
        given: how scripts spell a parameter (`day` for psql's `:day`) to its value, a text or a
            number; it wins over all others.

    Raises SettingsError for a name that is declared nowhere, and for values with which the scripts
    make other assets than those of the definitions; ProjectError when they cannot be read then.
    """
    if not given:
        return project
    for name, value in given.items():
        if name not in project.config.variables:
            near = difflib.get_close_matches(name, project.config.variables, 1)
            ask = f"Did you mean {near[0]}?" if near else "Declare it in staging.yaml."
            raise SettingsError(f"{_SAID}: {name!r} is declared nowhere. {ask}")
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise SettingsError(
                f"{_SAID}: the value of {name} is neither a text nor a number. Put it in quotes."
            )
    values = {name: str(value) for name, value in given.items()}
    found = load_project(
        replace(staging, variables={**staging.variables, **values}), staging.department, KINDS
    )
    others = sorted(set(found.nodes) ^ set(project.nodes))
    if others:
        raise SettingsError(
            f"{_SAID}: with these values the scripts do not make the same assets: "
            f"{', '.join(others)}. Give values that decide which assets there are in "
            "STAGING_VARIABLES, before the definitions are loaded."
        )
    return found
