"""Drift: where a live table is not as its CREATE script says.

Only Postgres knows what a script means. So every CREATE script is run in a scratch schema inside a
transaction that is rolled back, and both catalogs are compared. All names of the scripts go to the
scratch schema, so no live table is locked by it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import psycopg2
from psycopg2 import sql

from staging_assets.checks.core.check import Check, CheckResult, build_result
from staging_assets.checks.core.probe import say
from staging_assets.checks.core.snapshot import (
    describe_error,
    raise_unless_ours,
    reading,
    rolled_back,
    savepoint,
)
from staging_assets.checks.schema.differences import Deviation, find_deviations, is_excepted
from staging_assets.checks.schema.expected_changes import find_cleanup_changes
from staging_assets.checks.schema.structure import Structure, read_structures
from staging_assets.model import SCHEMA_NODE, Cleanup, Kind, Relation, StagingProject
from staging_assets.parser import AskNaming, Naming, rewrite
from staging_assets.postgres import BUILDS, Connection, ServerRoutines, find_build_schema

TABLES_AT_ONCE = 250
"""Every relation that a transaction makes takes a lock, and the server has room for some
thousands of them."""
MOST_IN_SUMMARY = 5


def evaluate_drift(
    connection: Connection,
    check: Check,
    project: StagingProject,
    schema: str,
    tables: Collection[str] | None = None,
) -> CheckResult:
    """Evaluate `schema_matches_scripts`.

    Args:
        connection: idle; its transactions are rolled back.
        check: the check; its argument `except` lists tables and columns (`table.column`, with
            patterns) that may be otherwise.
        project: the folder of scripts.
        schema: the schema's real name.
        tables: only these; None is all.

    A table that was never built is no drift, and is counted. What a cleanup changes by its own
    words is listed apart.
    """
    wanted = [name for name in project.tables if tables is None or name in tables]
    excepted = tuple(check.arguments.get("except", ()))
    with reading(connection):
        live = read_structures(connection, schema, wanted)
        built = _read_built(connection, schema)
    present = [name for name in wanted if name in live]
    said, errors = _read_scripts(connection, project, schema, present)
    findings: list[str] = []
    by_cleanups: list[str] = []
    unbuilt = [name for name in wanted if name not in live and name not in built]
    for name in wanted:
        if name in errors:
            findings.append(f"{name}: could not be compared: {errors[name]}")
        elif name not in live and name in built:
            findings.append(f"{name}: the table is gone since it was built")
        elif name in live and name in said:
            deviations = [
                each
                for each in find_deviations(name, live[name], said[name])
                if not is_excepted(each, excepted)
            ]
            explained = _find_explained(deviations, project.cleanups.get(name))
            by_cleanups += [str(each) for each in explained]
            findings += [str(each) for each in deviations if each not in explained]
    metadata: dict[str, Any] = {
        "tables compared": len(present),
        "deviations": len(findings),
        "tables not built yet": len(unbuilt),
    }
    if by_cleanups:
        metadata["changed by cleanups"] = by_cleanups
    if findings:
        metadata["findings"] = findings
    return build_result(check, not findings, _summarize(findings, len(present)), metadata)


def _find_explained(deviations: Sequence[Deviation], cleanup: Cleanup | None) -> list[Deviation]:
    """The deviations that the table's cleanup makes by its own words."""
    if cleanup is None or not deviations:
        return []
    changes = find_cleanup_changes(cleanup)
    columns = [
        each
        for each in deviations
        if each.column is not None and changes.explain_column(each.column, each.missing)
    ]
    gone = [each.column for each in columns if each.missing and each.column is not None]
    rules = [
        each for each in deviations if each.column is None and changes.explain_rule(each.text, gone)
    ]
    return [*columns, *rules]


def _summarize(findings: Sequence[str], compared: int) -> str:
    if not findings:
        return f"{say(compared, 'table')} as the scripts say"
    more = len(findings) - MOST_IN_SUMMARY
    shown = "; ".join(findings[:MOST_IN_SUMMARY])
    return f"{shown}; and {more} more" if more > 0 else shown


