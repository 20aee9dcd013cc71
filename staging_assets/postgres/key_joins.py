"""How the server should look whether the rows of a foreign key have theirs in the other table.

Its planner takes a hash join, whose table of a million keys is far larger than a processor's cache:
a look into it for each row takes several times as long as sorting both sides, where the key is a
number. Measured with a million referenced rows, CPU: 500,000 rows 0.66 s by hash and 0.16 s by
sorting, 2 million 1.9 s and 0.5 s; with a thousand referenced rows the two are even.
"""

from __future__ import annotations

from staging_assets.parser import quote_literal

SET_LOCAL_SORTED = "set local enable_hashjoin to off;"
"""For a transaction that validates such keys and does nothing else."""

_LARGE = 50_000
"""Referenced rows from which on the hash table is larger than the cache."""
_TIMES = 10
"""Sorting does not pay for a table with more than so many times the rows of the other one."""


def sorted_keys_sql(table: str) -> str:
    """A query of our own for the foreign keys that are checked faster by sorting.

    Args:
        table: as SQL spells it; it has been analyzed, and so have the tables it references.

    Its rows are the names of keys.
    """
    numbers = "any ('{int2,int4,int8}'::pg_catalog.regtype[])"
    return (
        "select k.conname::pg_catalog.text from pg_catalog.pg_constraint as k"  # noqa: S608 - quoted
        " join pg_catalog.pg_class as t on t.oid = k.conrelid"
        " join pg_catalog.pg_class as o on o.oid = k.confrelid"
        " join pg_catalog.pg_attribute as a on a.attrelid = t.oid and a.attnum = k.conkey[1]"
        " join pg_catalog.pg_attribute as b on b.attrelid = o.oid and b.attnum = k.confkey[1]"
        f" where t.oid = pg_catalog.to_regclass({quote_literal(table)}) and k.contype = 'f'"
        f" and pg_catalog.cardinality(k.conkey) = 1 and a.atttypid = {numbers}"
        f" and b.atttypid = {numbers} and o.reltuples >= {_LARGE}"
        f" and o.reltuples * {_TIMES} >= t.reltuples"
    )
