"""Conditions on a table as a whole: that it is there, how many rows, how new they are."""

from __future__ import annotations

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
    number,
    say,
)


def find_schema_exists(target: Check, place: CheckedTable) -> Probe:
    """The schema itself exists."""

    def judge(values: Values) -> Verdict:
        there = values[0] == "true"
        return Verdict(there, "the schema exists" if there else "the schema does not exist")

    exists = sql.SQL("exists (select from pg_namespace where nspname = {})")
    return Probe(judge, scalars=(exists.format(sql.Literal(place.schema)),))


def find_table_exists(target: Check, place: CheckedTable) -> Probe:
    """The table exists: the facts that led here say so already."""
    return Probe(lambda _: Verdict(True, "the table exists"))


def find_table_not_empty(target: Check, place: CheckedTable) -> Probe:
    """At least one row; it does not count them, so it takes no longer on a big table."""
    estimate = place.facts.estimated_rows

    def judge(values: Values) -> Verdict:
        if values[0] == "true":
            known = {"rows, as estimated by the last ANALYZE": estimate} if estimate > 0 else {}
            return Verdict(True, "the table has rows", {**known, "threshold": 1})
        return Verdict(False, "the table is empty", {"rows": 0, "threshold": 1})

    exists = sql.SQL("exists (select from {})").format(place.table)
    return Probe(judge, scalars=(exists,))


def find_min_rows(target: Check, place: CheckedTable) -> Probe:
    """At least so many rows."""
    least = int(target.arguments["rows"])

    def judge(values: Values) -> Verdict:
        rows = number(values[0])
        text = f"{say(rows, 'row')}; at least {least:,} wanted"
        return Verdict(rows >= least, text, {"rows": rows, "threshold": least})

    return Probe(judge, aggregates=(sql.SQL("count(*)"),))


def find_row_count_between(target: Check, place: CheckedTable) -> Probe:
    """A number of rows within two limits, both included."""
    least, most = int(target.arguments["least"]), int(target.arguments["most"])

    def judge(values: Values) -> Verdict:
        rows = number(values[0])
        text = f"{say(rows, 'row')}; {least:,} to {most:,} wanted"
        metadata: Metadata = {"rows": rows, "least": least, "most": most}
        return Verdict(least <= rows <= most, text, metadata)

    return Probe(judge, aggregates=(sql.SQL("count(*)"),))


def find_row_count_change(target: Check, place: CheckedTable) -> Probe:
    """Rows against the last build's, in percent; a first build passes."""
    drop, growth = target.arguments.get("drop"), target.arguments.get("growth")
    limits = [
        *([f"at most {drop:g} % fewer"] if drop is not None else []),
        *([f"at most {growth:g} % more"] if growth is not None else []),
    ]

    def judge(values: Values) -> Verdict:
        rows = number(values[0])
        before = place.previous_rows if values[1] is None else int(values[1])
        metadata: dict[str, Any] = {"rows": rows, "threshold": ", ".join(limits)}
        if before is None:
            return Verdict(True, f"{say(rows, 'row')}; no earlier build to compare", metadata)
        change = 0.0 if rows == before else 100.0 * (rows - before) / max(before, 1)
        metadata |= {"rows of the last build": before, "change in percent": round(change, 3)}
        fits = (drop is None or change >= -drop) and (growth is None or change <= growth)
        text = f"{say(rows, 'row')} after {before:,} ({change:+.1f} %); {', '.join(limits)}"
        return Verdict(fits, f"{text} wanted", metadata)

    earlier: sql.Composable = sql.SQL("null")
    if place.previous_rows is None and place.history is not None:
        earlier = sql.SQL(
            "(select h.rows from {} as h where h.node = {} order by h.built_at desc limit 1)"
        ).format(identify(place.history), sql.Literal(target.relation))
    return Probe(judge, aggregates=(sql.SQL("count(*)"),), scalars=(earlier,))


def find_freshness(target: Check, place: CheckedTable) -> Probe:
    """The newest value of a date or timestamp column is at most so old."""
    column, text = target.arguments["column"], target.arguments["age"]
    limit = float(target.arguments["seconds"])

    def judge(values: Values) -> Verdict:
        if values[0] is None:
            return Verdict(False, f"{column} has no value", {"threshold": text})
        age = float(values[0])
        metadata: Metadata = {
            "age in hours": round(age / 3600, 3),
            "newest": str(values[1]),
            "threshold in hours": round(limit / 3600, 3),
            "threshold": text,
        }
        summary = f"the newest {column} is {describe_age(age)} old; at most {text} wanted"
        return Verdict(age <= limit, summary, metadata)

    newest = sql.SQL("max({c}) filter (where isfinite({c}))").format(c=column_of(column))
    age = sql.SQL("extract(epoch from now() - {})").format(newest)
    return Probe(judge, aggregates=(age, newest))


def describe_age(seconds: float) -> str:
    """`3.2 days`, `5.0 hours`, `12 minutes`."""
    if abs(seconds) >= 86400:
        return f"{seconds / 86400:,.1f} days"
    if abs(seconds) >= 3600:
        return f"{seconds / 3600:.1f} hours"
    return f"{seconds / 60:.0f} minutes"


def find_sql(target: Check, place: CheckedTable) -> Probe:
    """A query of one's own that must return no rows."""
    query = place.rewrite(target.arguments["query"]).rstrip().rstrip(";")
    rows_of = sql.SQL("from (\n{}\n) as q").format(sql.SQL(query))

    def judge(values: Values) -> Verdict:
        rows = number(values[0])
        summary = f"{say(rows, 'row')} returned; none wanted"
        return Verdict(not rows, summary, {"failing rows": rows, "threshold": 0})

    return Probe(
        judge,
        scalars=(sql.SQL("(select count(*) {})").format(rows_of),),
        failing=rows_of,
        shown=place.facts.keys,
    )
