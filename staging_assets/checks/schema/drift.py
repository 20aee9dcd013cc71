"""Drift: where a live table is not as its scripts make it.

Only Postgres knows what a script means. So the scripts are run in a scratch schema inside a
transaction that is rolled back (`expected`), and both catalogs are compared.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg2.errors
from psycopg2 import sql

from staging_assets.checks.core.check import Check, CheckResult, build_result
from staging_assets.checks.core.snapshot import PAUSES, attempt, read_settled, reading
from staging_assets.checks.schema.differences import (
    Deviation,
    find_deviations,
    find_misplaced,
    is_excepted,
)
from staging_assets.checks.schema.expected import read_expected
from staging_assets.checks.schema.expected_changes import Changes, find_cleanup_changes
from staging_assets.checks.schema.structure import add_noted_keys, read_structures
from staging_assets.model import StagingProject, list_some, say
from staging_assets.postgres import BUILDS, Branch, Connection, find_build_schema, read_branch

MOST_IN_SUMMARY = 5


def evaluate_drift(
    connection: Connection,
    check: Check,
    project: StagingProject,
    schema: str,
    tables: Collection[str] | None = None,
    *,
    branch: Branch | None = None,
) -> CheckResult:
    """Evaluate `schema_matches_scripts`.

    Args:
        connection: idle; its transactions are rolled back.
        check: its argument `except` lists what may be otherwise: tables and `table.name` of a
            column, key, index or trigger, with patterns.
        project: the folder of scripts.
        schema: the schema's real name.
        tables: only these; None is all.
        branch: what the schema is, where that is known.

    Of a branch, the tables of the live schema are not looked at.

    A table that was never built is no drift, and is counted. What a cleanup changes by its own
    words, and what was made by hand and a rebuild carries over, is listed apart. What is found is
    looked at again a moment later: beside a build, tables change while they are read.
    """
    if branch is None:
        with reading(connection):
            branch = read_branch(connection, schema) or Branch(schema, "")
    wanted = [
        name
        for name in project.tables
        if (tables is None or name in tables) and name not in branch.views
    ]
    found = _compare(connection, check, project, branch, wanted)
    for pause in PAUSES:
        if not found.findings:
            break
        time.sleep(pause)
        again = _compare(connection, check, project, branch, wanted)
        settled = again.findings == found.findings
        found = replace(again, findings=[each for each in again.findings if each in found.findings])
        if settled:
            break
    metadata: dict[str, Any] = {
        "tables compared": found.compared,
        "deviations": len(found.findings),
        "tables not built yet": found.unbuilt,
    }
    lists = {
        "changed by cleanups": found.by_cleanups,
        "changed by POPULATE scripts": found.by_populates,
        "made by hand and carried over": found.carried,
        "warning: made by no script any more": found.orphans,
        "findings": found.findings,
    }
    metadata |= {name: listed for name, listed in lists.items() if listed}
    return build_result(check, not found.findings, _summarize(found), metadata)


@dataclass(frozen=True)
class _Comparison:
    """What a look at the live tables has brought, as lines for people."""

    compared: int
    unbuilt: int
    findings: list[str] = field(default_factory=list)
    by_cleanups: list[str] = field(default_factory=list)
    by_populates: list[str] = field(default_factory=list)
    carried: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)


def _compare(
    connection: Connection,
    check: Check,
    project: StagingProject,
    branch: Branch,
    wanted: Sequence[str],
) -> _Comparison:
    schema = branch.schema
    excepted = tuple(check.arguments.get("except", ()))
    live, (built, built_tables) = read_settled(
        connection,
        lambda: (read_structures(connection, schema, wanted), _read_built(connection, schema)),
    )
    live = add_noted_keys(live, branch)
    present = [name for name in wanted if name in live]
    said = read_expected(connection, project, schema, present)
    unbuilt = [name for name in wanted if name not in live and name not in built]
    found = _Comparison(len(present), len(unbuilt))
    made = {name for table in project.tables.values() for name in table.own}
    found.orphans.extend(sorted(built_tables - made - set(project.nodes)))
    for name in wanted:
        if is_excepted(Deviation(name, None, ""), excepted):
            continue
        if name in said.errors:
            found.findings.append(f"{name}: could not be compared: {said.errors[name]}")
        elif name not in live and name in built:
            found.findings.append(f"{name}: the table is gone since it was built")
        elif name in live and name in said.structures:
            deviations = [
                each
                for each in (
                    *find_deviations(name, live[name], said.structures[name]),
                    *find_misplaced(name, live, said.structures[name]),
                )
                if not is_excepted(each, excepted)
            ]
            changes = said.hidden.get(name, Changes())
            by_populate = changes.find_explained(deviations)
            rest = [each for each in deviations if each not in by_populate]
            cleanup = project.cleanups.get(name)
            by_cleanup = find_cleanup_changes(cleanup).find_explained(rest) if cleanup else []
            rest = [each for each in rest if each not in by_cleanup]
            found.by_populates.extend(map(str, by_populate))
            found.by_cleanups.extend(map(str, by_cleanup))
            found.carried.extend(str(each) for each in rest if each.carried)
            found.findings.extend(str(each) for each in rest if not each.carried)
    return found


def _summarize(found: _Comparison) -> str:
    parts = found.findings[:MOST_IN_SUMMARY]
    more = len(found.findings) - len(parts)
    if more:
        parts.append(f"and {more} more")
    if not parts:
        parts.append(f"{say(found.compared, 'table')} as the scripts say")
        if found.carried:
            parts.append(f"{len(found.carried)} made by hand and carried over")
    if found.orphans:
        named = list_some(found.orphans, MOST_IN_SUMMARY)
        parts.append(f"warning: made by no script any more: {named} (staging-assets prune)")
    return "; ".join(parts)


def _read_built(connection: Connection, schema: str) -> tuple[frozenset[str], frozenset[str]]:
    """The nodes that were built at some time, and which of them are tables that are there."""
    query = sql.SQL(
        "set local search_path = pg_catalog, pg_temp;"
        " select b.node, exists (select from pg_class as c join pg_namespace as n"
        " on n.oid = c.relnamespace where n.nspname = {} and c.relname = b.node"
        " and c.relkind in ('r', 'p', 'v', 'm', 'f')) from {} as b"
    ).format(sql.Literal(schema), sql.Identifier(find_build_schema(schema), BUILDS))
    try:
        with attempt(connection), connection.cursor() as cursor:
            cursor.execute(query)
            found = cursor.fetchall()
    except psycopg2.errors.UndefinedTable:
        return frozenset(), frozenset()
    return (
        frozenset(node for node, _ in found),
        frozenset(node for node, is_there in found if is_there),
    )
