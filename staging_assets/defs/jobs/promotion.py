"""The jobs that put a finished candidate schema in place of the live one, and take it back."""

# No postponed annotations here: Dagster reads those of the functions below as they are.

from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import Field

from staging_assets.checks import run_checks
from staging_assets.defs.assets.identity import build_step_tags, check_identity
from staging_assets.defs.upkeep.dead_runs import showing_presence
from staging_assets.errors import BuildError, StagingError
from staging_assets.model import StagingProject
from staging_assets.postgres import Server
from staging_assets.publisher import run_promote, run_rollback
from staging_assets.settings import StagingSchema


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
            check_identity(context, staging)
            server = getattr(context.resources, resource).find_server()
            with showing_presence(context, server, staging):
                if config.check:
                    _run_gate(server, project, candidate)
                run_promote(server, project, live, candidate, log=_find_log(context))
        except StagingError as error:
            raise dg.Failure(str(error), allow_retries=False) from None
        context.log.info(f"{candidate} is {live} now; the old one is {live}__previous")

    @dg.op(name=f"rollback{suffix}", **options)
    def rollback(context: dg.OpExecutionContext) -> None:
        try:
            check_identity(context, staging)
            server = getattr(context.resources, resource).find_server()
            with showing_presence(context, server, staging):
                run_rollback(server, project, live, log=_find_log(context))
        except StagingError as error:
            raise dg.Failure(str(error), allow_retries=False) from None
        context.log.info(f"{live}__previous is {live} again")

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


def _run_gate(server: Server, project: StagingProject, candidate: str) -> None:
    """Raise BuildError when a check of severity ERROR fails on the candidate."""
    failed = [
        result
        for result in run_checks(server, project, candidate)
        if not result.passed and result.severity == "ERROR"
    ]
    if failed:
        told = "\n".join(
            f"  {result.name} on {result.table}: {result.summary}" for result in failed
        )
        raise BuildError(
            f'schema "{candidate}": {len(failed)} of its checks fail, so it was not promoted:\n'
            f"{told}\nBuild it again, or promote with `check: false`."
        )


def _find_log(context: dg.OpExecutionContext) -> Callable[[str, str], None]:
    return lambda level, text: context.log.log(level.upper(), text)
