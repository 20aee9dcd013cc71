"""Mark runs whose process is gone as failed, once.

    python -m staging_assets.dead_runs

looks once, for whoever has Dagster's history and settings in the environment.
"""

from __future__ import annotations

import os
import sys

import dagster as dg

from staging_assets.defs import look_once
from staging_assets.errors import StagingError
from staging_assets.settings import read_settings


def main() -> int:
    """Look once, and say what was found."""
    try:
        with dg.DagsterInstance.get() as instance:
            for dead in look_once(instance, read_settings(os.environ)):
                print(dead)
    except StagingError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
