"""Builds with `promote: true`: build a candidate, check it, put it in the live schema's place."""

from __future__ import annotations

from collections.abc import Collection

import dagster as dg

from staging_assets.checks import CheckResult, find_checks
from staging_assets.defs.assets.config import BuildConfig
from staging_assets.defs.assets.gate import run_gate
from staging_assets.defs.reporting.releases import find_log, report_release, run_note_release
from staging_assets.errors import SettingsError
from staging_assets.model import StagingProject
from staging_assets.postgres import Server
from staging_assets.publisher import Author, run_promote
from staging_assets.settings import StagingSchema, check_etl_schema, check_schema_name

_SAID = "run config `schema` of staging_build"


def find_schema(staging: StagingSchema, config: BuildConfig) -> str:
    """The schema that a run builds.

    Args:
        staging: whose run it is.
        config: what was said for the run.

    Raises SettingsError when that is none, or no candidate where one is to be promoted.
    """
    candidate = config.promote or config.changed_from == staging.schema
    default = f"{staging.schema}_next" if candidate else staging.schema
    schema = check_schema_name(config.schema_ or default, _SAID)
    if config.promote and config.changed_from not in ("", staging.schema):
        raise SettingsError(
            f"run config of staging_build: a branch of {config.changed_from} cannot be promoted to"
            f" {staging.schema}. Give changed_from: {staging.schema}."
        )
    check_etl_schema(staging.etl_schema, _SAID, built=schema)
    if config.promote and schema == staging.schema:
        raise SettingsError(
            f"{_SAID}: {schema} is live, and cannot be promoted. Leave it out: then the candidate "
            f"is {staging.schema}_next."
        )
    if config.promote and config.create_only:
        raise SettingsError(
            "run config of staging_build: create_only makes empty tables, and promote would put "
            "them in the place of the live ones. Leave one of them out."
        )
    return schema


def run_promotion(
    context: dg.AssetExecutionContext,
    staging: StagingSchema,
    project: StagingProject,
    server: Server,
    config: BuildConfig,
    *,
    told: Collection[CheckResult],
) -> None:
    """Promote the candidate that this run has built, and report it.

    Args:
        context: of the step.
        staging: whose live schema is replaced.
        project: its folder of scripts.
        server: where both schemas are.
        config: what was said for the run.
        told: the checks that this run has evaluated; all are evaluated now if any is missing.

    Raises BuildError or BusyError when it cannot be promoted. Nothing is changed then.
    """
    candidate = find_schema(staging, config)
    checked = {(check.table, check.name) for check in told}
    every = (check for checks in find_checks(project).values() for check in checks)
    if any((check.table, check.name) not in checked for check in every):
        run_gate(server, project, staging.schema, candidate)
    release = run_promote(
        server,
        project,
        staging.schema,
        candidate,
        keep=config.keep,
        author=Author(config.who, context.run.run_id),
        log=find_log(context),
    )
    run_note_release(server, project, staging, release)
    report_release(context, staging, release)
