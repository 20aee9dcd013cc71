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
    return {**_build_identity_tags(staging), **staging.run_tags}


def check_identity(context: _Context, staging: StagingSchema) -> None:
    """Compare what the run was made for with what would be built here.

    Raises SettingsError, naming both, when they differ or the run does not say.
    """
    told = _read_tags(context)
    own = _build_identity_tags(staging)
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


def _build_identity_tags(staging: StagingSchema) -> dict[str, str]:
    # Dagster takes no blank in the name of a tag.
    named = {name.replace(" ", "_"): value for name, value in staging.identity.items()}
    return {f"{_PREFIX}{name}": value for name, value in named.items()}


def _read_tags(context: _Context) -> dict[str, str]:
    snapshot_id = context.run.job_snapshot_id
    if snapshot_id is None:
        return {}
    snapshot = context.instance.get_job_snapshot(snapshot_id)
    for step in snapshot.node_defs_snapshot.op_def_snaps:
        if step.name == context.op_def.name:
            return {n: v for n, v in step.tags.items() if n.startswith(_PREFIX)}
    return {}


def _describe(tags: Mapping[str, str]) -> str:
    told = {name.removeprefix(_PREFIX).replace("_", " "): value for name, value in tags.items()}
    return ", ".join(f'{name} "{value}"' for name, value in told.items() if value)
