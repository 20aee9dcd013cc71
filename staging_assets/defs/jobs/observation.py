"""The job that observes the sources: the state of each as its data version."""

# No postponed annotations here: Dagster reads those of the functions below as they are.

import hashlib
import json
from collections.abc import Collection
from contextlib import closing
from typing import Any

import dagster as dg

from staging_assets.defs.runs.identity import build_step_tags, check_identity
from staging_assets.defs.translation.translator import build_source_key
from staging_assets.errors import StagingError
from staging_assets.model import ETL, Relation, StagingProject
from staging_assets.settings import StagingSchema
from staging_assets.sources import State, read_source_states

DATA_VERSION = "dagster/data_version"
"""The tag of an observation that Dagster takes for the data version of a source."""


def build_observation_job(
    staging: StagingSchema, project: StagingProject, loaded: Collection[str]
) -> dg.JobDefinition:
    """`observe_sources`: notes for every source whether it is as it was.

    Args:
        staging: whose sources.
        project: its folder of scripts.
        loaded: names of `etl` tables that come from CSV files; they have the data version of
            their load.
    """
    suffix = staging.suffix
    resource = f"postgres{suffix}"

    @dg.op(
        name=f"observe{suffix}",
        required_resource_keys={resource},
        tags=build_step_tags(staging),
    )
    def observe(context: dg.OpExecutionContext) -> None:
        try:
            check_identity(context, staging)
            server = getattr(context.resources, resource).find_server()
            with closing(server.connect_own("observe")) as connection:
                states = read_source_states(connection, project, staging.schema)
        except StagingError as error:
            raise dg.Failure(str(error), allow_retries=False) from None
        for source, state in sorted(states.items()):
            if source.schema == ETL and source.name in loaded:
                continue
            context.log_event(build_observation(staging, source, state, context.run.run_id))

    @dg.job(
        name=f"observe_sources{suffix}",
        tags=staging.run_tags,
        description="Note the state of every source as its data version; build nothing.",
    )
    def observe_sources() -> None:
        observe()

    return observe_sources


def build_observation(
    staging: StagingSchema, source: Relation, state: State, run_id: str
) -> dg.AssetObservation:
    """The observation of a source.

    Args:
        staging: whose source.
        source: as scripts call it.
        state: as it was read.
        run_id: what is observed by.
    """
    return dg.AssetObservation(
        asset_key=build_source_key(staging, source),
        description=_describe(state),
        tags={DATA_VERSION: find_data_version(state, run_id)},
    )


def find_data_version(state: State, run_id: str) -> str:
    """The same for the same state; another in every run for what is always changed."""
    told: Any = [run_id] if isinstance(state, dict) and "always" in state else state
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def _describe(state: State) -> str:
    if state is None:
        return "there is no such table"
    if isinstance(state, dict) and "always" in state:
        return f"always counts as changed: {state['always']}"
    return "counted"
