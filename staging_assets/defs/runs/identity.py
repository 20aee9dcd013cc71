"""A run knows what it is for: whoever executes it compares that with what they would do.

A worker takes runs from a queue and executes them with its own environment. When the queue is
shared by mistake, it would build its own department under the name of another.
"""

from __future__ import annotations

from collections.abc import Mapping

import dagster as dg

from staging_assets.errors import SettingsError
from staging_assets.postgres import find_place
from staging_assets.settings import StagingSchema

BUILD_STEP = "staging_build"
"""The name of the step, to which run config is addressed; a key prefix is added: `_north`."""

_PREFIX = "staging_assets/"

WHERE = "staging_assets/database"
"""The tag that says in which database a run shows its sign: the run's id, and the database's."""

SHOWS_VALUES = "staging_assets/shows_values"
"""The tag of a run whose messages may show values of rows, since somebody asked for it."""

_PLACE = "staging_place"
"""The tag that says how the database is spelled, and from where, for whoever launched the run."""

_MOST_RUNS = 20

_Context = dg.AssetExecutionContext | dg.OpExecutionContext


def build_step_tags(staging: StagingSchema) -> dict[str, str]:
    """Tags of a step: what it is for, and its queue.

    They stand in the job's snapshot, which travels with every run.
    """
    return {**build_identity_tags(staging), _PLACE: _find_place(staging), **staging.step_tags}


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


def check_database(context: _Context, staging: StagingSchema, database: str) -> None:
    """Compare the database that is connected with that of earlier runs launched from one place.

    The spelling of a URL is no identity: `localhost` is another server on another machine. Where
    the launcher and this process spell it alike, from one machine if it is local, there is nothing
    to compare; nor where no run has told yet.

    Args:
        context: of the step.
        staging: what would be built here.
        database: its system identifier and number, as `find_database_identity` gives them.

    Raises SettingsError, naming both, when they differ, unless `take_over` is set.
    """
    own = _find_place(staging)
    tags = _read_tags(context.instance, context.run).get(context.op_def.name, {})
    told = tags.get(_PLACE) or own
    known = _find_known(context.instance, told) if told != own else None
    if known not in (None, database) and not staging.take_over:
        raise SettingsError(
            f"the runs before this one, launched from the same place, were in database {known} "
            f"(system identifier and number), and here it would be {database}. Nothing was done. "
            "Give this worker the database that is meant; or, if that has moved, take the new one: "
            "STAGING_TAKE_OVER=1."
        )
    note = {WHERE: f"{context.run.run_id} {database}", _PLACE: told}
    context.instance.add_run_tags(context.run.run_id, note)


def _find_known(instance: dg.DagsterInstance, place: str) -> str | None:
    """The database of the newest run that was launched from a place and has told it."""
    found = instance.get_run_records(dg.RunsFilter(tags={_PLACE: place}), limit=_MOST_RUNS)
    for record in found:
        run_id, _, database = record.dagster_run.tags.get(WHERE, "").partition(" ")
        if database and run_id == record.dagster_run.run_id:
            return database
    return None


def _find_place(staging: StagingSchema) -> str:
    """Where its connection leads from here; empty while that cannot be told."""
    try:
        return find_place(staging.postgres)
    except SettingsError:
        return ""


def build_identity_tags(staging: StagingSchema) -> dict[str, str]:
    """What a step is for, as its tags have it."""
    # Dagster takes no blank in the name of a tag.
    named = {name.replace(" ", "_"): value for name, value in staging.identity.items()}
    return {f"{_PREFIX}{name}": value for name, value in named.items()}


def read_step_tags(instance: dg.DagsterInstance, run: dg.DagsterRun) -> dict[str, dict[str, str]]:
    """The steps of ours in a run, each with what it is for."""
    tags = {
        name: {n: v for n, v in told.items() if n.startswith(_PREFIX)}
        for name, told in _read_tags(instance, run).items()
    }
    return {name: told for name, told in tags.items() if told}


def _read_tags(instance: dg.DagsterInstance, run: dg.DagsterRun) -> Mapping[str, Mapping[str, str]]:
    """The tags of all steps, as the snapshot of the run's job has them."""
    if run.job_snapshot_id is None:
        return {}
    snapshot = instance.get_job_snapshot(run.job_snapshot_id)
    return {step.name: step.tags for step in snapshot.node_defs_snapshot.op_def_snaps}


def _describe(tags: Mapping[str, str]) -> str:
    told = {name.removeprefix(_PREFIX).replace("_", " "): value for name, value in tags.items()}
    return ", ".join(f'{name} "{value}"' for name, value in told.items() if value)
