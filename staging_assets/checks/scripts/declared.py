"""What is declared and not written as a script: rows of lookups, and checks in SQL."""

from __future__ import annotations

from collections.abc import Sequence

from staging_assets.checks.scripts.trial import Trial
from staging_assets.model import CheckDeclaration, Relation, Table
from staging_assets.parser import quote, quote_identifier, rewrite


def try_lookup(trial: Trial, table: Table) -> None:
    """Plan the insert of a table's rows from the lookup YAML."""
    lookup = table.lookup
    if lookup is None or table.name in trial.lost:
        return
    columns = ", ".join(map(quote_identifier, lookup.columns))
    nulls = ", ".join("null" for _ in lookup.columns)
    name = quote(Relation(trial.scratch, table.name))
    text = f"insert into {name} ({columns}) select {nulls}"
    error = trial.plan(text)
    if error is not None:
        meant = trial.find_meant(error, text)
        trial.add(
            lookup.label,
            lookup.line,
            1,
            f"{table.name}: {trial.say(error, text)}",
            meant.sentence or "Correct the name",
        )


def try_checks(trial: Trial, declared: Sequence[CheckDeclaration]) -> None:
    """Plan the conditions and queries that checks are declared with."""
    for each in declared:
        text = _find_query(trial, each)
        error = trial.plan(text) if text else None
        if error is not None and not trial.is_passed_over(error):
            meant = trial.find_meant(error, text)
            trial.add(
                each.label,
                each.line,
                1,
                f"check {each.name} of {each.table}: {trial.say(error, text)}",
                meant.sentence or "Correct it",
            )


def _find_query(trial: Trial, declared: CheckDeclaration) -> str:
    """What a check asks; empty for one that is not written in SQL."""

    def send(text: str) -> str:
        return rewrite(text, trial.project.schemas, schema=trial.scratch).text

    if "query" in declared.arguments:
        query = send(declared.arguments["query"]).rstrip().rstrip(";")
        return f"select count(*) from (\n{query}\n) as q"  # noqa: S608
    if "condition" in declared.arguments:
        table = trial.project.node(declared.table).name
        if table in trial.lost:
            return ""
        name = quote(Relation(trial.scratch, table))
        condition = send(declared.arguments["condition"])
        return f"select from {name} as t where (\n{condition}\n)"
    return ""
