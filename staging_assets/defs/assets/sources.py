"""The source tables: external assets, or CSV files that this project loads itself."""

# No postponed annotations here: Dagster reads those of the functions below as they are.

from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack

import dagster as dg

from staging_assets.defs.alerts.of_a_run import alert_loads, alerting
from staging_assets.defs.dagster_patches.output_names import find_output_names
from staging_assets.defs.reporting.streams import find_stdout
from staging_assets.defs.runs.dead_runs import showing_presence
from staging_assets.defs.runs.identity import build_step_tags, check_identity
from staging_assets.defs.translation.translator import build_source_key
from staging_assets.errors import StagingError
from staging_assets.model import ETL, Relation, StagingProject
from staging_assets.settings import StagingSchema
from staging_assets.sources import CsvFile, run_csv_loads


def build_source_specs(
    staging: StagingSchema, project: StagingProject, loaded: Collection[str]
) -> list[dg.AssetSpec]:
    """External assets for the relations that scripts read and nothing here makes.

    Args:
        staging: what their keys and their group are called by.
        project: the folder of scripts.
        loaded: names of `etl` tables that come from CSV files; they are left out.
    """
    read = {source for sources in project.sources.values() for source in sources}
    return [
        dg.AssetSpec(
            key=build_source_key(staging, source),
            group_name=staging.group_name(ETL),
            kinds={"postgres"},
            description="A source table that scripts read.",
            metadata={"dagster/table_name": f"{_find_real(staging, source.schema)}.{source.name}"},
        )
        for source in sorted(read)
        if not (source.schema == ETL and source.name in loaded)
    ]


def build_csv_assets(
    staging: StagingSchema, files: Mapping[str, CsvFile]
) -> list[dg.AssetsDefinition]:
    """One multi-asset that loads CSV files into `etl`, each file alone selectable.

    Args:
        staging: what their keys and their group are called by, and where they go.
        files: table name to file; nothing is built when there is none.
    """
    if not files:
        return []

    resource = f"postgres{staging.suffix}"
    find_output_names(build_source_key(staging, Relation(ETL, name)) for name in files)

    @dg.multi_asset(
        name=f"etl_load{staging.suffix}",
        specs=[
            dg.AssetSpec(
                key=build_source_key(staging, Relation(ETL, name)),
                group_name=staging.group_name(ETL),
                kinds={"postgres", "csv"},
                description=file.problem or f"All columns of {file.path.name} as text.",
                metadata={"dagster/table_name": f"{staging.etl_schema}.{name}"},
                skippable=True,
            )
            for name, file in sorted(files.items())
        ],
        can_subset=True,
        required_resource_keys={resource},
        op_tags=build_step_tags(staging),
    )
    def etl_load(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        current = context.assets_def.node_keys_by_output_name
        keys = {
            names_of[output]: current[output]
            for output in context.op_execution_context.selected_output_names
        }
        failed: dict[str, str] = {}
        with ExitStack() as stack:
            try:
                with alerting(context, staging):
                    check_identity(context, staging)
                    server = getattr(context.resources, resource).find_server()
                    stack.enter_context(showing_presence(context, server, staging))
            except StagingError as error:
                raise dg.Failure(str(error), allow_retries=False) from None
            for outcome in run_csv_loads(
                server, staging.etl_schema, files, [*keys], staging.workers
            ):
                shown = f"{f'{ETL}/{outcome.name}':<40}"
                if outcome.load is None:
                    print(f"{shown} FAILED\n    {outcome.message}", file=find_stdout(), flush=True)
                    failed[outcome.name] = outcome.message
                    continue
                rows, seconds = outcome.load.rows, outcome.load.seconds
                print(f"{shown} {rows:>12,} rows {seconds:>8.2f} s", file=find_stdout(), flush=True)
                yield dg.MaterializeResult[None](
                    asset_key=keys[outcome.name],
                    data_version=dg.DataVersion(outcome.load.fingerprint),
                    metadata={
                        "dagster/row_count": rows,
                        "bytes": outcome.load.bytes,
                        "seconds": round(seconds, 3),
                    },
                )
        if failed:
            told = "\n".join(f"{ETL}/{name}: {text}" for name, text in sorted(failed.items()))
            alert_loads(context, staging, failed)
            raise dg.Failure(f"not loaded: {', '.join(sorted(failed))}\n{told}")

    name_of = {build_source_key(staging, Relation(ETL, name)): name for name in files}
    names_of = {output: name_of[key] for output, key in etl_load.keys_by_output_name.items()}
    return [etl_load]


def _find_real(staging: StagingSchema, schema: str) -> str:
    """What the schema of a source is called in the database."""
    return staging.etl_schema if schema == ETL else schema
