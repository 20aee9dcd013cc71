"""The source tables: CSV files that this project loads itself, and the demo's generated ones."""

from staging_assets.sources.csv_file import find_csv_files
from staging_assets.sources.load_csv import run_csv_load
from staging_assets.sources.seed import seed_demo

__all__ = ["find_csv_files", "run_csv_load", "seed_demo"]
