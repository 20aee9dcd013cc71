"""Evaluate checks: one round trip for the catalog, and as few as can be for the tables."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from staging_assets.checks.core.check import (
    Check,
    CheckResult,
    EvaluationContext,
    build_result,
)
from staging_assets.checks.core.facts import Facts, TableFacts, find_replaced, read_facts
from staging_assets.checks.core.probe import CheckedTable
from staging_assets.checks.core.question import Question, ask_questions
from staging_assets.checks.core.snapshot import (
    GONE,
    PAUSES,
    can_look_again,
    read_settled,
)
from staging_assets.checks.kinds import KINDS
from staging_assets.checks.kinds.whole_schema import SCHEMA_EXISTS
from staging_assets.model import Relation, SchemaNames
from staging_assets.parser import AskNaming, Naming, find_users_path, rewrite
from staging_assets.postgres import BUILDS, Connection, ServerRoutines, find_build_schema

_Known = dict[tuple[int, tuple[str, str]], CheckResult]


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
class _Place:
    """The target schema, and what the SQL of checks calls it."""

    schema: str
    schemas: SchemaNames

    @property
    def history(self) -> Relation:
        """The table of the builds."""
        return Relation(find_build_schema(self.schema), BUILDS)


def evaluate_checks(
    connection: Connection,
    checks: Sequence[Check],
    *,
    relation: Relation,
    schema: str,
    schemas: SchemaNames,
    context: EvaluationContext | None = None,
) -> list[CheckResult]:
    """Evaluate the checks of one table, in their order.

    Args:
        connection: inside a transaction or not; its transaction is left as it was found, and
            nothing can be written by a check.
        checks: of one table.
        relation: where the table is now (a shadow, or the published one).
        schema: the target schema, where other tables are looked up.
        schemas: what the SQL of checks calls the schemas.
        context: what else is known about the table.

    Raises psycopg2.Error when the connection is lost, the query was cancelled, or the server
    asks for a retry. Every other failure is a result with `error` set.
    """
    subject = Subject(relation, checks, context or EvaluationContext())
    return evaluate_many(connection, [subject], schema=schema, schemas=schemas)


def evaluate_many(
    connection: Connection, subjects: Sequence[Subject], *, schema: str, schemas: SchemaNames
) -> list[CheckResult]:
    """Evaluate the checks of many tables, in their order. See `evaluate_checks`.

    Outside a transaction, those of a table that was replaced meanwhile, by a build that runs, are
    evaluated again: in the older snapshot the new table looks empty.
    """
    alone = can_look_again(connection)
    place = _Place(schema, schemas)
    known: _Known = {}
    waiting: Mapping[int, Subject] = dict(enumerate(subjects))

    def look(waiting: Mapping[int, Subject]) -> tuple[_Known, frozenset[Relation]]:
        facts = _read_facts(connection, waiting.values(), place)
        found = _evaluate(connection, waiting, facts, place)
        return found, find_replaced(connection, facts) if alone else frozenset()

    for pause in (*PAUSES, 0.0):
        found, replaced = read_settled(connection, partial(look, waiting))
        known |= found
        waiting = {
            number: subject
            for number, subject in waiting.items()
            if alone
            and (
                any(_is_gone(known[number, check.key]) for check in subject.checks)
                or not replaced.isdisjoint(_find_relations(subject, place))
            )
        }
        if not waiting or not pause:
            break
        time.sleep(pause)
    return [
        known[number, check.key]
        for number, subject in enumerate(subjects)
        for check in subject.checks
    ]


def _is_gone(result: CheckResult) -> bool:
    """Whether it could not be evaluated because of something that may be there again."""
    return result.error and any(result.summary.endswith(f"({code})") for code in GONE)


def _read_facts(connection: Connection, subjects: Iterable[Subject], place: _Place) -> Facts:
    relations = {relation for each in subjects for relation in _find_relations(each, place)}
    return read_facts(connection, [place.history, *relations])


def _find_relations(subject: Subject, place: _Place) -> frozenset[Relation]:
    """The tables that a subject's checks look at, its own among them."""
    others = {
        Relation(place.schema, name)
        for check in subject.checks
        for name in KINDS[check.kind].tables(check.arguments, place.schemas)
    }
    return frozenset({subject.relation, *others})


def _evaluate(
    connection: Connection, subjects: Mapping[int, Subject], facts: Facts, place: _Place
) -> _Known:
    """The results of one look, by the number of the subject and the name of the check."""
    routines = ServerRoutines(place.schema, place.schemas)

    def ask(called: Collection[Relation]) -> Naming:
        return routines.find(connection, called)

    known: _Known = {}
    asked: list[tuple[int, list[Question]]] = []
    for number, subject in subjects.items():
        questions = []
        for check in subject.checks:
            found = _find_question(check, subject, facts, place, ask=ask)
            if isinstance(found, Question):
                questions.append(found)
            else:
                known[number, check.key] = found
        if questions:
            asked.append((number, questions))
    return known | ask_questions(connection, asked, _find_path(subjects.values(), place))


def _find_path(subjects: Iterable[Subject], place: _Place) -> str:
    """Where the SQL of checks finds names without a schema: as scripts do.

    Where that is in the schema that is built, a table that is not published stands before it.
    """
    moved = {each.relation.schema for each in subjects} - {place.schema}
    first = moved.pop() if len(moved) == 1 and place.schemas.path else None
    return find_users_path(place.schemas, place.schema, first)


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
    where: _Place,
    *,
    ask: AskNaming,
) -> Question | CheckResult:
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
    moved = subject.relation.schema if subject.relation.schema != where.schema else None
    place = CheckedTable(
        relation=subject.relation,
        schema=where.schema,
        facts=found,
        history=where.history if where.history in facts else None,
        previous_rows=subject.context.previous_rows,
        beside=subject.context.own,
        rewrite=lambda text: (
            rewrite(
                text,
                where.schemas,
                schema=where.schema,
                shadow=moved,
                own=subject.context.own,
                ask=ask,
                bare=moved is not None and bool(where.schemas.path),
            ).text
        ),
    )
    return Question(check, place, kind.probe(check, place))
