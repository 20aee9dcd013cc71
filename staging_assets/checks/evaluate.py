"""Evaluate checks: one round trip for the catalog, and as few as can be for the tables.

All checks of a table share one SELECT, and many tables share one statement. A statement that
fails is taken apart, first by table and then by check, so that one broken check fails alone and
says why.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import psycopg2
from psycopg2 import sql

from staging_assets.checks.core.check import (
    Check,
    CheckResult,
    EvaluationContext,
    build_error,
    build_result,
)
from staging_assets.checks.core.facts import Facts, TableFacts, read_facts
from staging_assets.checks.core.failing_rows import read_failing
from staging_assets.checks.core.probe import CheckedTable, Probe, Values
from staging_assets.checks.core.snapshot import (
    describe_error,
    raise_unless_ours,
    reading,
    savepoint,
)
from staging_assets.checks.kinds import KINDS
from staging_assets.checks.kinds.whole_schema import SCHEMA_EXISTS
from staging_assets.model import Relation
from staging_assets.parser import AskNaming, Naming, rewrite
from staging_assets.postgres import BUILDS, Connection, ServerRoutines, find_build_schema

TABLES_PER_STATEMENT = 40


@dataclass(frozen=True)
class Subject:
    """One table with what is to be checked of it.

    Args:
        relation: where the table is now (a shadow, or the published one).
        checks: its checks.
        context: what else is known about it.
    """

    relation: Relation
    checks: Sequence[Check]
    context: EvaluationContext = field(default_factory=EvaluationContext)


@dataclass(frozen=True)
class _Question:
    check: Check
    place: CheckedTable
    probe: Probe

    @property
    def expressions(self) -> tuple[sql.Composable, ...]:
        return (*self.probe.aggregates, *self.probe.scalars)


def evaluate_checks(
    connection: Connection,
    checks: Sequence[Check],
    *,
    relation: Relation,
    schema: str,
    context: EvaluationContext | None = None,
) -> list[CheckResult]:
    """Evaluate the checks of one table, in their order.

    Args:
        connection: inside a transaction or not; its transaction is left as it was found, and
            nothing can be written by a check.
        checks: of one table.
        relation: where the table is now (a shadow, or the published one).
        schema: the target schema, where other tables are looked up.
        context: what else is known about the table.

    Raises psycopg2.Error when the connection is lost, the query was cancelled, or the server
    asks for a retry. Every other failure is a result with `error` set.
    """
    subject = Subject(relation, checks, context or EvaluationContext())
    return evaluate_many(connection, [subject], schema=schema)


def evaluate_many(
    connection: Connection, subjects: Sequence[Subject], *, schema: str
) -> list[CheckResult]:
    """Evaluate the checks of many tables, in their order. See `evaluate_checks`."""
    with reading(connection):
        history = Relation(find_build_schema(schema), BUILDS)
        facts = read_facts(connection, [history, *(subject.relation for subject in subjects)])
        routines = ServerRoutines(schema)

        def ask(called: Collection[Relation]) -> Naming:
            return routines.find(connection, called)

        known: dict[tuple[int, str], CheckResult] = {}
        asked: list[tuple[int, list[_Question]]] = []
        for number, subject in enumerate(subjects):
            questions = []
            for check in subject.checks:
                found = _find_question(check, subject, facts, schema, history, ask=ask)
                if isinstance(found, _Question):
                    questions.append(found)
                else:
                    known[number, check.name] = found
            if questions:
                asked.append((number, questions))
        for start in range(0, len(asked), TABLES_PER_STATEMENT):
            known.update(_ask(connection, asked[start : start + TABLES_PER_STATEMENT]))
    return [
        known[number, check.name]
        for number, subject in enumerate(subjects)
        for check in subject.checks
    ]


def answer_by_rows(check: Check, rows: int) -> CheckResult | None:
    """The result of a check that the number of its table's rows answers; None for any other."""
    verdict = KINDS[check.kind].judge_rows(check, rows)
    if verdict is None:
        return None
    return build_result(check, verdict.passed, verdict.summary, verdict.metadata)


def _find_question(
    check: Check,
    subject: Subject,
    facts: Facts,
    schema: str,
    history: Relation,
    *,
    ask: AskNaming,
) -> _Question | CheckResult:
    """What to ask; or the result, where the catalog alone says that it cannot hold."""
    found = facts.get(subject.relation)
    kind = KINDS[check.kind]
    if kind is SCHEMA_EXISTS:
        found = TableFacts()  # it is about no table
    if found is None:
        return build_result(check, False, f"the table {check.relation} does not exist")
    missing = [name for name in kind.columns(check.arguments) if name not in found.columns]
    if missing:
        named = ", ".join(missing)
        text = f"{check.relation} has no column {named}"
        return build_result(check, False, text, {"missing columns": missing})
    moved = subject.relation.schema if subject.relation.schema != schema else None
    place = CheckedTable(
        relation=subject.relation,
        schema=schema,
        facts=found,
        history=history if history in facts else None,
        previous_rows=subject.context.previous_rows,
        rewrite=lambda text: (
            rewrite(text, schema=schema, shadow=moved, own=subject.context.own, ask=ask).text
        ),
    )
    return _Question(check, place, kind.probe(check, place))


def _ask(
    connection: Connection, asked: Sequence[tuple[int, list[_Question]]]
) -> Mapping[tuple[int, str], CheckResult]:
    """Ask for many tables at once; where that fails, table by table, then check by check."""
    try:
        answers = _read(connection, [questions for _, questions in asked])
    except psycopg2.Error as error:
        raise_unless_ours(connection, error)
        if len(asked) > 1:
            return {k: v for one in asked for k, v in _ask(connection, [one]).items()}
        number, questions = asked[0]
        if len(questions) > 1:
            return {k: v for q in questions for k, v in _ask(connection, [(number, [q])]).items()}
        text = _build_statement([questions]).as_string(connection)
        reason = describe_error(error, text)
        return {
            (number, questions[0].check.name): build_error(
                questions[0].check, reason, {"sql": text}
            )
        }
    results = {}
    for (number, questions), values in zip(asked, answers, strict=True):
        start = 0
        for question in questions:
            end = start + len(question.expressions)
            results[number, question.check.name] = _judge(connection, question, values[start:end])
            start = end
    return results


def _read(connection: Connection, tables: Sequence[Sequence[_Question]]) -> list[Values]:
    with savepoint(connection), connection.cursor() as cursor:
        cursor.execute(_build_statement(tables))
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


def _build_statement(tables: Sequence[Sequence[_Question]]) -> sql.Composed:
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


def _judge(connection: Connection, question: _Question, values: Values) -> CheckResult:
    check, probe = question.check, question.probe
    verdict = probe.judge(values)
    metadata = dict(verdict.metadata)
    if question.expressions:
        metadata["sql"] = _show(connection, question)
    if not verdict.passed and probe.failing is not None:
        metadata |= read_failing(connection, check, probe)
    return build_result(check, verdict.passed, verdict.summary, metadata)


def _show(connection: Connection, question: _Question) -> str:
    """The query of this check alone, to be pasted into psql."""
    values = sql.SQL(",\n    ").join(question.expressions)
    text = sql.SQL("select\n    {}").format(values).as_string(connection)
    if question.probe.aggregates:
        text += sql.SQL("\nfrom {} as t").format(question.place.table).as_string(connection)
    return f"{text};"
