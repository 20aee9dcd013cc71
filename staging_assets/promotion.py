"""The jobs that put a finished candidate schema in place of the live one, and take it back."""

# No postponed annotations here: Dagster reads those of the functions below as they are.

import dagster as dg
from pydantic import Field

from staging_assets.errors import StagingError
from staging_assets.postgres.promote import run_promote, run_rollback
from staging_assets.project.model import StagingProject
from staging_assets.resources import PostgresResource


class PromoteConfig(dg.Config):
    """Run config of `promote_staging`."""

    candidate: str = Field(
        default="",
        description="The schema to promote; empty means the live schema's name with _next.",
    )


def build_promotion_jobs(project: StagingProject) -> list[dg.JobDefinition]:
    """`promote_staging` and `rollback_staging`."""

    @dg.op(name="promote")
    def promote(
        context: dg.OpExecutionContext, config: PromoteConfig, postgres: PostgresResource
    ) -> None:
        live = postgres.read_settings().schema
        candidate = config.candidate or f"{live}_next"
        try:
            run_promote(postgres.find_server(), project, live, candidate)
        except StagingError as error:
            raise dg.Failure(str(error), allow_retries=False) from None
        context.log.info(f"{candidate} is {live} now; the old one is {live}__previous")

    @dg.op(name="rollback")
    def rollback(context: dg.OpExecutionContext, postgres: PostgresResource) -> None:
        live = postgres.read_settings().schema
        try:
            run_rollback(postgres.find_server(), project, live)
        except StagingError as error:
            raise dg.Failure(str(error), allow_retries=False) from None
        context.log.info(f"{live}__previous is {live} again")

    @dg.job(
        name="promote_staging",
        description="Put the finished schema <schema>_next in place of <schema>, in an instant.",
    )
    def promote_staging() -> None:
        promote()

    @dg.job(
        name="rollback_staging",
        description="Take the last promotion back: <schema>__previous becomes <schema> again.",
    )
    def rollback_staging() -> None:
        rollback()

    return [promote_staging, rollback_staging]
