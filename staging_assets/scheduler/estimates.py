"""How long nodes without a history may take, judged by the size of what they read."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from staging_assets.model import Relation
from staging_assets.parser import quote
from staging_assets.postgres import Connection

_LEAST = 0.02
_BYTES_A_SECOND = 50e6
_BYTES_A_ROW = 100


def read_sizes(connection: Connection, relations: Collection[Relation]) -> dict[Relation, int]:
    """Read about how many bytes each of the relations has; 0 where it is missing or a view.

    By what is counted and noted of it: to ask for its files, one waits for whoever loads it.
    """
    wanted = list(relations)
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "select coalesce(greatest(c.relpages * current_setting('block_size')::bigint,"
            " pg_stat_get_live_tuples(c.oid) * %s), 0)::bigint"
            " from unnest(%s) with ordinality as t (name, place)"
            " left join pg_class c on c.oid = to_regclass(name) order by place",
            (_BYTES_A_ROW, [quote(relation) for relation in wanted]),
        )
        return {relation: size for relation, (size,) in zip(wanted, cursor.fetchall(), strict=True)}


def find_seconds(sizes: Iterable[int]) -> float:
    """Guess how long it takes to read that many bytes and write what comes of them."""
    return _LEAST + sum(sizes) / _BYTES_A_SECOND
