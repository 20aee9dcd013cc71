"""What people want to know of schemas beside their checks: how two of them differ."""

from staging_assets.reports.diff import SchemaDiff, TableDiff, find_diff
from staging_assets.reports.row_changes import RowChanges

__all__ = ["RowChanges", "SchemaDiff", "TableDiff", "find_diff"]
