"""Whether every foreign key of a schema holds: on paper, and in the rows.

A key may be NOT VALID, or validated and broken all the same (triggers disabled during a load,
session_replication_role). So each is checked by an anti-join. Of keys that other schemas have on
this one, those are found that a killed run could not validate any more.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

import psycopg2.errors

from staging_assets.checks.core.check import Check, CheckResult, build_result
from staging_assets.checks.core.snapshot import (
    PAUSES,
    attempt,
    can_look_again,
    read_settled,
)
from staging_assets.checks.schema.key_catalog import ForeignKey, read_foreign_keys
from staging_assets.checks.schema.orphans import build_orphans, count_orphans, read_orphans
from staging_assets.model import say
from staging_assets.postgres import Connection, OwedKey, fetch_owed_keys


def evaluate_foreign_keys(
    connection: Connection,
    check: Check,
    schema: str,
    tables: Collection[str] | None = None,
    fresh: Collection[str] = (),
) -> CheckResult:
    """Evaluate `foreign_keys_valid`.

    Args:
        connection: idle, or in a transaction that is left as it is.
        check: its argument `except` lists tables and keys (`table.constraint`) left out, with
            patterns.
        schema: whose keys.
        tables: only keys from or to these; None is all.
        fresh: tables whose rows were all there when their keys, and the keys to them, were
            validated a moment ago: the rows need not be looked at again.

    A key that is not in order is looked at again a moment later, in a new snapshot where one can
    be had: beside a build, tables change places and keys are validated.
    """
    excepted = check.arguments.get("except", ())
    alone = can_look_again(connection)

    def look(labels: Collection[str] | None) -> tuple[list[ForeignKey], dict[str, _Trouble], int]:
        every, unvalidated = read_foreign_keys(connection, schema)
        keys = [
            key
            for key in every
            if not _is_excepted(key, excepted)
            and (tables is None or not {key.table.name, key.to.name}.isdisjoint(tables))
            and (labels is None or key.label in labels)
        ]
        doubtful = [
            key for key in keys if key.countable and not _is_fresh(key, tables or (), fresh)
        ]
        troubles = {
            f"{owed}": _Trouble(
                (
                    f"it is NOT VALID since {owed.references.name} was replaced; the next run "
                    "validates it, or run VALIDATE CONSTRAINT",
                )
            )
            for owed in (_read_owed(connection, schema) if unvalidated else ())
            if owed.table.schema != schema
            and not any(fnmatchcase(owed.label, each) for each in excepted)
        }
        troubles |= _find_troubles(connection, keys, doubtful)
        return keys, troubles, len(doubtful)

    keys, troubles, compared = read_settled(connection, partial(look, None))
    for pause in PAUSES if alone else ():
        if not troubles:
            break
        time.sleep(pause)
        before = troubles
        _, troubles, _ = read_settled(connection, partial(look, before))
        if troubles == before:
            break
    metadata: dict[str, Any] = {
        "foreign keys": len(keys),
        "failing rows": sum(trouble.rows for trouble in troubles.values()),
        "foreign keys compared row by row": compared,
    }
    if not troubles:
        return build_result(check, True, f"{say(len(keys), 'foreign key')}, all hold", metadata)
    findings = [
        f"{label}: {text}" for label, trouble in troubles.items() for text in trouble.findings
    ]
    queries = [trouble.query for trouble in troubles.values() if trouble.query]
    samples = [sample for trouble in troubles.values() for sample in trouble.samples]
    metadata["findings"] = findings
    if queries:
        metadata["sql"] = ";\n".join(queries) + ";"
    if samples:
        metadata["failing keys"] = samples
    return build_result(check, False, "; ".join(findings), metadata)


def _read_owed(connection: Connection, schema: str) -> list[OwedKey]:
    try:
        with attempt(connection):
            return fetch_owed_keys(connection, schema)
    except (psycopg2.errors.UndefinedTable, psycopg2.errors.InsufficientPrivilege):
        return []


def _is_excepted(key: ForeignKey, excepted: Collection[str]) -> bool:
    return any(fnmatchcase(each, p) for each in (key.label, key.table.name) for p in excepted)


@dataclass(frozen=True)
class _Trouble:
    """What is wrong with a key: in words, in rows, the query that counts them, some of them."""

    findings: tuple[str, ...]
    rows: int = 0
    query: str = ""
    samples: tuple[str, ...] = ()


def _find_troubles(
    connection: Connection, keys: Sequence[ForeignKey], doubtful: Sequence[ForeignKey]
) -> dict[str, _Trouble]:
    """What is wrong, by the label of the key; the rows of the doubtful ones are looked at."""
    orphans, errors = count_orphans(connection, doubtful)
    troubles = {}
    for key in keys:
        rows = orphans.get(key.label, 0)
        findings: list[str] = []
        query, samples = "", tuple[str, ...]()
        if rows:
            findings.append(
                f"{say(rows, 'row')} with ({', '.join(key.columns)}) "
                f"that {key.to.name} ({', '.join(key.to_columns)}) lacks"
            )
            query = f"select count(*) {build_orphans(key).as_string(connection)}"
            samples = read_orphans(connection, key)
        if not key.validated:
            findings.append("it is NOT VALID; run VALIDATE CONSTRAINT")
        if key.disabled:
            findings.append("it is not enforced, its triggers are disabled")
        if key.label in errors:
            findings.append(f"could not be checked: {errors[key.label]}")
        if findings:
            troubles[key.label] = _Trouble(tuple(findings), rows, query, samples)
    return troubles


def _is_fresh(key: ForeignKey, built: Collection[str], fresh: Collection[str]) -> bool:
    """Whether a key was validated after all that could break it."""
    if not key.validated or key.disabled:
        return False
    if key.table.name in fresh:
        return True
    # Publishing a hub validates the keys of the tables that point to it, as they are then.
    return key.table.name not in built and key.to.name in fresh
