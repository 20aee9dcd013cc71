"""Kinds whose condition people write themselves, in SQL."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from psycopg2 import sql

from staging_assets.checks.core.check import Check, Metadata
from staging_assets.checks.core.probe import CheckedTable, Probe, Values, Verdict, number
from staging_assets.checks.kinds.kind import Arguments, CheckKind, Written, spell_name
from staging_assets.model import SchemaNames, say
from staging_assets.parser import find_references

_SPELLED = {"<=": " at_most ", ">=": " at_least ", "<>": " is_not ", "!=": " is_not "}
_SPELLED |= {"<": " below ", ">": " above ", "=": " is "}


class ColumnValue(CheckKind):
    """A condition: true or unknown in every row (as CHECK has it), or true in any row."""

    name = "column_value"
    words = "{who}: {condition}"
    takes = "`age > 0`, the same as `{all: age > 0}`; or `{any: felony_flag}`"
    holds = (
        "no row makes the condition false (NULL is not false, as in a CHECK constraint);"
        " or any row makes it true"
    )

    def read(self, written: Written) -> list[Arguments]:
        if written.is_text:
            return [{"condition": written.text("an SQL condition"), "rows": "all"}]
        found = []
        for name, key, value in written.pairs():
            if name not in ("all", "any"):
                todo = "Write `all: condition` (every row) or `any: condition` (at least one)"
                raise key.mistake(f"{name!r} is neither all nor any", todo)
            found.append({"condition": value.text("an SQL condition"), "rows": name})
        return found

    def tables(self, arguments: Mapping[str, Any], schemas: SchemaNames) -> Collection[str]:
        # A condition alone is no statement; what it names in a subquery counts all the same.
        return _find_read(f"select 1 where {arguments['condition']}", schemas)

    def suggest_name(self, arguments: Mapping[str, Any]) -> str:
        signs = "|".join(map(re.escape, _SPELLED))
        text = re.sub(signs, lambda match: _SPELLED[match[0]], arguments["condition"])
        return spell_name(text) or self.name

    def describe(self, arguments: Mapping[str, Any]) -> str:
        who = "Any row" if arguments["rows"] == "any" else "Every row"
        return super().describe({"who": who, "condition": arguments["condition"]})

    def probe(self, check: Check, place: CheckedTable) -> Probe:
        text = check.arguments["condition"]
        condition = sql.SQL(place.rewrite(text))
        if check.arguments["rows"] == "any":
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


class OwnQuery(CheckKind):
    """A query of one's own that must return no rows."""

    name = "sql"
    words = "This returns no rows: {query}"
    takes = "a query"
    holds = "it returns no rows; it needs a `name`"
    needs_name = True

    def read(self, written: Written) -> list[Arguments]:
        return [{"query": written.text("a query that returns no rows when all is well")}]

    def columns(self, arguments: Mapping[str, Any]) -> tuple[str, ...]:
        return ()  # sample_columns are the query's, not the table's

    def tables(self, arguments: Mapping[str, Any], schemas: SchemaNames) -> Collection[str]:
        return _find_read(arguments["query"], schemas)

    def probe(self, check: Check, place: CheckedTable) -> Probe:
        query = place.rewrite(check.arguments["query"]).rstrip().rstrip(";")
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


def _find_read(query: str, schemas: SchemaNames) -> frozenset[str]:
    """The staging tables that a query reads."""
    reads = find_references(query, schemas).reads
    return frozenset(each.name for each in reads if each.schema == schemas.staging)
