"""The sensors that keep a schema up: one evaluates the conditions, one observes the sources."""

# No postponed annotations here: Dagster reads those of the functions below as they are.

import json
import warnings
from collections.abc import Collection
from contextlib import closing

import dagster as dg

from staging_assets.checks import KINDS
from staging_assets.defs.assets.config import REBUILD_TAG
from staging_assets.defs.automation.outlook import AUTOMATION_TAG
from staging_assets.defs.dagster_patches.automation_limit import UnlimitedConditionSensor
from staging_assets.defs.jobs.observation import build_observation, find_data_version
from staging_assets.errors import StagingError
from staging_assets.model import ETL
from staging_assets.postgres import find_server, is_asleep
from staging_assets.project import load_project
from staging_assets.settings import StagingSchema
from staging_assets.sources import read_source_states


def build_automation_sensor(
    staging: StagingSchema, keys: Collection[dg.AssetKey]
) -> dg.SensorDefinition:
    """`staging_automation`: asks for one run of what has become stale. Off until switched on.

    Args:
        staging: what is kept up.
        keys: of the assets whose conditions it evaluates.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)
        return UnlimitedConditionSensor(
            name=f"staging_automation{staging.suffix}",
            target=dg.AssetSelection.assets(*keys),
            use_user_code_server=True,
            minimum_interval_seconds=staging.look_every,
            default_status=dg.DefaultSensorStatus.STOPPED,
            run_tags={
                **staging.run_tags,
                AUTOMATION_TAG: staging.pool,
                REBUILD_TAG: "changed",
            },
            description="Asks for one run of what has become stale: what `staging-assets plan`"
            " names, but for what is stale always.",
        )


def build_source_sensor(staging: StagingSchema, loaded: Collection[str]) -> dg.SensorDefinition:
    """`staging_sources`: notes the state of sources that changed. Off until switched on.

    Args:
        staging: whose sources.
        loaded: names of `etl` tables that come from CSV files; they have the data version of
            their load.
    """

    @dg.sensor(
        name=f"staging_sources{staging.suffix}",
        minimum_interval_seconds=staging.look_every,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Notes the state of each source that changed as its data version; builds"
        " nothing. What counts as changed always is noted once.",
    )
    def staging_sources(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        if is_asleep(staging.postgres):
            return dg.SkipReason("the embedded server does not run")
        try:
            project = load_project(staging, staging.department, KINDS, home=staging.home)
            with closing(find_server(staging.postgres).connect_own("sources")) as connection:
                states = read_source_states(connection, project, staging.schema)
        except StagingError as error:
            return dg.SkipReason(str(error))
        before = json.loads(context.cursor or "{}")
        states = {s: v for s, v in states.items() if not (s.schema == ETL and s.name in loaded)}
        now = {str(source): find_data_version(state, "") for source, state in states.items()}
        return dg.SensorResult(
            asset_events=[
                build_observation(staging, source, state, "")
                for source, state in sorted(states.items())
                if now[str(source)] != before.get(str(source))
            ],
            cursor=json.dumps(now, sort_keys=True),
        )

    return staging_sources
