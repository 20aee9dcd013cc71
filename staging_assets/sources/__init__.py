"""The source tables: CSV files that this project loads itself, and the demo's generated ones."""

from staging_assets.sources.csv_files import CsvFile, find_csv_files
from staging_assets.sources.load_csv import run_csv_load
from staging_assets.sources.load_files import run_csv_loads
from staging_assets.sources.seed import seed_demo

__all__ = ["CsvFile", "find_csv_files", "run_csv_load", "run_csv_loads", "seed_demo"]
