"""Views, materialized views and functions that depend on a table which is replaced.

Three ways lead from the old table to the new one, the first that does is taken:

- REPLACE: `CREATE OR REPLACE` says their definition again where they stand, and it finds the new
  table. They keep everything: grants, comments, what depends on them.
- COPY: they are made anew on the new table, under their own names in a private schema, before
  anything is locked; then they change places with the old ones, as the table does. For
  materialized views, which nobody should have to wait for, and for views whose columns change type.
- RECREATE: they are dropped, and made again behind the new table, while readers wait. For
  functions that take rows of the table as an argument, and views upon these.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg2 import errors

from staging_assets.parser import quote_identifier
from staging_assets.postgres import OWN_PATH, SET_LOCAL_USERS_PATH, Cursor
from staging_assets.publisher.attached.attachments import Attachments
from staging_assets.publisher.attached.objects import Dependent
from staging_assets.publisher.transaction.steps import Step, StepError

_SQL = Path(__file__).with_suffix(".sql")
_FUNCTIONS = ("function", "procedure")


class Mode(enum.Enum):
    """How dependents get from the old table to the new one."""

    REPLACE = "replace"
    COPY = "copy"
    RECREATE = "recreate"


@dataclass(frozen=True)
class Copies:
    """Dependents that are ready in a schema of their own, beside the new table.

    Args:
        schema: the private schema.
        dependents: those that are in it.
    """

    schema: str
    dependents: Sequence[Dependent]


def choose_mode(attached: Attachments, *, replaceable: bool = True) -> Mode:
    """Choose how the dependents get to the new table.

    Args:
        replaceable: whether CREATE OR REPLACE can be hoped to do.
    """
    found = attached.dependents
    used = {oid for dependent in found for oid in dependent.needs}
    stored = any(d.noun == "materialized view" for d in found)
    if replaceable and not stored and not any(d.signature and d.oid in used for d in found):
        return Mode.REPLACE
    names = [d.simple for d in found]
    own = {item.simple for item in attached.new}
    alone = len(set(names)) == len(names) and not own & {quote_identifier(n) for n in names}
    if alone and not own & set(names) and not any(d.noun in _FUNCTIONS for d in found):
        return Mode.COPY
    return Mode.RECREATE


def is_misfit(failed: StepError) -> bool:
    """Whether a view could not be replaced because its columns change, and a new one may do."""
    return isinstance(
        failed.error, errors.InvalidTableDefinition | errors.InvalidFunctionDefinition
    )


def dependent_steps(
    cursor: Cursor, found: Sequence[Dependent], mode: Mode, copies: Copies | None
) -> tuple[list[Step], list[Step]]:
    """Return the statements that take dependents off the old table, and put them on the new one."""
    if not found:
        return [], []
    ordered = sort_dependents(found)
    if mode is Mode.REPLACE:
        anew = [d for d in ordered if d.signature]
        again = [d for d in ordered if d.direct and not d.signature]
    else:
        anew, again = ordered, []
    properties = read_properties(cursor, anew)
    create: list[Step] = []
    for dependent in ordered:
        if dependent in again:
            create.append(create_step(dependent, replace=True))
        elif dependent in anew:
            if copies:
                create.append(
                    Step(
                        dependent.label,
                        f"alter {dependent.noun} "
                        f"{quote_identifier(copies.schema)}.{quote_identifier(dependent.simple)} "
                        f"set schema {quote_identifier(dependent.schema)}",
                    )
                )
            else:
                made = [create_step(dependent), *index_steps(dependent, properties, dependent.name)]
                create += map(_with_users_path, made) if dependent.stored else made
            create += [
                Step(dependent.label, statement)
                for statement in properties[dependent.oid]["statements"]
            ]
    if copies:
        create.append(Step("the private schema", f"drop schema {quote_identifier(copies.schema)}"))
    drop = [Step(d.label, f"drop {d.noun} {d.name}") for d in reversed(ordered) if d in anew]
    return drop, create


def _with_users_path(step: Step) -> Step:
    """A step that evaluates users' expressions, in the transaction of a publication."""
    own = f"set local search_path to {OWN_PATH}"
    return Step(step.label, f"{SET_LOCAL_USERS_PATH}{step.statement};{own}")


def create_step(
    dependent: Dependent,
    *,
    name: str | None = None,
    query: str | None = None,
    replace: bool = False,
) -> Step:
    """The statement that makes a dependent.

    Args:
        name: where, as SQL; None is where it is now.
        query: of a view, if not the one it has.
        replace: whether it is there already.
    """
    if dependent.noun in _FUNCTIONS:
        return Step(dependent.label, dependent.definition)
    verb = "create or replace" if replace else "create"
    options = f" with ({dependent.options})" if dependent.options else ""
    data = ""
    if dependent.noun == "materialized view" and not dependent.populated:
        data = " with no data"
    return Step(
        dependent.label,
        f"{verb} {dependent.noun} {name or dependent.name}{options} as "
        f"{query or dependent.definition}{data}",
    )


def index_steps(
    dependent: Dependent, properties: dict[int, dict[str, Any]], name: str
) -> list[Step]:
    """The indexes of a materialized view, on the one called `name`."""
    return [
        Step(f"index {index} of {dependent.label}", f"create {unique}index {index} on {name}{rest}")
        for unique, index, rest in properties[dependent.oid]["indexes"]
    ]


def read_properties(cursor: Cursor, found: Sequence[Dependent]) -> dict[int, dict[str, Any]]:
    """Read what has to be said when each of them is made anew, and its indexes."""
    if not found:
        return {}
    classes = [d.oid for d in found if d.noun not in _FUNCTIONS]
    functions = [d.oid for d in found if d.noun in _FUNCTIONS]
    cursor.execute(_SQL.read_text(encoding="utf-8"), {"relations": classes, "functions": functions})
    return {
        oid: {"statements": statements, "indexes": indexes}
        for oid, statements, indexes in cursor.fetchall()
    }


def sort_dependents(found: Sequence[Dependent]) -> list[Dependent]:
    """Sort dependents so that each comes after those that it needs."""
    by_oid = {dependent.oid: dependent for dependent in found}
    ordered: dict[int, Dependent] = {}

    def visit(dependent: Dependent, above: frozenset[int]) -> None:
        for oid in dependent.needs:
            if oid in by_oid and oid not in ordered and oid not in above:
                visit(by_oid[oid], above | {oid})
        ordered[dependent.oid] = dependent

    for dependent in sorted(found, key=lambda d: d.oid):
        if dependent.oid not in ordered:
            visit(dependent, frozenset({dependent.oid}))
    return list(ordered.values())
