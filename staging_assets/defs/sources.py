"""The source tables: external assets, or CSV files that this project loads itself."""

# No postponed annotations here: Dagster reads those of the functions below as they are.

import queue
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import dagster as dg

from staging_assets.defs.resources import PostgresResource
from staging_assets.defs.specs import build_source_key
from staging_assets.errors import StagingError
from staging_assets.model import Relation, StagingProject
from staging_assets.sources import run_csv_load

ETL = "etl"


def build_source_specs(project: StagingProject, loaded: Mapping[str, Path]) -> list[dg.AssetSpec]:
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


def build_csv_assets(files: Mapping[str, Path]) -> list[dg.AssetsDefinition]:
    """One multi-asset that loads CSV files into `etl`, each file alone selectable.

    Args:
        files: table name to `.csv` or `.csv.gz` file; nothing is built when there is none.
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
                description=f"All columns of {path.name} as text.",
                metadata={"dagster/table_name": f"{ETL}.{name}"},
                skippable=True,
            )
            for name, path in sorted(files.items())
        ],
        can_subset=True,
    )
    def etl_load(
        context: dg.AssetExecutionContext, postgres: PostgresResource
    ) -> Iterator[dg.MaterializeResult[None]]:
        names = sorted(key.path[-1] for key in context.selected_asset_keys)
        # The largest first, so that no connection is left alone with it at the end.
        names.sort(key=lambda name: files[name].stat().st_size, reverse=True)
        server = postgres.find_server()
        failed: dict[str, str] = {}
        cancelled = threading.Event()
        done: queue.SimpleQueue[tuple[str, dg.MaterializeResult[None] | str]] = queue.SimpleQueue()

        def load(name: str) -> None:
            try:
                loaded = run_csv_load(server, files[name], Relation(ETL, name), cancelled=cancelled)
            except StagingError as error:
                done.put((name, str(error)))
            except BaseException as error:
                done.put((name, f"{type(error).__name__}"))
                raise
            else:
                result = dg.MaterializeResult[None](
                    asset_key=[ETL, name],
                    metadata={
                        "dagster/row_count": loaded.rows,
                        "bytes": loaded.bytes,
                        "seconds": round(loaded.seconds, 3),
                    },
                )
                line = f"{loaded.rows:>12,} rows {loaded.seconds:>8.2f} s"
                print(f"{f'{ETL}/{name}':<40} {line}", flush=True)
                done.put((name, result))

        # However this ends, loads that still run are given up before the pool is waited for.
        with (
            ThreadPoolExecutor(postgres.read_settings().workers) as pool,
            ExitStack() as pool_guard,
        ):
            for name in names:
                pool.submit(load, name)
            pool_guard.callback(cancelled.set)
            for _ in names:
                name, outcome = done.get()
                if isinstance(outcome, str):
                    print(f"{f'{ETL}/{name}':<40} FAILED\n    {outcome}", flush=True)
                    failed[name] = outcome
                else:
                    yield outcome
        if failed:
            told = "\n".join(f"{ETL}/{name}: {text}" for name, text in sorted(failed.items()))
            raise dg.Failure(f"not loaded: {', '.join(sorted(failed))}\n{told}")

    return [etl_load]
