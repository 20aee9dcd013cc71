"""The jobs: what the luigi wrapper tasks were, and the two that swap whole schemas."""

from __future__ import annotations

import dagster as dg

from staging_assets.model import STAGING, Kind

BUILD_STEP = "staging_build"
"""The name of the one step that builds; run config is addressed to it."""


def build_jobs() -> list[dg.UnresolvedAssetJobDefinition]:
    """The jobs that are selections of assets or checks."""
    schema = dg.AssetSelection.groups(Kind.SCHEMA.value)
    lookups = dg.AssetSelection.groups(Kind.LOOKUP.value)
    procedures = dg.AssetSelection.groups(Kind.PROCEDURES.value)
    tables = dg.AssetSelection.groups(Kind.TABLE.value)
    return [
        dg.define_asset_job(
            "create_all_staging_tables",
            # Procedures are in it because a default or a trigger of a table may call one. Checks
            # are not: they say that tables are filled, and this job leaves them empty.
            selection=(schema | lookups | procedures | tables).without_checks(),
            config={"ops": {BUILD_STEP: {"config": {"create_only": True}}}},
            description="Create every staging table that is missing, empty, in foreign-key order.",
        ),
        dg.define_asset_job(
            "populate_lookup_tables",
            selection=schema | lookups,
            description="Fill every lookup table from the YAML file.",
        ),
        dg.define_asset_job(
            "populate_stored_procedures",
            selection=schema | procedures,
            description="Create every stored procedure anew.",
        ),
        dg.define_asset_job(
            "populate_all_staging_tables",
            selection=dg.AssetSelection.key_prefixes([STAGING]),
            description="Build everything: the same as --select staging/*.",
        ),
        dg.define_asset_job(
            "staging_checks",
            selection=dg.AssetSelection.all_asset_checks(),
            description="Build nothing; evaluate all checks; fail when one of severity ERROR does.",
        ),
    ]
