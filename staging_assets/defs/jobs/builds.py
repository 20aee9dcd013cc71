"""The jobs: what the luigi wrapper tasks were, and the two that swap whole schemas."""

from __future__ import annotations

import dagster as dg

from staging_assets.defs.runs.identity import BUILD_STEP
from staging_assets.defs.translation.specs import AssetSpecs
from staging_assets.model import Kind, StagingProject

BUILD_JOB = "populate_all_staging_tables"
"""The job that builds everything; where keys have a prefix, its name ends in it."""


def build_jobs(project: StagingProject, specs: AssetSpecs) -> list[dg.UnresolvedAssetJobDefinition]:
    """The jobs that are selections of assets or checks.

    Args:
        project: the folder of scripts.
        specs: what the nodes' keys are. Where they have a prefix, the jobs' names end in it.
    """

    def of(*kinds: Kind) -> dg.AssetSelection:
        return dg.AssetSelection.assets(
            *(spec.key for node, spec in specs.by_node.items() if project.kind(node) in kinds)
        )

    suffix = specs.staging.suffix
    tags = specs.staging.run_tags
    step = f"{BUILD_STEP}{suffix}"
    everything = dg.AssetSelection.assets(*specs.keys)
    made = of(Kind.SCHEMA, Kind.LOOKUP, Kind.PROCEDURES, Kind.TABLE)
    return [
        dg.define_asset_job(
            f"create_all_staging_tables{suffix}",
            # Procedures are in it because a default or a trigger of a table may call one. Checks
            # are not: they say that tables are filled, and this job leaves them empty.
            selection=made.without_checks(),
            tags=tags,
            config={"ops": {step: {"config": {"create_only": True}}}},
            description="Create every staging table that is missing, empty, in foreign-key order.",
        ),
        dg.define_asset_job(
            f"populate_lookup_tables{suffix}",
            selection=of(Kind.SCHEMA, Kind.LOOKUP),
            tags=tags,
            description="Fill every lookup table from the YAML file.",
        ),
        dg.define_asset_job(
            f"populate_stored_procedures{suffix}",
            selection=of(Kind.SCHEMA, Kind.PROCEDURES),
            tags=tags,
            description="Create every stored procedure anew.",
        ),
        dg.define_asset_job(
            f"{BUILD_JOB}{suffix}",
            selection=everything,
            tags=tags,
            description="Build everything: the same as --select staging/*.",
        ),
        dg.define_asset_job(
            f"staging_checks{suffix}",
            selection=dg.AssetSelection.checks_for_assets(*specs.keys),
            tags=tags,
            description="Build nothing; evaluate all checks; fail when one of severity ERROR does.",
        ),
    ]
