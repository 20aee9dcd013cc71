"""The one step that builds staging: a subsettable multi-asset over every node of the folder.

Dagster sees one asset a table, lookup, procedure script and cleanup; inside, the scheduler runs
them on several connections at once, and each is reported as it ends.
"""

# No postponed annotations here: Dagster reads those of the functions below as they are.

from collections.abc import Iterator

import dagster as dg

from staging_assets.checks import find_checks
from staging_assets.defs.alerts.of_a_run import alerting
from staging_assets.defs.assets.asset_checks import build_check_specs
from staging_assets.defs.assets.config import BuildConfig, check_addressed
from staging_assets.defs.assets.step import Event, Step
from staging_assets.defs.assets.variables import find_project_of_run
from staging_assets.defs.dagster_patches.output_names import find_output_names, find_stand_ins
from staging_assets.defs.dagster_patches.step_outputs import remember_outputs
from staging_assets.defs.reporting.console import show_failure
from staging_assets.defs.runs.identity import BUILD_STEP, build_step_tags, check_identity
from staging_assets.defs.translation.specs import AssetSpecs, rename_sources
from staging_assets.errors import StagingError
from staging_assets.model import StagingProject
from staging_assets.settings import StagingSchema


def build_staging_assets(
    staging: StagingSchema, project: StagingProject, specs: AssetSpecs
) -> dg.AssetsDefinition:
    """The multi-asset of everything in the folder, with its checks.

    Args:
        staging: what is built; the resource that it names stands under `postgres` and its suffix.
        project: its folder of scripts.
        specs: the spec of each node.
    """
    checks = find_checks(project)
    check_specs = build_check_specs(project, specs)
    find_output_names(specs.keys, check_specs)
    stand_ins = find_stand_ins(specs.by_node.values())
    resource = f"postgres{staging.suffix}"

    @dg.multi_asset(
        name=f"{BUILD_STEP}{staging.suffix}",
        specs=[rename_sources(spec, stand_ins) for spec in specs.by_node.values()],
        check_specs=check_specs,
        can_subset=True,
        required_resource_keys={resource},
        op_tags=build_step_tags(staging),
        pool=staging.pool,
    )
    def staging_build(context: dg.AssetExecutionContext, config: BuildConfig) -> Iterator[Event]:
        remember_outputs(context)
        # The keys as they are in the end: whoever embeds these assets may have renamed them.
        outputs = context.assets_def.node_keys_by_output_name
        inputs = context.assets_def.node_keys_by_input_name
        keys = {nodes[name]: outputs[name] for name in nodes}
        renamed = {specs.key(node): key for node, key in keys.items()}
        renamed |= {sources[name]: inputs[name] for name in sources if name in inputs}
        try:
            with alerting(context, staging):
                check_identity(context, staging)
                check_addressed(context)
                read = find_project_of_run(staging, project, config.variables)
                step = Step(
                    context=context,
                    staging=staging,
                    project=read,
                    specs=specs,
                    keys=keys,
                    renamed=renamed,
                    nodes=frozenset(
                        nodes[name]
                        for name in context.op_execution_context.selected_output_names
                        if name in nodes
                    ),
                    checks=checks if read is project else find_checks(read),
                    config=config,
                )
                yield from step.run(getattr(context.resources, resource))
        except StagingError as error:
            show_failure(str(error))
            raise dg.Failure(str(error), allow_retries=False) from None

    node_of = {spec.key: node for node, spec in specs.by_node.items()}
    nodes = {name: node_of[key] for name, key in staging_build.keys_by_output_name.items()}
    real = {stand_in: key for key, stand_in in stand_ins.items()}
    inputs_read = staging_build.node_keys_by_input_name
    sources = {name: real.get(key, key) for name, key in inputs_read.items()}
    if not stand_ins:
        return staging_build
    return staging_build.with_attributes(asset_key_replacements=real)
