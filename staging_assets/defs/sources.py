"""The source tables: external assets, or CSV files that this project loads itself."""

# No postponed annotations here: Dagster reads those of the functions below as they are.

from collections.abc import Collection, Iterator, Mapping

import dagster as dg

from staging_assets.defs.resources import PostgresResource
from staging_assets.defs.specs import build_source_key
from staging_assets.model import StagingProject
from staging_assets.sources import CsvFile, run_csv_loads

ETL = "etl"


def build_source_specs(project: StagingProject, loaded: Collection[str]) -> list[dg.AssetSpec]:
    """External assets for the relations that scripts read and nothing here makes.

    Args:
        project: the folder of scripts.
        loaded: names of `etl` tables that come from CSV files; they are left out.
    """
    read = {source for sources in project.sources.values() for source in sources}
    return [
        dg.AssetSpec(
            key=build_source_key(source),
            group_name=ETL,
            kinds={"postgres"},
            description="A source table that scripts read.",
            metadata={"dagster/table_name": f"{source.schema}.{source.name}"},
        )
        for source in sorted(read)
        if not (source.schema == ETL and source.name in loaded)
    ]


def build_csv_assets(files: Mapping[str, CsvFile]) -> list[dg.AssetsDefinition]:
    """One multi-asset that loads CSV files into `etl`, each file alone selectable.

    Args:
        files: table name to file; nothing is built when there is none.
    """
    if not files:
        return []

    @dg.multi_asset(
        name="etl_load",
        specs=[
            dg.AssetSpec(
                key=[ETL, name],
                group_name=ETL,
                kinds={"postgres", "csv"},
                description=file.problem or f"All columns of {file.path.name} as text.",
                metadata={"dagster/table_name": f"{ETL}.{name}"},
                skippable=True,
            )
            for name, file in sorted(files.items())
        ],
        can_subset=True,
    )
    def etl_load(
        context: dg.AssetExecutionContext, postgres: PostgresResource
    ) -> Iterator[dg.MaterializeResult[None]]:
        names = [key.path[-1] for key in context.selected_asset_keys]
        workers = postgres.read_settings().workers
        failed: dict[str, str] = {}
        for outcome in run_csv_loads(postgres.find_server(), ETL, files, names, workers):
            shown = f"{f'{ETL}/{outcome.name}':<40}"
            if outcome.load is None:
                print(f"{shown} FAILED\n    {outcome.message}", flush=True)
                failed[outcome.name] = outcome.message
                continue
            rows, seconds = outcome.load.rows, outcome.load.seconds
            print(f"{shown} {rows:>12,} rows {seconds:>8.2f} s", flush=True)
            yield dg.MaterializeResult[None](
                asset_key=[ETL, outcome.name],
                metadata={
                    "dagster/row_count": rows,
                    "bytes": outcome.load.bytes,
                    "seconds": round(seconds, 3),
                },
            )
        if failed:
            told = "\n".join(f"{ETL}/{name}: {text}" for name, text in sorted(failed.items()))
            raise dg.Failure(f"not loaded: {', '.join(sorted(failed))}\n{told}")

    return [etl_load]
