"""Sources whose rows are asked: those that staging.yaml declares a watermark or a hash for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg2

from staging_assets.errors import BuildError
from staging_assets.model import Relation, SourceRule
from staging_assets.postgres import Connection, find_safe_text, row_state_sql


def read_exact(
    connection: Connection, wanted: Mapping[str, tuple[SourceRule, Relation]]
) -> dict[str, Any]:
    """Ask the rows of all these relations in one query; a state for each.

    Args:
        wanted: key to its rule and the relation, which exists.

    Raises BuildError, which names the rule, when one cannot be asked.
    """
    if not wanted:
        return {}
    queries = [row_state_sql(rule, relation) for rule, relation in wanted.values()]
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"select {', '.join(f'({query})' for query in queries)}")
            row = cursor.fetchone()
    except psycopg2.Error:
        if connection.closed:
            raise
    else:
        assert row is not None
        return {
            key: [rule.mode, rule.column, *state]
            for (key, (rule, _)), state in zip(wanted.items(), row, strict=True)
        }
    return {key: _read_one(connection, *each) for key, each in wanted.items()}


def _read_one(connection: Connection, rule: SourceRule, relation: Relation) -> list[Any]:
    try:
        with connection.cursor() as cursor:
            cursor.execute(row_state_sql(rule, relation))
            row = cursor.fetchone()
    except psycopg2.Error as error:
        if connection.closed:
            raise
        failure = error
    else:
        return [rule.mode, rule.column, *(row[0] if row else ())]
    raise BuildError(
        f"{rule.place}: the {rule.mode} of {relation} cannot be read: {find_safe_text(failure)}. "
        "Correct the line under `sources`."
    )
