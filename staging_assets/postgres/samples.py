"""Which rows fail: up to ten of their keys, and other columns only where that was asked for."""

from __future__ import annotations

from typing import Any

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.postgres.probe import Probe
from staging_assets.postgres.target import Target

MOST_KEYS = 10


def read_failing(connection: Connection, target: Target, probe: Probe) -> dict[str, Any]:
    """Read the keys of failing rows, as metadata.

    Args:
        connection: in a transaction.
        target: the check that failed.
        probe: with its query of the failing rows.

    A query that fails here says nothing new, and gives no keys.
    """
    assert probe.failing is not None
    asked = tuple(target.arguments.get("sample_columns", ()))
    columns = tuple(dict.fromkeys((*probe.shown, *asked)))
    if not columns:
        return {"failing keys": "the table has no key; declare sample_columns to see more"}
    names = sql.SQL(", ").join(sql.Identifier(name) for name in columns)
    texts = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(c)) for c in columns)
    query = sql.SQL(
        "select {} from (select distinct {} {} order by {} limit {}) as failing"
    ).format(texts, names, probe.failing, names, sql.Literal(MOST_KEYS))
    try:
        with connection.cursor() as cursor:
            cursor.execute("savepoint staging_sample")
            cursor.execute(query)
            rows = cursor.fetchall()
    except psycopg2.Error:
        if connection.closed:
            raise
        with connection.cursor() as cursor:
            cursor.execute("rollback to staging_sample")
        return {}
    return {"failing keys": [dict(zip(columns, row, strict=True)) for row in rows]}
