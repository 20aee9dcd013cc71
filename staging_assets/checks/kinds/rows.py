"""Kinds about a table as a whole: that it is there, and how many rows it has."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from psycopg2 import sql

from staging_assets.checks.core.check import Check, Metadata
from staging_assets.checks.core.probe import (
    CheckedTable,
    Probe,
    Values,
    Verdict,
    identify,
    number,
)
from staging_assets.checks.kinds.kind import Arguments, CheckKind, Written
from staging_assets.model import say


class TableExists(CheckKind):
    """The table exists: the facts that lead to the probe say so already."""

    name = "table_exists"
    words = "The table exists."
    holds = "the table is there"
    default_of = ("table",)

    def judge_rows(self, check: Check, rows: int) -> Verdict:
        return Verdict(True, "the table exists")

    def probe(self, check: Check, place: CheckedTable) -> Probe:
        return Probe(lambda _: Verdict(True, "the table exists"))


class TableNotEmpty(CheckKind):
    """At least one row; it does not count them, so it takes no longer on a big table."""

    name = "table_not_empty"
    words = "The table has at least one row."
    holds = "it has a row"
    default_of = ("table", "cleanup")

    def judge_rows(self, check: Check, rows: int) -> Verdict:
        if rows:
            return Verdict(True, "the table has rows", {"rows": rows, "threshold": 1})
        text = (
            "the table is empty; if it may be, write under checks: in staging.yaml "
            f"{_spell_key(check.table)}: {{{check.name}: off}}"
        )
        return Verdict(False, text, {"rows": 0, "threshold": 1})

    def probe(self, check: Check, place: CheckedTable) -> Probe:
        estimate = place.facts.estimated_rows

        def judge(values: Values) -> Verdict:
            if values[0] != "true":
                return self.judge_rows(check, 0)
            known = {"rows, as estimated by the last ANALYZE": estimate} if estimate > 0 else {}
            return Verdict(True, "the table has rows", {**known, "threshold": 1})

        exists = sql.SQL("exists (select 1 from {} limit 1)").format(place.table)
        return Probe(judge, scalars=(exists,))


class MinRows(CheckKind):
    """At least so many rows."""

    name = "min_rows"
    words = "At least {rows} rows."
    takes = "`1000`"
    holds = "there are at least so many rows"

    def read(self, written: Written) -> list[Arguments]:
        return [{"rows": written.number()}]

    def probe(self, check: Check, place: CheckedTable) -> Probe:
        least = int(check.arguments["rows"])

        def judge(values: Values) -> Verdict:
            rows = number(values[0])
            text = f"{say(rows, 'row')}; at least {least:,} wanted"
            return Verdict(rows >= least, text, {"rows": rows, "threshold": least})

        return Probe(judge, aggregates=(sql.SQL("count(*)"),))


class RowCountBetween(CheckKind):
    """A number of rows within two limits, both included."""

    name = "row_count_between"
    words = "{least} to {most} rows."
    takes = "`[10, 20]`"
    holds = "and at most so many, both included"

    def read(self, written: Written) -> list[Arguments]:
        todo = "Write [least, most]"
        limits = written.items("two numbers are expected here", todo)
        if len(limits) != 2:
            raise written.mistake("two numbers are expected here", todo)
        least, most = (each.number() for each in limits)
        if least > most:
            raise written.mistake(f"{least} is more than {most}", todo)
        return [{"least": least, "most": most}]

    def probe(self, check: Check, place: CheckedTable) -> Probe:
        least, most = int(check.arguments["least"]), int(check.arguments["most"])

        def judge(values: Values) -> Verdict:
            rows = number(values[0])
            text = f"{say(rows, 'row')}; {least:,} to {most:,} wanted"
            metadata: Metadata = {"rows": rows, "least": least, "most": most}
            return Verdict(least <= rows <= most, text, metadata)

        return Probe(judge, aggregates=(sql.SQL("count(*)"),))


class RowCountChange(CheckKind):
    """Rows against the last build's, in percent; a first build passes."""

    name = "row_count_change"
    words = "{limits} than in the last build."
    takes = "`5`, or `{drop: 5, growth: 50}`"
    holds = "rows changed by at most so many percent since the last build; a first build passes"

    def read(self, written: Written) -> list[Arguments]:
        if written.is_text:
            percent = written.number(whole=False)
            return [{"drop": percent, "growth": percent}]
        todo = "Write {drop: percent, growth: percent}"
        limits = {}
        for name, key, value in written.pairs():
            if name not in ("drop", "growth"):
                raise key.mistake(f"{name!r} is no limit", todo)
            limits[name] = value.number(whole=False)
        if not limits:
            raise written.mistake("no limit is given", todo)
        return [limits]

    def describe(self, arguments: Mapping[str, Any]) -> str:
        limits = " and ".join(f"{limit} rows" for limit in _find_limits(arguments, "{} %"))
        return super().describe({"limits": limits.capitalize()})

    def probe(self, check: Check, place: CheckedTable) -> Probe:
        drop, growth = check.arguments.get("drop"), check.arguments.get("growth")
        limits = ", ".join(_find_limits(check.arguments, "{:g} %"))

        def judge(values: Values) -> Verdict:
            rows = number(values[0])
            before = place.previous_rows if values[1] is None else int(values[1])
            metadata: dict[str, Any] = {"rows": rows, "threshold": limits}
            if before is None:
                return Verdict(True, f"{say(rows, 'row')}; no earlier build to compare", metadata)
            change = 0.0 if rows == before else 100.0 * (rows - before) / max(before, 1)
            metadata |= {"rows of the last build": before, "change in percent": round(change, 3)}
            fits = (drop is None or change >= -drop) and (growth is None or change <= growth)
            text = f"{say(rows, 'row')} after {before:,} ({change:+.1f} %); {limits}"
            return Verdict(fits, f"{text} wanted", metadata)

        earlier: sql.Composable = sql.SQL("null")
        if place.previous_rows is None and place.history is not None:
            earlier = sql.SQL(
                "(select h.rows from {} as h where h.node = {} order by h.built_at desc limit 1)"
            ).format(identify(place.history), sql.Literal(check.relation))
        return Probe(judge, aggregates=(sql.SQL("count(*)"),), scalars=(earlier,))


def _spell_key(name: str) -> str:
    """A name as a key of YAML, which takes `no` and `1` for something else."""
    plain = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) and name.lower() not in _YAML_WORDS
    return name if plain else json.dumps(name, ensure_ascii=False)


_YAML_WORDS = ("y", "n", "yes", "no", "on", "off", "true", "false", "null")


def _find_limits(arguments: Mapping[str, Any], spelled: str) -> list[str]:
    """`at most 5 % fewer`, `at most 50 % more`, as far as they are given."""
    return [
        f"at most {spelled.format(arguments[name])} {word}"
        for name, word in (("drop", "fewer"), ("growth", "more"))
        if name in arguments
    ]


TABLE_EXISTS, TABLE_NOT_EMPTY = TableExists(), TableNotEmpty()
