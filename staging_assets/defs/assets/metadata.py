"""What Dagster keeps of a node that was built: numbers as numbers, so that it plots them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg

from staging_assets.builder import NodeResult


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
