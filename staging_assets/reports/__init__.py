"""What people are told of schemas and runs: how two schemas differ, and what came of a run.

`find_diff` compares the structure of everything in two schemas and the rows of their tables, by
key, in the database: no row leaves it. `build_page` makes one HTML file of a `RunRecord`, with
pictures as SVG; it loads nothing and holds no row. Where a run's record is read is no matter of
this package.
"""

from staging_assets.reports.diff import SchemaDiff, TableDiff, find_diff
from staging_assets.reports.drawing.timeline import draw_timeline
from staging_assets.reports.page.page import build_page
from staging_assets.reports.row_changes import RowChanges
from staging_assets.reports.run.chain import find_longest_chain, find_slowest
from staging_assets.reports.run.record import CheckRecord, NodeRecord, RunRecord

__all__ = [
    "CheckRecord",
    "NodeRecord",
    "RowChanges",
    "RunRecord",
    "SchemaDiff",
    "TableDiff",
    "build_page",
    "draw_timeline",
    "find_diff",
    "find_longest_chain",
    "find_slowest",
]
