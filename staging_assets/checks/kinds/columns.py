"""Conditions on the values of columns."""

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
    identify,
    literals,
    number,
    say,
)
from staging_assets.model import Relation


def find_has_values(target: Check, place: CheckedTable) -> Probe:
    """Any row has a value in the column."""
    column = target.arguments["column"]

    def judge(values: Values) -> Verdict:
        if values[0] == "true":
            return Verdict(True, f"{column} has values", {"threshold": 1})
        return Verdict(False, f"{column} has no value in any row", {"threshold": 1})

    exists = sql.SQL("exists (select from {} as t where {} is not null)")
    return Probe(judge, scalars=(exists.format(place.table, column_of(column)),))


def find_not_null(target: Check, place: CheckedTable) -> Probe:
    """No row lacks a value in any of the columns."""
    columns = tuple(target.arguments["columns"])
    lacking = [sql.SQL("{} is null").format(column_of(name)) for name in columns]

    def judge(values: Values) -> Verdict:
        found = {name: number(v) for name, v in zip(columns, values, strict=True) if v != "0"}
        metadata: dict[str, Any] = {"failing values": sum(found.values()), "threshold": 0}
        metadata |= {f"rows without {name}": number for name, number in found.items()}
        parts = [f"{say(number, 'row')} without {name}" for name, number in found.items()]
        return Verdict(not found, "; ".join(parts) or "every row has a value", metadata)

    return Probe(
        judge,
        aggregates=tuple(sql.SQL("count(*) filter (where {})").format(each) for each in lacking),
        failing=sql.SQL("from {} as t where {}").format(place.table, sql.SQL(" or ").join(lacking)),
        shown=place.facts.keys,
    )


def find_unique(target: Check, place: CheckedTable) -> Probe:
    """No two rows are equal in the columns; rows with NULL in one of them do not count."""
    columns = tuple(target.arguments["columns"])
    names = sql.SQL(", ").join(column_of(name) for name in columns)
    present = sql.SQL(" and ").join(sql.SQL("{} is not null").format(column_of(c)) for c in columns)
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


def find_accepted_values(target: Check, place: CheckedTable) -> Probe:
    """Every value is in the list; NULL is allowed."""
    column, values_allowed = target.arguments["column"], target.arguments["values"]
    wrong = sql.SQL("{} not in ({})").format(column_of(column), literals(values_allowed))

    def judge(values: Values) -> Verdict:
        rows = number(values[0])
        metadata: Metadata = {"failing rows": rows, "accepted": [str(v) for v in values_allowed]}
        if rows:
            return Verdict(False, f"{column}: {say(rows, 'row')} with another value", metadata)
        return Verdict(True, f"{column}: only accepted values", metadata)

    return Probe(
        judge,
        aggregates=(sql.SQL("count(*) filter (where {})").format(wrong),),
        failing=sql.SQL("from {} as t where {}").format(place.table, wrong),
        shown=place.facts.keys,
    )


def find_relationship(target: Check, place: CheckedTable) -> Probe:
    """Every value is in a column of another table; NULL is allowed."""
    column, to, code = (target.arguments[name] for name in ("column", "to", "to_column"))
    # A table that refers to itself is looked at where it is now.
    other = place.relation if to == target.relation else Relation(place.schema, to)
    orphaned = sql.SQL(
        "from {} as t where {} is not null and not exists (select from {} as o where {} = {})"
    ).format(
        place.table,
        column_of(column),
        identify(other),
        sql.Identifier("o", code),
        column_of(column),
    )

    def judge(values: Values) -> Verdict:
        rows = number(values[0])
        if rows:
            text = f"{column}: {say(rows, 'row')} with a value that {to}.{code} lacks"
            return Verdict(False, text, {"failing rows": rows, "threshold": 0})
        return Verdict(True, f"{column}: all in {to}.{code}", {"failing rows": 0, "threshold": 0})

    extra = (column,) if place.facts.is_counting(column) else ()
    return Probe(
        judge,
        scalars=(sql.SQL("(select count(*) {})").format(orphaned),),
        failing=orphaned,
        shown=tuple(dict.fromkeys((*place.facts.keys, *extra))),
    )


def find_column_exists(target: Check, place: CheckedTable) -> Probe:
    """The columns exist: the facts that led here say so already."""
    columns = target.arguments["columns"]
    return Probe(lambda _: Verdict(True, f"{', '.join(columns)}: there"))


def find_column_type(target: Check, place: CheckedTable) -> Probe:
    """The column is of the declared type, however either is spelled (int4, integer, int)."""
    column, wanted = target.arguments["column"], target.arguments["type"]
    found = place.facts.columns[column]
    # Two spellings of one type have one OID; a length or precision counts when it is declared.
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


_MODIFIER = re.compile(r"\(([^)]*)\)")


def _squeeze(modifiers: list[str]) -> list[str]:
    return [modifier.replace(" ", "") for modifier in modifiers]


def find_column_value(target: Check, place: CheckedTable) -> Probe:
    """A condition: true or unknown in every row (as CHECK has it), or true in any row."""
    text = target.arguments["condition"]
    condition = sql.SQL(place.rewrite(text))
    if target.arguments["rows"] == "any":
        aggregate = sql.SQL("count(*) filter (where (\n{}\n))").format(condition)

        def judge_any(values: Values) -> Verdict:
            rows = number(values[0])
            metadata: Metadata = {"rows that meet it": rows, "threshold": 1, "condition": text}
            return Verdict(rows > 0, f"{say(rows, 'row')} with: {text}", metadata)

        return Probe(judge_any, aggregates=(aggregate,))
    wrong = sql.SQL("not (\n{}\n)").format(condition)

    def judge_all(values: Values) -> Verdict:
        rows = number(values[0])
        metadata: Metadata = {"failing rows": rows, "threshold": 0, "condition": text}
        return Verdict(not rows, f"{say(rows, 'row')} against: {text}", metadata)

    return Probe(
        judge_all,
        aggregates=(sql.SQL("count(*) filter (where {})").format(wrong),),
        failing=sql.SQL("from {} as t where {}").format(place.table, wrong),
        shown=place.facts.keys,
    )
