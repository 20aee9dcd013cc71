"""A run knows what it is for: whoever executes it compares that with what they would do.

A worker takes runs from a queue and executes them with its own environment. When the queue is
shared by mistake, it would build its own department under the name of another.
"""

from __future__ import annotations

from collections.abc import Mapping

import dagster as dg

from staging_assets.errors import SettingsError
from staging_assets.settings import StagingSchema

_PREFIX = "staging_assets/"


_Context = dg.AssetExecutionContext | dg.OpExecutionContext


def build_step_tags(staging: StagingSchema) -> dict[str, str]:
    """Tags of a step: what it is for, and its queue.

    They stand in the job's snapshot, which travels with every run.
    """
    return {**build_identity_tags(staging), **staging.step_tags}


def check_identity(context: _Context, staging: StagingSchema) -> None:
    """Compare what the run was made for with what would be built here.

    Raises SettingsError, naming both, when they differ or the run does not say.
    """
    told = read_step_tags(context.instance, context.run).get(context.op_def.name, {})
    own = build_identity_tags(staging)
    if told == own:
        return
    if not told:
        raise SettingsError(
            f"this run does not say what it is for, and here it would be {_describe(own)}. "
            "Launch it again from the definitions that are loaded now."
        )
    raise SettingsError(
        f"this run is for {_describe(told)}, and here it would be {_describe(own)}. Nothing was "
        "done. Give each department a queue, and workers with the environment, of its own."
    )


def build_identity_tags(staging: StagingSchema) -> dict[str, str]:
    """What a step is for, as its tags have it."""
    # Dagster takes no blank in the name of a tag.
    named = {name.replace(" ", "_"): value for name, value in staging.identity.items()}
    return {f"{_PREFIX}{name}": value for name, value in named.items()}


def read_step_tags(instance: dg.DagsterInstance, run: dg.DagsterRun) -> dict[str, dict[str, str]]:
    """The steps of ours in a run, each with what it is for."""
    if run.job_snapshot_id is None:
        return {}
    snapshot = instance.get_job_snapshot(run.job_snapshot_id)
    tags = {
        step.name: {n: v for n, v in step.tags.items() if n.startswith(_PREFIX)}
        for step in snapshot.node_defs_snapshot.op_def_snaps
    }
    return {name: told for name, told in tags.items() if told}


def _describe(tags: Mapping[str, str]) -> str:
    told = {name.removeprefix(_PREFIX).replace("_", " "): value for name, value in tags.items()}
    return ", ".join(f'{name} "{value}"' for name, value in told.items() if value)
