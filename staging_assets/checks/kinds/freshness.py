"""The kind that says how new the rows are."""

from __future__ import annotations

import re

from psycopg2 import sql

from staging_assets.checks.core.check import Check, Metadata
from staging_assets.checks.core.probe import CheckedTable, Probe, Values, Verdict, column_of
from staging_assets.checks.kinds.kind import Arguments, CheckKind, Written

_AGE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*\Z", re.IGNORECASE)
_SECONDS = {"minute": 60, "min": 60, "hour": 3600, "h": 3600, "day": 86400, "d": 86400}
_SECONDS |= {"week": 7 * 86400, "w": 7 * 86400, "month": 30 * 86400, "year": 365 * 86400}


class Freshness(CheckKind):
    """The newest value of a date or timestamp column is at most so old."""

    name = "freshness"
    words = "The newest {column} is at most {age} old."
    takes = "`{event_datetime: 7 days}`"
    holds = (
        "the newest value is at most so old (minutes, hours, days, weeks, months of 30 days, years)"
    )

    def read(self, written: Written) -> list[Arguments]:
        found = []
        for column, _, value in written.pairs():
            text = value.text("an age such as 7 days")
            match = _AGE.match(text)
            unit = match[2].lower() if match else ""
            seconds = _SECONDS.get(unit) or _SECONDS.get(unit.removesuffix("s"))
            if match is None or seconds is None:
                raise value.mistake(f"{text!r} is no age", "Give one such as 36 hours or 7 days")
            found.append({"column": column, "age": text, "seconds": float(match[1]) * seconds})
        return found

    def probe(self, check: Check, place: CheckedTable) -> Probe:
        column, text = check.arguments["column"], check.arguments["age"]
        limit = float(check.arguments["seconds"])

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
            summary = f"the newest {column} is {_spell_age(age)} old; at most {text} wanted"
            return Verdict(age <= limit, summary, metadata)

        newest = sql.SQL("max({c}) filter (where isfinite({c}))").format(c=column_of(column))
        age = sql.SQL("extract(epoch from now() - {})").format(newest)
        return Probe(judge, aggregates=(age, newest))


def _spell_age(seconds: float) -> str:
    """`3.2 days`, `5.0 hours`, `12 minutes`."""
    if abs(seconds) >= 86400:
        return f"{seconds / 86400:,.1f} days"
    if abs(seconds) >= 3600:
        return f"{seconds / 3600:.1f} hours"
    return f"{seconds / 60:.0f} minutes"
