"""Bodies on trial: the server reads each as if it were called, and nothing of it is executed.

SQL functions and the syntax of PL/pgSQL are read by Postgres' own validators, under the path that
the function runs with. What PL/pgSQL plans only when it comes to it is put into SQL functions
whose parameters are its variables: in those Postgres finds names as PL/pgSQL does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import psycopg2

from staging_assets.checks.bodies.routines import Routine
from staging_assets.checks.core.snapshot import raise_unless_ours, taken_back
from staging_assets.parser import Part, quote_identifier, quote_literal
from staging_assets.postgres import Connection

_VALIDATORS = {"sql": "fmgr_sql_validator", "plpgsql": "plpgsql_validator"}
_NEAR_LINE = re.compile(r"near line (\d+)")
_TAG = "$staging_assets_trial$"


@dataclass(frozen=True)
class Failure:
    """What the server says against a body.

    Args:
        routine: whose body.
        part: what of it was planned; None where the body as a whole was read.
        error: of the server.
        offset: into the body, or None.
    """

    routine: Routine
    part: Part | None
    error: psycopg2.Error
    offset: int | None


def find_failures(
    connection: Connection, routines: Sequence[Routine], path: str, place: str
) -> list[Failure]:
    """Let the server read bodies, all in one round trip; where that fails, one by one.

    Args:
        connection: in a transaction, with `check_function_bodies` on; nothing of it stays.
        path: under which a function runs that has no path of its own, as SET lists it.
        place: a schema in which functions may be made for the moment.
    """
    texts = [text for each in routines for text in _find_texts(each, path, place)]
    if not texts or _run(connection, ";\n".join(texts)) is None:
        return []
    return [failure for each in routines for failure in _try(connection, each, path, place)]


def is_right(connection: Connection, failure: Failure, path: str, place: str) -> bool:
    """Whether the server has nothing against the same body, or part of it, under another path.

    Args:
        connection, path, place: as for `find_failures`.
        failure: what failed under the usual one.
    """
    routine, part = failure.routine, failure.part
    text = _syntax_sql(routine, path) if part is None else _plan_sql(routine, [part], path, place)
    return _run(connection, text) is None


def _find_texts(routine: Routine, path: str, place: str) -> Iterator[str]:
    yield _syntax_sql(routine, path)
    parts = _find_parts(routine)
    if parts:
        yield _plan_sql(routine, parts, path, place)


def _find_parts(routine: Routine) -> list[Part]:
    return [] if routine.block is None else routine.block.find_plain([routine.name.name])


def _try(connection: Connection, routine: Routine, path: str, place: str) -> Iterator[Failure]:
    error = _run(connection, _syntax_sql(routine, path))
    if error is not None:
        yield Failure(routine, None, error, _find_offset(routine, error))
        return
    parts = _find_parts(routine)
    if not parts or _run(connection, _plan_sql(routine, parts, path, place)) is None:
        return
    for part in parts:
        text = _plan_sql(routine, [part], path, place)
        error = _run(connection, text)
        if error is not None:
            yield Failure(routine, part, error, _find_part_offset(part, text, error))


def _run(connection: Connection, text: str) -> psycopg2.Error | None:
    """What the server says against a text, or None."""
    try:
        with taken_back(connection), connection.cursor() as cursor:
            cursor.execute(text)
    except psycopg2.Error as error:
        raise_unless_ours(connection, error)
        return error
    return None


def _path_sql(routine: Routine, path: str) -> str:
    own = routine.path if routine.path is not None else path
    return f"select pg_catalog.set_config('search_path', {quote_literal(own)}, true)"


def _syntax_sql(routine: Routine, path: str) -> str:
    validator = _VALIDATORS[routine.body.language]
    return f"{_path_sql(routine, path)}; select pg_catalog.{validator}({routine.oid})"


def _plan_sql(routine: Routine, parts: Sequence[Part], path: str, place: str) -> str:
    """Make a function of parts of a body, which Postgres then reads with all names in it."""
    assert routine.block is not None
    parameters = ", ".join(
        f"{'' if name.startswith('$') else quote_identifier(name)} {kind or 'text'}"
        for name, kind in routine.block.variables.items()
    )
    body = ";\n".join(f"{part.lead}{part.text}" for part in parts)
    name = f"{quote_identifier(place)}.{quote_identifier(f'staging_assets_trial_{routine.oid}')}"
    return (
        f"{_path_sql(routine, path)}; create function {name}({parameters}) returns void"
        f" language sql as {_TAG}{body}{_TAG}"
    )


def _find_offset(routine: Routine, error: psycopg2.Error) -> int | None:
    """Where in a body the server sees the error."""
    diag = error.diag
    if diag.internal_position and diag.internal_query == routine.body.text:
        return int(diag.internal_position) - 1
    line = _NEAR_LINE.search(diag.context or "")
    if line is None:
        return None
    rows = routine.body.text.splitlines(keepends=True)
    before = sum(map(len, rows[: int(line[1]) - 1]))
    row = rows[int(line[1]) - 1] if int(line[1]) <= len(rows) else ""
    return before + len(row) - len(row.lstrip())


def _find_part_offset(part: Part, text: str, error: psycopg2.Error) -> int:
    diag = error.diag
    if diag.statement_position:
        begin = text.index(_TAG) + len(_TAG)
        return part.find_place(int(diag.statement_position) - 1 - begin)
    return part.find_place(int(diag.internal_position) - 1 if diag.internal_position else 0)
