"""All definitions of one staging schema, to be loaded alone or merged with others."""

from __future__ import annotations

import logging

import dagster as dg

from staging_assets.checks import KINDS
from staging_assets.defs.assets.build import build_staging_assets
from staging_assets.defs.assets.resources import PostgresResource, build_resource
from staging_assets.defs.assets.sources import build_csv_assets, build_source_specs
from staging_assets.defs.automation.condition import build_conditions
from staging_assets.defs.automation.schedule import build_schedules
from staging_assets.defs.automation.sensors import build_automation_sensor, build_source_sensor
from staging_assets.defs.jobs.builds import build_jobs
from staging_assets.defs.jobs.observation import build_observation_job
from staging_assets.defs.jobs.promotion import build_promotion_jobs
from staging_assets.defs.reporting.releases import build_release_spec
from staging_assets.defs.translation.git import link_to_git
from staging_assets.defs.translation.specs import build_specs
from staging_assets.defs.translation.translator import StagingTranslator
from staging_assets.defs.upkeep.retention import build_retention_job
from staging_assets.defs.upkeep.sensor import build_dead_run_sensor
from staging_assets.errors import SettingsError
from staging_assets.model import StagingProject
from staging_assets.postgres import find_embedded_extensions
from staging_assets.project import load_project, tell_lacking
from staging_assets.settings import StagingSchema
from staging_assets.sources import find_csv_files

_log = logging.getLogger("staging_assets")


def build_definitions(
    staging_schema: StagingSchema,
    translator: StagingTranslator | None = None,
    *,
    shown: bool = True,
) -> dg.Definitions:
    """All definitions of a staging schema: assets, checks, jobs, sensors, a schedule, its resource.

    Several can be merged, with each other and with definitions of your own, when each has a
    `key_prefix`: `dg.Definitions.merge(build_definitions(north), build_definitions(south), own)`.
    The executor is left to whoever loads them; `dg.in_process_executor` saves a process's start.

    Args:
        staging_schema: what is built, and where.
        translator: changes what Dagster shows of each node.
        shown: whether somebody may look at them in the catalogue: without it, what only the
            catalogue shows (the scripts' text, links to them) and only the daemon needs (what
            keeps the schema up) is left out, which loads sooner.

    Raises ProjectError with every problem of the folder, or SettingsError.
    """
    staging = staging_schema
    project = load_project(staging, staging.department, KINDS, home=staging.home)
    _tell_lacking(staging, project)
    folder = staging.etl_csv_dir
    files = {} if folder is None else find_csv_files(folder, project.config.csv)
    conditions = build_conditions(staging, project) if shown else {}
    specs = build_specs(
        staging,
        project,
        translator,
        shown=shown,
        conditions=conditions,
    )
    jobs = build_jobs(project, specs)
    sensors = [build_dead_run_sensor(staging)]
    if shown:
        sensors.append(build_automation_sensor(staging, specs.keys))
        sensors.append(build_source_sensor(staging, files))
    assets: list[dg.AssetsDefinition | dg.AssetSpec] = [
        build_staging_assets(staging, project, specs),
        *build_csv_assets(staging, files),
        *build_source_specs(staging, project, files),
        build_release_spec(staging),
    ]
    return dg.Definitions(
        assets=link_to_git(staging, assets) if staging.git_url and shown else assets,
        jobs=[
            *jobs,
            *build_promotion_jobs(staging, project),
            build_observation_job(staging, project, files),
            build_retention_job(staging),
        ],
        sensors=sensors,
        schedules=build_schedules(staging, jobs),
        resources={f"postgres{staging.suffix}": _find_resource(staging)},
    )


def _tell_lacking(staging: StagingSchema, project: StagingProject) -> None:
    """Name the extensions that scripts want, where it is known that the server has none."""
    try:
        embedded = staging.embedded
    except SettingsError:
        return  # a resource whose variables are set where it is used
    if embedded:
        for line in tell_lacking(project, find_embedded_extensions(), "the embedded server"):
            _log.warning(line)


def _find_resource(staging: StagingSchema) -> PostgresResource | dg.ResourceDefinition:
    if isinstance(staging.postgres, PostgresResource):
        return staging.postgres
    # Dagster shows what resources are configured with, and this may hold a password.
    resource = build_resource(staging)
    return dg.ResourceDefinition.hardcoded_resource(resource)
