"""Builds everything so many more times (the first word), by Dagster, in one process."""

from __future__ import annotations

import sys

import dagster as dg

from staging_assets.definitions import defs


def main() -> None:
    job = defs.get_implicit_global_asset_job_def()
    with dg.DagsterInstance.get() as instance:
        for _ in range(int(sys.argv[1])):
            # Each is a run of its own in Dagster's history and in the project's.
            result = job.execute_in_process(
                instance=instance,
                asset_selection=list(job.asset_layer.executable_asset_keys),
            )
            assert result.success


if __name__ == "__main__":
    main()
