"""What Dagster loads: the settings of the environment and the folder of scripts, wired up.

Nothing here touches a database, so definitions load without one.
"""

from __future__ import annotations

import gc
import os
import sys

import dagster as dg

from staging_assets.defs import (
    KINDS,
    PostgresResource,
    build_csv_assets,
    build_jobs,
    build_promotion_jobs,
    build_source_specs,
    build_staging_assets,
    install_prefix_selection,
)
from staging_assets.errors import StagingError
from staging_assets.project import load_project, no_garbage_search
from staging_assets.settings import Settings, read_settings
from staging_assets.sources import find_csv_files


def build_definitions(settings: Settings) -> dg.Definitions:
    """All definitions for a set of settings.

    Raises ProjectError with every problem of the folder, or SettingsError.
    """
    project = load_project(settings.sql_dir, settings.department, KINDS)
    folder = settings.etl_csv_dir
    files = {} if folder is None else find_csv_files(folder, project.config.csv)
    return dg.Definitions(
        assets=[
            build_staging_assets(project),
            *build_csv_assets(files),
            *build_source_specs(project, files),
        ],
        jobs=[*build_jobs(), *build_promotion_jobs(project)],
        resources={"postgres": PostgresResource()},
        executor=dg.in_process_executor,
    )


def _load() -> dg.Definitions:
    try:
        with no_garbage_search():
            found = build_definitions(read_settings(os.environ))
    except StagingError:
        # The message says which line of which file to mend; a stack of ours would only hide it.
        sys.tracebacklimit = 0
        raise
    # The definitions stay until the process ends: no search for garbage needs to look at them.
    gc.freeze()
    return found


install_prefix_selection()
defs = _load()
