"""Which rows fail: up to ten of their keys, and other columns only where that was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg2
from psycopg2 import sql

from staging_assets.checks.core.check import Check
from staging_assets.checks.core.probe import Probe
from staging_assets.checks.core.snapshot import attempt, raise_unless_ours
from staging_assets.postgres import Connection

MOST_KEYS = 10


def read_failing(connection: Connection, check: Check, probe: Probe) -> dict[str, Any]:
    """Read the keys of failing rows, as metadata.

    Args:
        connection: in a transaction.
        check: the check that failed.
        probe: with its query of the failing rows.

    A query that fails here says nothing new, and gives no keys.
    """
    assert probe.failing is not None
    asked = tuple(check.arguments.get("sample_columns", ()))
    wanted = tuple(dict.fromkeys((*probe.shown, *asked)))
    try:
        with attempt(connection):
            return {"failing keys": _read_rows(connection, probe.failing, wanted)}
    except psycopg2.Error as error:
        raise_unless_ours(connection, error)
        return {}


def _read_rows(
    connection: Connection, failing: sql.Composable, wanted: Sequence[str]
) -> list[dict[str, Any]] | str:
    with connection.cursor() as cursor:
        # A query of people's own gives the columns that it likes.
        cursor.execute(sql.SQL("select * {} limit 0").format(failing))
        there = [column.name for column in cursor.description or ()]
        columns = [name for name in wanted if name in there]
        if not columns:
            return "no key among the columns; declare sample_columns to see more"
        cursor.execute(_build_query(failing, columns))
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def _build_query(failing: sql.Composable, columns: Sequence[str]) -> sql.Composed:
    names = sql.SQL(", ").join(sql.Identifier(name) for name in columns)
    texts = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(c)) for c in columns)
    return sql.SQL("select {} from (select distinct {} {} order by {} limit {}) as failing").format(
        texts, names, failing, names, sql.Literal(MOST_KEYS)
    )
