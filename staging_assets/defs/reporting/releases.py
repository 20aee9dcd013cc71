"""The asset `staging_release`: one materialization for each time that schemas changed places."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any

import dagster as dg

from staging_assets.builder import run_note_catalog
from staging_assets.defs.reporting.streams import find_stdout
from staging_assets.model import Kind, StagingProject, list_some
from staging_assets.postgres import Server
from staging_assets.publisher import Release
from staging_assets.settings import StagingSchema

Context = dg.AssetExecutionContext | dg.OpExecutionContext


def find_release_key(staging: StagingSchema) -> dg.AssetKey:
    """`staging_release`, behind the key prefix where there is one."""
    return dg.AssetKey([*staging.key_prefix, "staging_release"])


def build_release_spec(staging: StagingSchema) -> dg.AssetSpec:
    """The asset that shows the releases; the jobs write it, and nothing else does."""
    return dg.AssetSpec(
        key=find_release_key(staging),
        group_name=staging.group_name(Kind.SCHEMA.value),
        kinds={"postgres"},
        description=f"Which schema took the place of `{staging.schema}`, when, by whom, and how"
        " many rows each had. Written by `promote_staging`, `rollback_staging` and builds with"
        " `promote: true`.",
    )


def report_release(context: Context, staging: StagingSchema, release: Release) -> None:
    """Say what happened: on the screen, and to Dagster as a materialization.

    Args:
        context: of the step that did it.
        staging: whose schema it is.
        release: what was noted in the database.
    """
    told = describe_release(staging.schema, release)
    print(told, file=find_stdout(), flush=True)
    context.log.info(told)
    context.log_event(
        dg.AssetMaterialization(
            asset_key=find_release_key(staging),
            description=told,
            metadata=_build_metadata(staging, release),
        )
    )


def run_note_release(
    server: Server, project: StagingProject, staging: StagingSchema, release: Release
) -> None:
    """Note what a branch's tables are like in the live schema, as a build notes what it leaves.

    What somebody alters of them by hand is seen by the next build that looks for changes. Of whole
    schemas there is nothing to note: what was noted goes with them.

    Args:
        server: where the schema is.
        project: its folder of scripts.
        staging: whose schema it is.
        release: what was promoted.
    """
    nodes = [node for node in release.nodes or () if node in project.dependencies]
    if nodes:
        with closing(server.connect_own("promotion")) as connection:
            run_note_catalog(connection, project, staging.schema, nodes)


def describe_release(schema: str, release: Release) -> str:
    """`release 3: staging_next is staging now, ...; 51,254 -> 51,260 rows`.

    Of a branch: `release 3: arrests, bookings of staging_next are in staging now, ...`.
    """
    kept = f"; what was {schema} is {release.kept}" if release.kept else ""
    before, after = sum(release.before.values()), sum(release.after.values())
    if release.nodes is not None:
        return (
            f"release {release.number}: {list_some(release.nodes, 5)} of {release.source} "
            f"{'is' if len(release.nodes) == 1 else 'are'} in {schema} now, all else is as it was; "
            f"what was replaced is in {release.kept}; {before:,} -> {after:,} rows"
        )
    return (
        f"release {release.number}: {release.source} is {schema} now{kept}; "
        f"{before:,} -> {after:,} rows"
    )


def find_log(context: Context) -> Callable[[str, str], None]:
    """What writes to Dagster's log of the run."""
    return lambda level, text: context.log.log(level.upper(), text)


def _build_metadata(staging: StagingSchema, release: Release) -> Mapping[str, Any]:
    names = sorted({*release.before, *release.after})
    records = [
        dg.TableRecord(
            {
                "table": name,
                "before": release.before.get(name, 0),
                "after": release.after.get(name, 0),
            }
        )
        for name in names
    ]
    metadata: dict[str, Any] = {
        "number": release.number,
        "action": release.action,
        "from": release.source,
        "to": staging.schema,
        "kept as": release.kept or "nothing: there was no schema before",
        "who": release.who,
        "role": release.role,
        "rows before": sum(release.before.values()),
        "dagster/row_count": sum(release.after.values()),
    }
    if release.nodes is not None:
        metadata["exchanged"] = ", ".join(release.nodes)
    if records:
        metadata["rows"] = dg.MetadataValue.table(records)
    return metadata
