"""Evaluate checks of a schema as it is, and build nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from fnmatch import fnmatchcase

import psycopg2

from staging_assets.checks.bodies.evaluate import evaluate_functions
from staging_assets.checks.core.check import Check, CheckResult, EvaluationContext, build_error
from staging_assets.checks.core.snapshot import (
    describe_error,
    ending_lazily,
    raise_unless_ours,
    reading,
)
from staging_assets.checks.evaluate import Subject, evaluate_many
from staging_assets.checks.kinds import KINDS
from staging_assets.checks.kinds.whole_schema import DRIFT, FUNCTIONS
from staging_assets.checks.schema.drift import evaluate_drift
from staging_assets.checks.schema.foreign_keys import evaluate_foreign_keys
from staging_assets.checks.suite import find_checks
from staging_assets.errors import DatabaseError
from staging_assets.model import Relation, StagingProject, cleanup_node
from staging_assets.postgres import Branch, Connection, Server, find_running, read_branch


def run_checks(
    server: Server,
    project: StagingProject,
    schema: str,
    select: Collection[str] = (),
) -> list[CheckResult]:
    """Evaluate the checks of a schema, all or some.

    Args:
        server: where the schema is.
        project: the folder of scripts, which says what to check.
        schema: the schema's real name.
        select: nodes or patterns of them (`arrests`, `lookup_*`), or `node:check` (`*:min_rows`);
            empty means all.

    Raises DatabaseError when the server cannot be reached or there is no such schema.
    """
    checks = [check for of_node in find_checks(project).values() for check in of_node]
    return run_given_checks(server, project, schema, find_selected(checks, select))


def find_selected(checks: Iterable[Check], select: Collection[str]) -> list[Check]:
    """The checks that a selection means. Raises DatabaseError for a part that means none."""
    every = list(checks)
    if not select:
        return every
    chosen: set[tuple[str, str]] = set()
    for part in select:
        node, _, name = part.removeprefix("staging/").partition(":")
        found = {
            (check.table, check.name)
            for check in every
            if fnmatchcase(check.table, node) and fnmatchcase(check.name, name or "*")
        }
        if not found:
            raise DatabaseError(
                f"--select {part}: no check is selected by it. "
                "Give the name of a table, table:check, or a pattern such as lookup_*."
            )
        chosen |= found
    return [check for check in every if (check.table, check.name) in chosen]


def run_given_checks(
    server: Server,
    project: StagingProject,
    schema: str,
    checks: Sequence[Check],
    built: Collection[str] | None = None,
    *,
    connection: Connection | None = None,
) -> list[CheckResult]:
    """Evaluate some checks on a schema as it is.

    Args:
        server: where the schema is.
        project: the folder of scripts.
        schema: the schema's real name.
        checks: what to evaluate.
        built: the nodes that the same run has built: the checks of the whole schema then look
            at their tables alone, and take Postgres' word for foreign keys that were validated
            in it. None is the whole, and every row.
        connection: as `Server.connect_own` gives it, idle; used where it has not been lost.

    Returns the results in the order of the checks. Raises DatabaseError when the server cannot
    be reached or there is no such schema.
    """
    if not checks:
        return []
    if connection is not None and not connection.closed:
        try:
            return _run_on(connection, project, schema, checks, built, server=server)
        except psycopg2.Error:
            if not connection.closed:
                raise
    with closing(server.connect_own("checks")) as own:
        return _run_on(own, project, schema, checks, built, server=server)


def _run_on(
    connection: Connection,
    project: StagingProject,
    schema: str,
    checks: Sequence[Check],
    built: Collection[str] | None,
    *,
    server: Server,
) -> list[CheckResult]:
    with ending_lazily(connection):
        branch, seen = _find_seen(connection, project, schema)
        whole = {
            check.kind: _run_whole(
                connection, project, schema, check, built, seen=seen, branch=branch
            )
            for check in checks
            if KINDS[check.kind].late
        }
        rest = [check for check in checks if not KINDS[check.kind].late]
        results = evaluate_many(
            connection,
            _find_subjects(seen, schema, rest),
            schema=schema,
            schemas=seen.schemas,
        )
        if not any(result.passed and result.table in project.tables for result in results):
            _check_schema(connection, server, schema)
        results = _tell_of_run(connection, schema, [*whole.values(), *results])
    found = {(result.table, result.name): result for result in results}
    return [found[check.key] for check in checks]


def _find_seen(
    connection: Connection, project: StagingProject, schema: str
) -> tuple[Branch, StagingProject]:
    """What a schema is, and the folder as it sees it.

    What is not a branch's own is looked at in the live one.
    """
    with reading(connection):
        branch = read_branch(connection, schema)
    if branch is None:
        return Branch(schema, ""), project
    return branch, replace(project, schemas=branch.find_schemas(project.schemas))


def _tell_of_run(
    connection: Connection, schema: str, results: Sequence[CheckResult]
) -> list[CheckResult]:
    """Say of what fails that a run builds the schema, where one does: it may be on its way."""
    if all(result.passed for result in results):
        return list(results)
    with reading(connection):
        run = find_running(connection, schema)
    if run is None:
        return list(results)
    text = f"{run} builds the schema: check again when it has ended"
    return [
        result if result.passed else replace(result, summary=f"{result.summary} ({text})")
        for result in results
    ]


def _find_subjects(project: StagingProject, schema: str, checks: Sequence[Check]) -> list[Subject]:
    """Checks by the table that they look at: cleanups share it with their table."""
    by_table: dict[str, list[Check]] = {}
    for check in checks:
        by_table.setdefault(check.relation, []).append(check)
    return [
        Subject(
            Relation(project.schemas.find_home(table, schema), table),
            of_table,
            EvaluationContext(
                own=project.tables[table].own if table in project.tables else (),
            ),
        )
        for table, of_table in by_table.items()
    ]


def _run_whole(
    connection: Connection,
    project: StagingProject,
    schema: str,
    check: Check,
    built: Collection[str] | None,
    *,
    seen: StagingProject,
    branch: Branch,
) -> CheckResult:
    tables = None if built is None else frozenset(name for name in project.tables if name in built)
    try:
        if check.kind == DRIFT.name:
            return evaluate_drift(connection, check, project, schema, tables, branch=branch)
        if check.kind == FUNCTIONS.name:
            return evaluate_functions(connection, check, seen, schema, built)
        fresh = _find_fresh(project, built or ())
        return evaluate_foreign_keys(connection, check, schema, tables, fresh)
    except psycopg2.Error as error:
        raise_unless_ours(connection, error)
        connection.rollback()
        return build_error(check, describe_error(error))


def _find_fresh(project: StagingProject, built: Collection[str]) -> frozenset[str]:
    """The tables whose keys were put on and validated after their rows were all there.

    Not those that were filled with their keys in place, and not those that a cleanup has changed
    since: their scripts may have written past the keys.
    """
    return frozenset(
        name
        for name, table in project.tables.items()
        if name in built
        and table.in_place is None
        and table.keeps_keys is None
        and cleanup_node(name) not in built
    )


def _check_schema(connection: Connection, server: Server, schema: str) -> None:
    """Where no table has passed anything, look whether there is such a schema at all."""
    with connection.cursor() as cursor:
        cursor.execute("select from pg_catalog.pg_namespace where nspname = %s", (schema,))
        if cursor.rowcount == 0:
            raise DatabaseError(
                f'schema "{schema}" in {server}: it does not exist. '
                "Build it first: dagster asset materialize --select 'staging/*'."
            )