def _read_built(connection: Connection, schema: str) -> frozenset[str]:
    """The nodes that were built at some time."""
    history = sql.Identifier(find_build_schema(schema), BUILDS)
    with connection.cursor() as cursor:
        cursor.execute("select to_regclass(%s)", (history.as_string(connection),))
        if cursor.fetchone() == (None,):
            return frozenset()
        cursor.execute(sql.SQL("select node from {}").format(history))
        return frozenset(node for (node,) in cursor.fetchall())


def _read_scripts(
    connection: Connection, project: StagingProject, schema: str, tables: Sequence[str]
) -> tuple[Mapping[str, Structure], Mapping[str, str]]:
    """The structures that CREATE scripts make, and why where one cannot be run."""
    said: dict[str, Structure] = {}
    errors: dict[str, str] = {}
    routines = ServerRoutines(schema)

    def ask(called: Collection[Relation]) -> Naming:
        with reading(connection):
            return routines.find(connection, called)

    for start in range(0, len(tables), TABLES_AT_ONCE):
        chunk = tables[start : start + TABLES_AT_ONCE]
        scratch = f"staging_assets_scratch_{uuid.uuid4().hex[:12]}"
        needed = _find_needed(project, chunk)
        scripts = list(_find_scripts(project, schema, scratch, needed, ask))
        with rolled_back(connection), connection.cursor() as cursor:
            cursor.execute(
                sql.SQL(
                    "set local check_function_bodies = off;"
                    " set local client_min_messages = error;"
                    " create schema {}"
                ).format(sql.Identifier(scratch))
            )
            failed = _run_scripts(connection, scripts)
            said |= read_structures(connection, scratch, chunk)
            errors |= {name: text for name, text in failed.items() if name in chunk}
    return {name: each for name, each in said.items() if name not in errors}, errors


def _find_needed(project: StagingProject, tables: Sequence[str]) -> frozenset[str]:
    """The tables and all that their CREATE scripts stand on."""
    needed: set[str] = set()
    waiting = list(tables)
    while waiting:
        name = waiting.pop()
        if name in needed:
            continue
        needed.add(name)
        if name in project.tables:
            table = project.tables[name]
            text = table.create.text.lower()
            waiting += [
                other
                for other in project.dependencies[name]
                if other in table.foreign_keys
                or other not in project.tables
                or other.lower() in text
            ]
        else:
            waiting += project.dependencies.get(name, ())
    return frozenset(needed)


def _find_scripts(
    project: StagingProject, schema: str, scratch: str, needed: Collection[str], ask: AskNaming
) -> Iterator[tuple[str, str]]:
    """Node and text of each script that makes something, in an order that works."""
    for node in project.nodes:
        if node not in needed or node == SCHEMA_NODE:
            continue
        if node in project.tables:
            script = project.tables[node].create
        elif project.kind(node) is Kind.PROCEDURES:
            script = project.procedures[project.node(node).name].script
        else:
            continue
        yield node, rewrite(script.text, schema=scratch, ask=ask, kept=schema).text


def _run_scripts(connection: Connection, scripts: Sequence[tuple[str, str]]) -> Mapping[str, str]:
    """Run all scripts in one round trip; where that fails, one by one. Returns what failed."""
    if not scripts:
        return {}
    try:
        with savepoint(connection), connection.cursor() as cursor:
            cursor.execute("\n;\n".join(text for _, text in scripts))
        return {}
    except psycopg2.Error as error:
        raise_unless_ours(connection, error)
    failed = {}
    for node, text in scripts:
        try:
            with savepoint(connection), connection.cursor() as cursor:
                cursor.execute(text)
        except psycopg2.Error as error:
            raise_unless_ours(connection, error)
            failed[node] = describe_error(error, text)
    return failed
