"""A run that did not happen: nobody fails, so nobody tells, unless somebody looks."""

from __future__ import annotations

import time

import dagster as dg

from staging_assets.defs.alerts.alert import Alert, build_about
from staging_assets.settings import StagingSchema

_COMPLETE = "staging_assets/complete"
"""The tag of a run that has built, or found unchanged, everything of a schema."""


def note_complete(context: dg.AssetExecutionContext, staging: StagingSchema) -> None:
    """Note that a run has built everything.

    Args:
        context: of its step.
        staging: what was built.
    """
    context.instance.add_run_tags(context.run.run_id, {_COMPLETE: _find_name(staging)})


def find_overdue(instance: dg.DagsterInstance, staging: StagingSchema, within: float) -> str | None:
    """Why a run of everything is overdue; None when there was one.

    Args:
        instance: where the runs are.
        staging: which schema.
        within: seconds since the end of the last one, at the most.
    """
    wanted = dg.RunsFilter(
        tags={_COMPLETE: _find_name(staging)}, statuses=[dg.DagsterRunStatus.SUCCESS]
    )
    records = instance.get_run_records(wanted, limit=1)
    schema = f'schema "{staging.schema}" of {staging.department}'
    if not records:
        return f"{schema}: no run that built everything is known"
    ended = records[0].end_time or 0.0
    since = time.time() - ended
    if since <= within:
        return None
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(ended))
    return f"{schema}: the last run that built everything ended {since / 3600:.1f} h ago, at {when}"


def build_overdue_alert(staging: StagingSchema, reason: str) -> Alert:
    """The alert of it.

    Args:
        staging: which schema.
        reason: as `find_overdue` gives it.
    """
    return Alert(
        kind="run_overdue",
        headline=reason,
        about=build_about(staging),
        reason="Look whether the timer or schedule is on, what the machine's log says of it, and "
        "whether the last run failed or was left out.",
    )


def _find_name(staging: StagingSchema) -> str:
    return "/".join([*staging.key_prefix, staging.department, staging.schema])
