"""Kinds about columns: that they are there, of a type, filled, unique."""

from __future__ import annotations

import re
from typing import Any

from psycopg2 import sql

from staging_assets.checks.core.check import Check, Metadata
from staging_assets.checks.core.probe import (
    CheckedTable,
    Probe,
    Values,
    Verdict,
    column_of,
    number,
)
from staging_assets.checks.kinds.kind import Arguments, CheckKind, Written
from staging_assets.model import say

_ONE_OR_MORE = "a column or a list"
_MODIFIER = re.compile(r"\(([^)]*)\)")


class HasValues(CheckKind):
    """Any row has a value in the column."""

    name = "has_values"
    words = "At least one row has a value in {column}."
    takes = _ONE_OR_MORE
    holds = "any row has a value; one check a column"
    default_of = ("cleanup",)

    def read(self, written: Written) -> list[Arguments]:
        return [{"column": name} for name in written.texts("the name of a column")]

    def probe(self, check: Check, place: CheckedTable) -> Probe:
        column = check.arguments["column"]

        def judge(values: Values) -> Verdict:
            if values[0] == "true":
                return Verdict(True, f"{column} has values", {"threshold": 1})
            return Verdict(False, f"{column} has no value in any row", {"threshold": 1})

        exists = sql.SQL("exists (select 1 from {} as t where {} is not null limit 1)")
        return Probe(judge, scalars=(exists.format(place.table, column_of(column)),))


class _OfColumns(CheckKind):
    """A kind that takes several columns for one check."""

    def read(self, written: Written) -> list[Arguments]:
        return [{"columns": written.texts("the name of a column")}]


class NotNull(_OfColumns):
    """No row lacks a value in any of the columns."""

    name = "not_null"
    words = "Every row has a value in {columns}."
    takes = _ONE_OR_MORE
    holds = "every row has a value in each"

    def probe(self, check: Check, place: CheckedTable) -> Probe:
        columns = tuple(check.arguments["columns"])
        lacking = [sql.SQL("{} is null").format(column_of(name)) for name in columns]

        def judge(values: Values) -> Verdict:
            found = {name: number(v) for name, v in zip(columns, values, strict=True) if v != "0"}
            metadata: dict[str, Any] = {"failing values": sum(found.values()), "threshold": 0}
            metadata |= {f"rows without {name}": number for name, number in found.items()}
            parts = [f"{say(number, 'row')} without {name}" for name, number in found.items()]
            return Verdict(not found, "; ".join(parts) or "every row has a value", metadata)

        return Probe(
            judge,
            aggregates=tuple(
                sql.SQL("count(*) filter (where {})").format(each) for each in lacking
            ),
            failing=sql.SQL("from {} as t where {}").format(
                place.table, sql.SQL(" or ").join(lacking)
            ),
            shown=place.facts.keys,
        )


class Unique(_OfColumns):
    """No two rows are equal in the columns; rows with NULL in one of them do not count."""

    name = "unique"
    words = "No two rows are equal in {columns}."
    takes = "`event_id`, or `[event_id, officer_id]` for both together"
    holds = "no two rows are equal there; rows with NULL in one of them do not count"

    def probe(self, check: Check, place: CheckedTable) -> Probe:
        columns = tuple(check.arguments["columns"])
        names = sql.SQL(", ").join(column_of(name) for name in columns)
        present = sql.SQL(" and ").join(
            sql.SQL("{} is not null").format(column_of(name)) for name in columns
        )
        repeated = sql.SQL("from {} as t where {} group by {} having count(*) > 1").format(
            place.table, present, names
        )
        rows_of = sql.SQL("from {} as t where ({}) in (select {} {})").format(
            place.table, names, names, repeated
        )

        def judge(values: Values) -> Verdict:
            keys, rows = number(values[0]), number(values[1])
            what = " and ".join(columns)
            if not keys:
                return Verdict(True, f"{what}: every value once", {"repeated values": 0})
            text = f"{what}: {say(keys, 'value')} more than once, {say(rows, 'row')} too many"
            metadata: Metadata = {"repeated values": keys, "rows too many": rows, "threshold": 0}
            return Verdict(False, text, metadata)

        counted = sql.SQL("(select {} from (select count(*) as n {}) as d)")
        facts = place.facts
        safe = all(facts.is_identifier(c) or facts.is_counting(c) for c in columns)
        return Probe(
            judge,
            scalars=(
                counted.format(sql.SQL("count(*)"), repeated),
                counted.format(sql.SQL("coalesce(sum(n - 1), 0)::bigint"), repeated),
            ),
            failing=rows_of,
            shown=columns if safe else facts.primary_key,
        )


class ColumnExists(_OfColumns):
    """The columns exist: the facts that lead to the probe say so already."""

    name = "column_exists"
    words = "The table has {columns}."
    takes = _ONE_OR_MORE
    holds = "it is there"
    may_lack_columns = True

    def probe(self, check: Check, place: CheckedTable) -> Probe:
        columns = check.arguments["columns"]
        return Probe(lambda _: Verdict(True, f"{', '.join(columns)}: there"))


class ColumnType(CheckKind):
    """The column is of the declared type, however either is spelled (int4, integer, int)."""

    name = "column_type"
    words = "{column} is of type {type}."
    takes = "`{age: integer}`"
    holds = "it is of this type, in any of Postgres' spellings; a length counts when it is given"

    def read(self, written: Written) -> list[Arguments]:
        pairs = written.pairs()
        return [{"column": name, "type": value.text("a type")} for name, _, value in pairs]

    def probe(self, check: Check, place: CheckedTable) -> Probe:
        column, wanted = check.arguments["column"], check.arguments["type"]
        found = place.facts.columns[column]
        # Two spellings of one type have one OID; a length or precision counts when declared.
        modifier = _MODIFIER.findall(wanted)
        fits = not modifier or _squeeze(modifier) == _squeeze(_MODIFIER.findall(found))

        def judge(values: Values) -> Verdict:
            metadata: Metadata = {"type": found, "threshold": wanted}
            if values[0] == "true" and fits:
                return Verdict(True, f"{column} is {found}", metadata)
            return Verdict(False, f"{column} is {found}; {wanted} wanted", metadata)

        same = sql.SQL("coalesce(to_regtype({}) = to_regtype({}), false)").format(
            sql.Literal(place.rewrite(wanted)), sql.Literal(found)
        )
        return Probe(judge, scalars=(same,))


def _squeeze(modifiers: list[str]) -> list[str]:
    return [modifier.replace(" ", "") for modifier in modifiers]


HAS_VALUES = HasValues()
