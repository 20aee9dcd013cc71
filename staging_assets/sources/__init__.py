"""The source tables: CSV files that this project loads itself, the demo's generated ones, states.

`states/` says of every source whether it is as it was when a build last read it.
"""

from staging_assets.sources.csv_files import CsvFile, find_csv_files
from staging_assets.sources.load_csv import run_csv_load
from staging_assets.sources.load_files import run_csv_loads
from staging_assets.sources.seed import seed_demo
from staging_assets.sources.states.read import State, read_source_states, read_states
from staging_assets.sources.states.server import make_mark_sql

__all__ = [
    "CsvFile",
    "State",
    "find_csv_files",
    "make_mark_sql",
    "read_source_states",
    "read_states",
    "run_csv_load",
    "run_csv_loads",
    "seed_demo",
]
