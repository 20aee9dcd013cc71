"""Asking: the checks of a table share one SELECT, and many tables share one statement.

A statement that fails is taken apart, into halves of its tables and then by check, so that one
broken check fails alone and says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psycopg2
from psycopg2 import sql

from staging_assets.checks.core.check import Check, CheckResult, build_error, build_result
from staging_assets.checks.core.failing_rows import read_failing
from staging_assets.checks.core.probe import CheckedTable, Probe, Values
from staging_assets.checks.core.snapshot import attempt, describe_error, raise_unless_ours
from staging_assets.postgres import Connection

TABLES_PER_STATEMENT = 500


@dataclass(frozen=True)
class Question:
    """A check with what is asked for it."""

    check: Check
    place: CheckedTable
    probe: Probe

    @property
    def expressions(self) -> tuple[sql.Composable, ...]:
        """All of them, in the order in which the values are judged."""
        return (*self.probe.aggregates, *self.probe.scalars)


def ask_questions(
    connection: Connection, asked: Sequence[tuple[int, list[Question]]], path: str
) -> dict[tuple[int, tuple[str, str]], CheckResult]:
    """Ask the questions of many tables in few statements.

    Args:
        connection: in a transaction.
        asked: the number of each table and what is asked of it.
        path: where conditions find names without a schema, as SET search_path lists it.

    Returns the results by the table's number and the name of the check.
    """
    results: dict[tuple[int, tuple[str, str]], CheckResult] = {}
    for start in range(0, len(asked), TABLES_PER_STATEMENT):
        results.update(_ask(connection, asked[start : start + TABLES_PER_STATEMENT], path))
    return results


def _ask(
    connection: Connection, asked: Sequence[tuple[int, list[Question]]], path: str
) -> Mapping[tuple[int, tuple[str, str]], CheckResult]:
    """Ask for many tables at once; where that fails, each half of them, then check by check."""
    try:
        answers = _read(connection, [questions for _, questions in asked], path)
    except psycopg2.Error as error:
        raise_unless_ours(connection, error)
        if len(asked) > 1:
            half = len(asked) // 2
            parts = (asked[:half], asked[half:])
            return {k: v for part in parts for k, v in _ask(connection, part, path).items()}
        number, questions = asked[0]
        if len(questions) > 1:
            alone = [_ask(connection, [(number, [question])], path) for question in questions]
            return {key: result for each in alone for key, result in each.items()}
        text = _build_statement([questions]).as_string(connection)
        reason = describe_error(error, text)
        return {
            (number, questions[0].check.key): build_error(questions[0].check, reason, {"sql": text})
        }
    results = {}
    for (number, questions), values in zip(asked, answers, strict=True):
        start = 0
        for question in questions:
            end = start + len(question.expressions)
            results[number, question.check.key] = _judge(connection, question, values[start:end])
            start = end
    return results


def _read(connection: Connection, tables: Sequence[Sequence[Question]], path: str) -> list[Values]:
    with attempt(connection), connection.cursor() as cursor:
        cursor.execute(sql.SQL(f"set local search_path to {path};") + _build_statement(tables))
        rows = cursor.fetchall()
    answers: list[Values] = [()] * len(tables)
    for number, values in rows:
        # Aggregates come first in the statement; put them back where their check expects them.
        aggregates = iter(values[: sum(len(q.probe.aggregates) for q in tables[number])])
        scalars = iter(values[sum(len(q.probe.aggregates) for q in tables[number]) :])
        answers[number] = [
            value
            for question in tables[number]
            for value in (
                *(next(aggregates) for _ in question.probe.aggregates),
                *(next(scalars) for _ in question.probe.scalars),
            )
        ]
    return answers


def _build_statement(tables: Sequence[Sequence[Question]]) -> sql.Composed:
    """`select 0, array[...] from a union all select 1, array[...] from b ...`."""
    parts = []
    for number, questions in enumerate(tables):
        aggregates = [each for q in questions for each in q.probe.aggregates]
        scalars = [each for q in questions for each in q.probe.scalars]
        # NULL and the like have no type of their own; in an array of text each value is text.
        values = sql.SQL(",\n    ").join(
            sql.SQL("({})::text").format(each) for each in (*aggregates, *scalars)
        )
        source = sql.SQL("\nfrom {} as t").format(questions[0].place.table)
        parts.append(
            sql.SQL("select {}, array[\n    {}\n]::text[]{}").format(
                sql.Literal(number), values, source if aggregates else sql.SQL("")
            )
        )
    return sql.SQL("\nunion all\n").join(parts)


def _judge(connection: Connection, question: Question, values: Values) -> CheckResult:
    check, probe = question.check, question.probe
    verdict = probe.judge(values)
    metadata = dict(verdict.metadata)
    if question.expressions:
        metadata["sql"] = _show(connection, question)
    if not verdict.passed and probe.failing is not None:
        metadata |= read_failing(connection, check, probe)
    return build_result(check, verdict.passed, verdict.summary, metadata)


def _show(connection: Connection, question: Question) -> str:
    """The query of this check alone, to be pasted into psql."""
    values = sql.SQL(",\n    ").join(question.expressions)
    text = sql.SQL("select\n    {}").format(values).as_string(connection)
    if question.probe.aggregates:
        text += sql.SQL("\nfrom {} as t").format(question.place.table).as_string(connection)
    return f"{text};"
