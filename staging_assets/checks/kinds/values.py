"""Kinds about the values of a column: which are allowed."""

from __future__ import annotations

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
    column_of,
    identify,
    literals,
    number,
)
from staging_assets.checks.kinds.kind import Arguments, CheckKind, Written, spell_name
from staging_assets.model import find_number, say

_NUMERIC = frozenset(
    ("smallint", "integer", "bigint", "numeric", "real", "double precision", "money", "oid")
)
_ARROW = re.compile(r"\s*(\S+)\s*->\s*([^\s.]+)\.([^\s.]+)\s*\Z")
_COLUMN = re.compile(r"\s*([^\s.]+)\.([^\s.]+)\s*\Z")


class AcceptedValues(CheckKind):
    """Every value is in the list; NULL is allowed."""

    name = "accepted_values"
    words = "{column} is one of {values}, or NULL."
    takes = "`{gender_code: [0, 1, 2]}`"
    holds = "every value is in the list; NULL is allowed"

    def read(self, written: Written) -> list[Arguments]:
        todo = "Write {column: [a, b]}"
        found = []
        for column, _, values in written.pairs():
            items = values.items("a list of values is expected here", todo)
            accepted = [each.exact for each in items if each.value is not None]
            if not accepted:
                raise values.mistake("the list of values is empty", todo)
            found.append({"column": column, "values": accepted})
        return found

    def probe(self, check: Check, place: CheckedTable) -> Probe:
        column, accepted = check.arguments["column"], check.arguments["values"]
        if place.facts.columns.get(column, "").partition("(")[0] in _NUMERIC:
            accepted = [find_number(str(each)) or each for each in accepted]
        wrong = sql.SQL("{} not in ({})").format(column_of(column), literals(accepted))

        def judge(values: Values) -> Verdict:
            rows = number(values[0])
            metadata: Metadata = {"failing rows": rows, "accepted": [str(v) for v in accepted]}
            if rows:
                return Verdict(False, f"{column}: {say(rows, 'row')} with another value", metadata)
            return Verdict(True, f"{column}: only accepted values", metadata)

        return Probe(
            judge,
            aggregates=(sql.SQL("count(*) filter (where {})").format(wrong),),
            failing=sql.SQL("from {} as t where {}").format(place.table, wrong),
            shown=place.facts.keys,
        )


class Relationship(CheckKind):
    """Every value is in a column of another table; NULL is allowed."""

    name = "relationship"
    words = "Every {column} is in {to}.{to_column}."
    takes = "`race_code -> lookup_races.code`, or `{columns: [...], to: lookup_races.code}`"
    holds = "every value is in the other column; NULL is allowed"

    def read(self, written: Written) -> list[Arguments]:
        todo = "Write `column -> lookup_table.code`"
        if written.is_text:
            match = _ARROW.match(written.text("a relationship"))
            if match is None:
                raise written.mistake("this is no relationship", todo)
            return [{"column": match[1], "to": match[2], "to_column": match[3]}]
        parts = {name: (key, value) for name, key, value in written.pairs()}
        known = ("columns", "column", "to")
        wrong = next((key for name, (key, _) in parts.items() if name not in known), None)
        names = [name for name in ("columns", "column") if name in parts]
        if wrong is not None or len(names) != 1 or "to" not in parts:
            raise (wrong or written).mistake("a relationship has `columns` and `to`", todo)
        to = parts["to"][1]
        match = _COLUMN.match(to.text("table.column"))
        if match is None:
            raise to.mistake("this is no column of a table", "Write lookup_table.code")
        columns = parts[names[0]][1].texts("the name of a column")
        return [{"column": name, "to": match[1], "to_column": match[2]} for name in columns]

    def other_column(self, arguments: Mapping[str, Any]) -> tuple[str, str]:
        return arguments["to"], arguments["to_column"]

    def suggest_name(self, arguments: Mapping[str, Any]) -> str:
        return spell_name(f"{arguments['column']}_in_{arguments['to']}")

    def probe(self, check: Check, place: CheckedTable) -> Probe:
        column, to, code = (check.arguments[name] for name in ("column", "to", "to_column"))
        # A table that refers to itself is looked at where it is now.
        other = place.relation if to == check.relation else place.find_other(to)
        orphaned = sql.SQL(
            "from {} as t where {} is not null and not exists (select 1 from {} as o where {} = {})"
        ).format(
            place.table,
            column_of(column),
            identify(other),
            sql.Identifier("o", code),
            column_of(column),
        )

        def judge(values: Values) -> Verdict:
            rows = number(values[0])
            counted = {"failing rows": rows, "threshold": 0}
            if rows:
                text = f"{column}: {say(rows, 'row')} with a value that {to}.{code} lacks"
                return Verdict(False, text, counted)
            return Verdict(True, f"{column}: all in {to}.{code}", counted)

        extra = (column,) if place.facts.is_counting(column) else ()
        return Probe(
            judge,
            scalars=(sql.SQL("(select count(*) {})").format(orphaned),),
            failing=orphaned,
            shown=tuple(dict.fromkeys((*place.facts.keys, *extra))),
        )
