"""What Dagster sees: assets, asset checks, jobs, resources, and how a run is told to people.

Only this package and `definitions` import Dagster. `reporting/` is what people are told;
`dagster_patches/` is where Dagster itself is changed, and nothing there acts unless it is called.
"""

from staging_assets.checks import KINDS
from staging_assets.defs.assets import build_staging_assets
from staging_assets.defs.dagster_patches.prefix_selection import install_prefix_selection
from staging_assets.defs.jobs import build_jobs
from staging_assets.defs.promotion_jobs import build_promotion_jobs
from staging_assets.defs.resources import PostgresResource
from staging_assets.defs.sources import build_csv_assets, build_source_specs

__all__ = [
    "KINDS",
    "PostgresResource",
    "build_csv_assets",
    "build_jobs",
    "build_promotion_jobs",
    "build_source_specs",
    "build_staging_assets",
    "install_prefix_selection",
]
