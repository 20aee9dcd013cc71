"""Every kind of check, one object each, in the order in which docs/checks.md lists them."""

from __future__ import annotations

from collections.abc import Mapping

from staging_assets.checks.kinds.columns import (
    HAS_VALUES,
    ColumnExists,
    ColumnType,
    NotNull,
    Unique,
)
from staging_assets.checks.kinds.freshness import Freshness
from staging_assets.checks.kinds.kind import CheckKind
from staging_assets.checks.kinds.own_sql import ColumnValue, OwnQuery
from staging_assets.checks.kinds.rows import (
    TABLE_EXISTS,
    TABLE_NOT_EMPTY,
    MinRows,
    RowCountBetween,
    RowCountChange,
)
from staging_assets.checks.kinds.values import AcceptedValues, Relationship
from staging_assets.checks.kinds.whole_schema import (
    DRIFT,
    FOREIGN_KEYS,
    FUNCTIONS,
    SCHEMA_EXISTS,
)

KINDS: Mapping[str, CheckKind] = {
    kind.name: kind
    for kind in (
        MinRows(),
        RowCountBetween(),
        RowCountChange(),
        Unique(),
        NotNull(),
        HAS_VALUES,
        AcceptedValues(),
        Relationship(),
        ColumnExists(),
        ColumnType(),
        ColumnValue(),
        Freshness(),
        OwnQuery(),
        TABLE_EXISTS,
        TABLE_NOT_EMPTY,
        SCHEMA_EXISTS,
        DRIFT,
        FOREIGN_KEYS,
        FUNCTIONS,
    )
}


def table_of_kinds(*, of_schema: bool) -> str:
    """The rows of a table in docs/checks.md, in Markdown.

    Args:
        of_schema: those of the whole schema, else those that are declared for a table.
    """
    rows = []
    for kind in KINDS.values():
        if kind.of_schema == of_schema:
            first = ("`staging/schema`",) if of_schema else ()
            takes = () if of_schema else (kind.takes,)
            rows.append(f"| {' | '.join([*first, f'`{kind.name}`', *takes, kind.holds])} |")
    return "\n".join(rows)
