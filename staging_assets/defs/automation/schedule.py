"""The schedule that the settings name."""

from __future__ import annotations

from collections.abc import Iterable

import dagster as dg

from staging_assets.defs.jobs.builds import BUILD_JOB
from staging_assets.defs.runs.identity import BUILD_STEP
from staging_assets.errors import SettingsError
from staging_assets.settings import StagingSchema


def build_schedules(
    staging: StagingSchema, jobs: Iterable[dg.UnresolvedAssetJobDefinition]
) -> list[dg.ScheduleDefinition]:
    """`staging_schedule`: builds what changed at the times of `schedule`; none where it is empty.

    Args:
        staging: with the times.
        jobs: among them the one that builds everything.

    Raises SettingsError when they are no times.
    """
    if not staging.schedule:
        return []
    suffix = staging.suffix
    job = next(job for job in jobs if job.name == f"{BUILD_JOB}{suffix}")
    step = f"{BUILD_STEP}{suffix}"
    try:
        schedule = dg.ScheduleDefinition(
            name=f"staging_schedule{suffix}",
            job=job,
            cron_schedule=staging.schedule,
            execution_timezone=staging.schedule_timezone,
            run_config={"ops": {step: {"config": {"rebuild": "changed"}}}},
            default_status=dg.DefaultScheduleStatus.RUNNING,
            description="Builds what changed, at the times of STAGING_SCHEDULE.",
        )
    except (dg.DagsterInvalidDefinitionError, dg.DagsterInvariantViolationError):
        schedule = None
    if schedule is None:
        raise SettingsError(
            f"STAGING_SCHEDULE: {staging.schedule!r} in the time zone"
            f" {staging.schedule_timezone!r} says no times. Give five fields as in a crontab, such"
            " as 0 5 * * *, and in STAGING_SCHEDULE_TIMEZONE a name such as Europe/Berlin."
        )
    return [schedule]
