"""What Dagster keeps of a node that was built: numbers as numbers, so that it plots them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg

from staging_assets.builder import NodeResult

LINEAGE = "columns come from"
"""The entry for people: the page that is open source shows nothing of Dagster's own entry."""


def build_metadata(
    result: NodeResult, where: Mapping[str, str], *, is_table: bool
) -> dict[str, Any]:
    """The metadata of a materialization.

    Args:
        result: what came of the node.
        where: its department, schema and database; empty texts are of places without a name.
        is_table: whether it is a table, or a view.
    """
    metadata: dict[str, Any] = {"seconds": round(result.seconds, 3), **where, **result.metadata}
    if result.rows is not None:
        metadata["dagster/row_count"] = result.rows
        if result.rows and result.seconds:
            metadata["rows per second"] = round(result.rows / result.seconds)
    if result.bytes is not None:
        metadata["bytes"] = result.bytes
    if result.began is not None and result.worker is not None:
        metadata["started"] = dg.MetadataValue.timestamp(result.began)
        metadata["worker"] = result.worker
    if is_table:
        named = (where["database"], where["schema"], result.node)
        metadata["dagster/table_name"] = ".".join(part for part in named if part)
    return metadata


def build_lineage_table(lineage: dg.TableColumnLineage) -> dg.MarkdownMetadataValue:
    """Each column, and the columns that its values come from, as a table that the page shows.

    Args:
        lineage: of a table's columns.
    """
    rows = [
        f"| {_spell(column)} | {', '.join(_spell_source(each) for each in sources) or '–'} |"
        for column, sources in lineage.deps_by_column.items()
    ]
    return dg.MetadataValue.md("\n".join(["| column | from |", "| --- | --- |", *rows]))


def _spell_source(source: dg.TableColumnDep) -> str:
    return _spell(f"{'/'.join(source.asset_key.path)}.{source.column_name}")


def _spell(name: str) -> str:
    """As code, in which Markdown takes nothing for a mark but what ends it, or the cell."""
    return f"`{name.replace('`', chr(39))}`".replace("|", "\\|").replace("\n", " ")
