"""The jobs that put a finished candidate schema in place of the live one, and take it back."""

# No postponed annotations here: Dagster reads those of the functions below as they are.

from typing import Any

import dagster as dg
from pydantic import Field

from staging_assets.defs.alerts.of_a_run import alerting
from staging_assets.defs.assets.gate import run_gate
from staging_assets.defs.reporting.console import show_failure
from staging_assets.defs.reporting.releases import find_log, report_release, run_note_release
from staging_assets.defs.runs.dead_runs import showing_presence
from staging_assets.defs.runs.identity import build_step_tags, check_identity
from staging_assets.errors import StagingError
from staging_assets.model import StagingProject
from staging_assets.publisher import (
    Author,
    run_promote,
    run_rollback,
)
from staging_assets.settings import StagingSchema

_WHO = "On whose behalf; empty means user and machine of the process."


class PromoteConfig(dg.Config):
    """Run config of `promote_staging`."""

    candidate: str = Field(
        default="",
        description="The schema to promote; empty means the live schema's name with _next.",
    )
    check: bool = Field(
        default=True,
        description="Evaluate every check on the candidate first, and stop when one fails.",
    )
    keep: int = Field(
        default=1, description="How many schemas that were live before are kept; 1 to 20."
    )
    who: str = Field(default="", description=_WHO)


class RollbackConfig(dg.Config):
    """Run config of `rollback_staging`."""

    who: str = Field(default="", description=_WHO)


def build_promotion_jobs(staging: StagingSchema, project: StagingProject) -> list[dg.JobDefinition]:
    """`promote_staging` and `rollback_staging`.

    Args:
        staging: whose schema changes places.
        project: its folder of scripts.
    """
    live, suffix = staging.schema, staging.suffix
    resource = f"postgres{suffix}"
    options: dict[str, Any] = {
        "required_resource_keys": {resource},
        "tags": build_step_tags(staging),
        "pool": staging.pool,
    }

    @dg.op(name=f"promote{suffix}", **options)
    def promote(context: dg.OpExecutionContext, config: PromoteConfig) -> None:
        candidate = config.candidate or f"{live}_next"
        try:
            with alerting(context, staging):
                check_identity(context, staging)
                server = getattr(context.resources, resource).find_server()
                with showing_presence(context, server, staging):
                    if config.check:
                        run_gate(server, project, live, candidate)
                    release = run_promote(
                        server,
                        project,
                        live,
                        candidate,
                        keep=config.keep,
                        author=Author(config.who, context.run.run_id),
                        log=find_log(context),
                    )
                    run_note_release(server, project, staging, release)
                    report_release(context, staging, release)
        except StagingError as error:
            show_failure(str(error))
            raise dg.Failure(str(error), allow_retries=False) from None

    @dg.op(name=f"rollback{suffix}", **options)
    def rollback(context: dg.OpExecutionContext, config: RollbackConfig) -> None:
        author = Author(config.who, context.run.run_id)
        try:
            with alerting(context, staging):
                check_identity(context, staging)
                server = getattr(context.resources, resource).find_server()
                with showing_presence(context, server, staging):
                    release = run_rollback(
                        server, project, live, author=author, log=find_log(context)
                    )
                    report_release(context, staging, release)
        except StagingError as error:
            show_failure(str(error))
            raise dg.Failure(str(error), allow_retries=False) from None

    @dg.job(
        name=f"promote_staging{suffix}",
        tags=staging.run_tags,
        description="Put the finished schema <schema>_next in place of <schema>, in an instant.",
    )
    def promote_staging() -> None:
        promote()

    @dg.job(
        name=f"rollback_staging{suffix}",
        tags=staging.run_tags,
        description="Take the last promotion back: <schema>__previous becomes <schema> again.",
    )
    def rollback_staging() -> None:
        rollback()

    return [promote_staging, rollback_staging]
