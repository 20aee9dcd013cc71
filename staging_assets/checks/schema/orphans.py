"""Rows whose foreign key has no partner: how many there are, and which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg2
from psycopg2 import sql

from staging_assets.checks.core.failing_rows import MOST_KEYS
from staging_assets.checks.core.probe import identify
from staging_assets.checks.core.snapshot import attempt, describe_error, raise_unless_ours
from staging_assets.checks.schema.key_catalog import ForeignKey
from staging_assets.postgres import Connection

KEYS_PER_STATEMENT = 40


def count_orphans(
    connection: Connection, keys: Sequence[ForeignKey]
) -> tuple[dict[str, int], dict[str, str]]:
    """Rows without a partner by the label of the key, and why a key could not be counted."""
    orphans: dict[str, int] = {}
    errors: dict[str, str] = {}
    for start in range(0, len(keys), KEYS_PER_STATEMENT):
        chunk = keys[start : start + KEYS_PER_STATEMENT]
        try:
            orphans |= _read_counts(connection, chunk)
        except psycopg2.Error as error:
            raise_unless_ours(connection, error)
            for key in chunk:
                try:
                    orphans |= _read_counts(connection, [key])
                except psycopg2.Error as alone:
                    raise_unless_ours(connection, alone)
                    errors[key.label] = describe_error(alone)
    return orphans, errors


def _read_counts(connection: Connection, keys: Sequence[ForeignKey]) -> dict[str, int]:
    parts = [
        sql.SQL("select {}, count(*) {}").format(sql.Literal(number), build_orphans(key))
        for number, key in enumerate(keys)
    ]
    with attempt(connection), connection.cursor() as cursor:
        cursor.execute(sql.SQL("\nunion all\n").join(parts))
        return {keys[number].label: count for number, count in cursor.fetchall()}


def build_orphans(key: ForeignKey) -> sql.Composed:
    """FROM and WHERE of the rows that break a key, as MATCH SIMPLE or MATCH FULL has it."""
    columns = [sql.Identifier("t", name) for name in key.columns]
    pairs = [
        sql.SQL("{} {} {}").format(sql.Identifier("o", to), sql.SQL(operator), column)
        for to, operator, column in zip(key.to_columns, key.operators, columns, strict=True)
    ]
    joint = " or " if key.full else " and "
    return sql.SQL(
        "from {} as t where ({}) and not exists (select 1 from {} as o where {})"
    ).format(
        identify(key.table),
        sql.SQL(joint).join(sql.SQL("{} is not null").format(column) for column in columns),
        identify(key.to),
        sql.SQL(" and ").join(pairs),
    )


def read_orphans(connection: Connection, key: ForeignKey) -> tuple[str, ...]:
    """Up to ten of the values that have no partner, where they are ids or codes."""
    if not key.showable:
        return ()
    columns = sql.SQL(", ").join(sql.Identifier("t", name) for name in key.columns)
    query = sql.SQL("select distinct {} {} order by {} limit {}").format(
        columns, build_orphans(key), columns, sql.Literal(MOST_KEYS)
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return tuple(f"{key.table.name} {_spell(key, row)}" for row in cursor.fetchall())


def _spell(key: ForeignKey, row: tuple[Any, ...]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in zip(key.columns, row, strict=True))
