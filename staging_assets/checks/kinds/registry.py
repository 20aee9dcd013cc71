"""The kinds of checks of one table, and the condition that stands behind each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from staging_assets.checks.core.check import Check
from staging_assets.checks.core.probe import CheckedTable, Probe
from staging_assets.checks.kinds.columns import (
    find_accepted_values,
    find_column_exists,
    find_column_type,
    find_column_value,
    find_has_values,
    find_not_null,
    find_relationship,
    find_unique,
)
from staging_assets.checks.kinds.rows import (
    find_freshness,
    find_min_rows,
    find_row_count_between,
    find_row_count_change,
    find_schema_exists,
    find_sql,
    find_table_exists,
    find_table_not_empty,
)

CONDITIONS: Mapping[str, Callable[[Check, CheckedTable], Probe]] = {
    "schema_exists": find_schema_exists,
    "table_exists": find_table_exists,
    "table_not_empty": find_table_not_empty,
    "min_rows": find_min_rows,
    "row_count_between": find_row_count_between,
    "row_count_change": find_row_count_change,
    "has_values": find_has_values,
    "not_null": find_not_null,
    "unique": find_unique,
    "accepted_values": find_accepted_values,
    "relationship": find_relationship,
    "column_exists": find_column_exists,
    "column_type": find_column_type,
    "column_value": find_column_value,
    "freshness": find_freshness,
    "sql": find_sql,
}


def find_columns(target: Check) -> tuple[str, ...]:
    """The columns that a target cannot do without."""
    arguments = target.arguments
    # Those of a query of people's own are the query's, not the table's.
    samples = () if target.kind == "sql" else arguments.get("sample_columns", ())
    single = [arguments["column"]] if "column" in arguments else []
    return (*single, *arguments.get("columns", ()), *samples)
