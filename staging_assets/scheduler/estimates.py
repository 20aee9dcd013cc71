"""How long nodes without a history may take, judged by the size of what they read."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from staging_assets.model import Relation
from staging_assets.parser import quote
from staging_assets.postgres import Connection

_LEAST = 0.02
_BYTES_A_SECOND = 50e6


def read_sizes(connection: Connection, relations: Collection[Relation]) -> dict[Relation, int]:
    """Read how many bytes each of the relations has on disk; 0 where it is missing or a view."""
    wanted = list(relations)
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "select coalesce(pg_relation_size(to_regclass(name)), 0)"
            " from unnest(%s) with ordinality as t (name, place) order by place",
            ([quote(relation) for relation in wanted],),
        )
        return {relation: size for relation, (size,) in zip(wanted, cursor.fetchall(), strict=True)}


def find_seconds(sizes: Iterable[int]) -> float:
    """Guess how long it takes to read that many bytes and write what comes of them."""
    return _LEAST + sum(sizes) / _BYTES_A_SECOND
