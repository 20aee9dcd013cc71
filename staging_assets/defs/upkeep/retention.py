"""The job that prunes the history of our runs, which grows by some megabytes with each of them."""

# No postponed annotations here: Dagster reads those of the functions below as they are.

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import dagster as dg
from pydantic import Field

from staging_assets.defs.reporting.streams import find_stdout
from staging_assets.defs.runs.identity import build_step_tags, read_step_tags
from staging_assets.settings import StagingSchema

_ENDED = [
    dg.DagsterRunStatus.SUCCESS,
    dg.DagsterRunStatus.FAILURE,
    dg.DagsterRunStatus.CANCELED,
]
_AT_ONCE = 200
"""Runs that are read together."""


class RetentionConfig(dg.Config):
    """Run config of `staging_retention`."""

    days: int = Field(default=90, ge=0, description="Runs that ended longer ago are pruned.")


def build_retention_job(staging: StagingSchema) -> dg.JobDefinition:
    """`staging_retention`: prunes old runs of ours, with their events and logs.

    Args:
        staging: what the run of this job is for; the runs of all staging schemas are pruned.
    """

    @dg.op(name=f"prune_history{staging.suffix}", tags=build_step_tags(staging))
    def prune_history(context: dg.OpExecutionContext, config: RetentionConfig) -> None:
        before = datetime.now(timezone.utc) - timedelta(days=config.days)
        pruned = run_prune(context.instance, before)
        told = f"{pruned} runs that ended before {before:%Y-%m-%d %H:%M} UTC were pruned"
        print(told, file=find_stdout(), flush=True)
        context.log.info(told)

    @dg.job(
        name=f"staging_retention{staging.suffix}",
        tags=staging.step_tags,
        description="Prune runs that ended more than `days` days ago (90), their events and logs;"
        " never what an asset was last materialized by, and never runs of anything else.",
    )
    def staging_retention() -> None:
        prune_history()

    return staging_retention


def run_prune(instance: dg.DagsterInstance, before: datetime) -> int:
    """Delete runs of ours that ended before a moment, with their events and logs; count them.

    What an asset was last materialized or observed by stays: else the asset would look as if it
    had never been built.

    Args:
        instance: whose history it is.
        before: the moment, with its time zone.
    """
    kept = set(_find_latest(instance))
    pruned = 0
    for run in list(_find_old(instance, before)):
        if run.run_id in kept or not _is_ours(instance, run):
            continue
        instance.delete_run(run.run_id)
        instance.compute_log_manager.delete_logs(prefix=[run.run_id])
        pruned += 1
    return pruned


def _find_old(instance: dg.DagsterInstance, before: datetime) -> Iterator[dg.DagsterRun]:
    cursor = None
    filters = dg.RunsFilter(statuses=_ENDED, updated_before=before)
    while records := instance.get_run_records(filters, limit=_AT_ONCE, cursor=cursor):
        yield from (record.dagster_run for record in records)
        cursor = records[-1].dagster_run.run_id


def _find_latest(instance: dg.DagsterInstance) -> Iterator[str]:
    for record in instance.get_asset_records():
        entry = record.asset_entry
        for last in (entry.last_materialization_record, entry.last_observation_record):
            if last is not None:
                yield last.run_id


def _is_ours(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Whether every step of a run is one of ours."""
    if run.job_snapshot_id is None:
        return False
    snapshot = instance.get_job_snapshot(run.job_snapshot_id)
    steps = {step.name for step in snapshot.node_defs_snapshot.op_def_snaps}
    return bool(steps) and steps <= set(read_step_tags(instance, run))
