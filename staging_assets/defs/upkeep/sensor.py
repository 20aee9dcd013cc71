"""The sensor that marks dead runs as failed, for places where Dagster's daemon runs."""

# No postponed annotations here: Dagster reads those of the functions below as they are.

import dagster as dg

from staging_assets.defs.runs.dead_runs import look_once
from staging_assets.errors import StagingError
from staging_assets.settings import StagingSchema

SECONDS = 30
"""Between two looks."""


def build_dead_run_sensor(staging: StagingSchema) -> dg.SensorDefinition:
    """`staging_dead_runs`: it launches nothing, and is on wherever a daemon runs.

    Args:
        staging: whose database is asked.
    """

    @dg.sensor(
        name=f"staging_dead_runs{staging.suffix}",
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Marks runs as failed whose process was killed: their session in the database"
        " is gone, and Dagster itself cannot see it.",
    )
    def staging_dead_runs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        try:
            found = look_once(context.instance, staging, context.log.warning)
        except StagingError as error:
            return dg.SkipReason(f"the database cannot be asked: {error}")
        for dead in found:
            context.log.warning(str(dead))
        return dg.SkipReason("; ".join(map(str, found)) or "every run that goes on is alive")

    return staging_dead_runs
