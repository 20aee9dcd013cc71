"""Queries that count and list rows which Postgres did not take, to be pasted into psql."""

from __future__ import annotations

import re
from collections.abc import Sequence

from staging_assets.builder.bad_rows.casts import Cast, find_casts
from staging_assets.builder.bad_rows.insert import Insert, Item, Source, find_source, has_with
from staging_assets.parser import Token, quote_literal, quote_name

MOST_ROWS = 100
_VERSION_16 = 160_000
RANGES = {
    "smallint": ("-32768", "32767"),
    "integer": ("-2147483648", "2147483647"),
    "bigint": ("-9223372036854775808", "9223372036854775807"),
}
_WHOLE = r"^\s*[-+]?\d+\s*$"
_DECIMAL = r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$"
_PATTERNS = {
    **dict.fromkeys(RANGES, _WHOLE),
    **dict.fromkeys(("numeric", "double precision", "real"), _DECIMAL),
}


def bad_cast_sql(insert: Insert, cast: Cast, key: Sequence[str], version: int) -> str | None:
    """The rows whose value a conversion does not take, with the key that they would get.

    Args:
        insert: the statement.
        cast: the conversion.
        key: columns of the table that tell its rows apart.
        version: of the server: 16 and newer say themselves what a type takes.

    None when the conversion stands where its rows cannot be asked for.
    """
    found = find_source(insert.text, insert.tokens, cast.index)
    if found is None or has_with(insert):
        return None
    source, where = found.text, found.where
    condition = _not_taken(cast, version)
    before = _with(insert)
    if condition is None:  # then all values are shown, the rarest first
        return (
            f"{before}select {cast.operand} as value, count(*)\n{source}"
            + (f"\nwhere {where}" if where else "")
            + f"\ngroup by 1 order by 2, 1 limit {MOST_ROWS};"
        )
    keys = _find_keys(insert, key, cast) if _is_outer(insert, found) else []
    listed = [*keys, f"{cast.operand} as value"]
    conditions = f"({where})\n  and {condition}" if where else condition
    return (
        f"{before}select count(*) over () as bad_rows, {', '.join(listed)}\n{source}\n"
        f"where {conditions}\nlimit {MOST_ROWS};"
    )


def bad_rows_sql(
    insert: Insert, columns: Sequence[str], key: Sequence[str], condition: str, shown: Sequence[str]
) -> str | None:
    """The rows of the statement that a condition holds for.

    Args:
        insert: the statement.
        columns: of the table.
        key: columns of the table that tell its rows apart.
        condition: over the columns.
        shown: columns to show besides the key.
    """
    head = insert.new_rows(columns)
    if head is None:
        return None
    given = insert.columns or columns
    names = [name for name in dict.fromkeys([*key, *shown]) if name in given]
    listed = ", ".join(map(quote_name, names)) or "*"
    return (
        f"{head}\nselect count(*) over () as bad_rows, {listed} from new_rows\n"
        f"where {condition}\nlimit {MOST_ROWS};"
    )


def repeated_sql(insert: Insert, columns: Sequence[str], key: Sequence[str]) -> str | None:
    """The keys that the statement gives more than once."""
    head = insert.new_rows(columns)
    if head is None or not set(key) <= set(insert.columns or columns):
        return None
    listed = ", ".join(map(quote_name, key))
    return (
        f"{head}\nselect count(*) over () as repeated_keys, {listed}, count(*) as times\n"
        f"from new_rows group by {listed} having count(*) > 1\norder by times desc "
        f"limit {MOST_ROWS};"
    )


def missing_sql(
    insert: Insert, columns: Sequence[str], key: Sequence[str], to: str, to_columns: Sequence[str]
) -> str | None:
    """The values that a foreign key does not find, with how many rows have each.

    Args:
        insert: the statement.
        columns: of the table.
        key: columns of the foreign key.
        to: the referenced table, as SQL spells it.
        to_columns: its columns.
    """
    head = insert.new_rows(columns)
    if head is None or not set(key) <= set(insert.columns or columns):
        return None
    ours = [f"n.{quote_name(name)}" for name in key]
    pairs = zip(to_columns, ours, strict=False)
    same = " and ".join(f"r.{quote_name(name)} = {our}" for name, our in pairs)
    there = " and ".join(f"{our} is not null" for our in ours)
    listed = ", ".join(ours)
    return (
        f"{head}\nselect {listed}, count(*) as rows from new_rows as n\n"  # noqa: S608 - for people
        f"where {there}\n  and not exists (select 1 from {to} as r where {same})\n"
        f"group by {listed} order by rows desc limit {MOST_ROWS};"
    )


def _with(insert: Insert) -> str:
    """The WITH list in front of the statement, or in front of its query."""
    if insert.head:
        return f"{insert.head}\n"
    found = re.match(r"with\b", insert.query, re.IGNORECASE)
    first = insert.items[0].tokens[0].start if insert.items else 0
    at = insert.text.find(insert.query)
    if found is None or first <= at:
        return ""
    head = insert.text[at:first]
    return head[: head.lower().rfind("select")].rstrip() + "\n"


def _not_taken(cast: Cast, version: int) -> str | None:
    if not cast.checked:
        return None
    if version >= _VERSION_16:
        valid = f"pg_input_is_valid(({cast.operand})::text, {quote_literal(cast.type)})"
        return f"not {valid}"
    pattern = _PATTERNS.get(cast.type)
    return None if pattern is None else f"({cast.operand})::text !~ '{pattern}'"


def _find_keys(insert: Insert, key: Sequence[str], cast: Cast) -> list[str]:
    """What the statement gives the key's columns, before any conversion, which might fail too."""
    given = dict(zip(insert.columns, insert.items, strict=False))
    found = [(name, _find_plain(given[name])) for name in key if name in given]
    return [
        f"{text} as {quote_name(name)}"
        for name, text in found
        if text is not None and text != cast.operand
    ]


def _is_outer(insert: Insert, source: Source) -> bool:
    """Whether a SELECT is the one that gives the statement its rows, and none inside it."""
    return bool(insert.items) and insert.items[0].tokens[0].start - source.begin in range(12)


def _find_plain(item: Item) -> str | None:
    casts = find_casts(item.text, _from_zero(item))
    if not casts:
        return item.text
    return casts[-1].operand if casts[-1].text == item.text else None


def _from_zero(item: Item) -> list[Token]:
    start = item.tokens[0].start
    return [
        token._replace(start=token.start - start, end=token.end - start) for token in item.tokens
    ]
