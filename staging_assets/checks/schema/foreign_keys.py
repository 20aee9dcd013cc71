"""Whether every foreign key of a schema holds: on paper, and in the rows.

A key may be NOT VALID, or validated and broken all the same (triggers disabled during a load,
session_replication_role). So each is checked by an anti-join. Of keys that other schemas have on
this one, those are found that a killed run could not validate any more.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import psycopg2
from psycopg2 import sql

from staging_assets.checks.core.check import Check, CheckResult, build_result
from staging_assets.checks.core.failing_rows import MOST_KEYS
from staging_assets.checks.core.probe import identify, say
from staging_assets.checks.core.snapshot import describe_error, raise_unless_ours, savepoint
from staging_assets.model import Relation
from staging_assets.postgres import Connection, read_owed_keys

KEYS_PER_STATEMENT = 40
_SHOWN_TYPES = frozenset({"int2", "int4", "int8", "uuid"})

_QUERY = """
select
    c.relname, k.conname, rn.nspname, r.relname, k.convalidated, k.confmatchtype = 'f',
    array(
        select a.attname from unnest(k.conkey) with ordinality as u (n, i)
        join pg_attribute as a on a.attrelid = k.conrelid and a.attnum = u.n order by u.i
    )::text[],
    array(
        select a.attname from unnest(k.confkey) with ordinality as u (n, i)
        join pg_attribute as a on a.attrelid = k.confrelid and a.attnum = u.n order by u.i
    )::text[],
    array(
        select t.typname from unnest(k.conkey) as u (n)
        join pg_attribute as a on a.attrelid = k.conrelid and a.attnum = u.n
        join pg_type as t on t.oid = a.atttypid
    )::text[],
    exists (select from pg_trigger as g where g.tgconstraint = k.oid and g.tgenabled = 'D'),
    pg_get_constraintdef(k.oid) ~ ' PERIOD '
from pg_constraint as k
join pg_class as c on c.oid = k.conrelid
join pg_namespace as n on n.oid = c.relnamespace
join pg_class as r on r.oid = k.confrelid
join pg_namespace as rn on rn.oid = r.relnamespace
where k.contype = 'f' and n.nspname = %s and k.conparentid = 0
order by c.relname, k.conname
"""


@dataclass(frozen=True)
class ForeignKey:
    """One foreign key as the catalog has it."""

    table: Relation
    name: str
    to: Relation
    columns: tuple[str, ...]
    to_columns: tuple[str, ...]
    validated: bool
    full: bool
    disabled: bool
    countable: bool
    showable: bool

    @property
    def label(self) -> str:
        """`arrests.arrests_officer_id_fkey`."""
        return f"{self.table.name}.{self.name}"


def read_foreign_keys(connection: Connection, schema: str) -> list[ForeignKey]:
    """Read the foreign keys of all tables of a schema, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(_QUERY, (schema,))
        return [
            ForeignKey(
                table=Relation(schema, table),
                name=name,
                to=Relation(to_schema, to_table),
                columns=tuple(columns),
                to_columns=tuple(to_columns),
                validated=validated,
                full=full,
                disabled=disabled,
                # The last column of a PERIOD key is a range that several rows may cover together.
                countable=not period,
                showable=set(types) <= _SHOWN_TYPES,
            )
            for (
                table, name, to_schema, to_table, validated, full, columns, to_columns, types,
                disabled, period,
            ) in cursor.fetchall()
        ]  # fmt: skip


def evaluate_foreign_keys(
    connection: Connection,
    check: Check,
    schema: str,
    tables: Collection[str] | None = None,
    fresh: Collection[str] = (),
) -> CheckResult:
    """Evaluate `foreign_keys_valid`.

    Args:
        connection: in a transaction.
        check: the check; its argument `except` lists keys (`table.constraint`) left out.
        schema: whose keys.
        tables: only keys from or to these; None is all.
        fresh: tables whose rows were all there when their keys, and the keys to them, were
            validated a moment ago: the rows need not be looked at again.
    """
    excepted = check.arguments.get("except", ())
    keys = [
        key
        for key in read_foreign_keys(connection, schema)
        if not any(fnmatchcase(each, p) for each in (key.label, key.table.name) for p in excepted)
        and (tables is None or not {key.table.name, key.to.name}.isdisjoint(tables))
    ]
    findings = [
        f"{owed}: it is NOT VALID since {owed.references.name} was replaced; the next run "
        "validates it, or run VALIDATE CONSTRAINT"
        for owed in read_owed_keys(connection, schema)
        if owed.table.schema != schema and not any(fnmatchcase(owed.label, p) for p in excepted)
    ]
    metadata: dict[str, Any] = {"foreign keys": len(keys), "failing rows": 0}
    doubtful = [key for key in keys if key.countable and not _is_fresh(key, tables or (), fresh)]
    metadata["foreign keys compared row by row"] = len(doubtful)
    orphans, errors = _count_orphans(connection, doubtful)
    queries, samples = [], []
    for key in keys:
        rows = orphans.get(key.label, 0)
        if rows:
            metadata["failing rows"] += rows
            findings.append(
                f"{key.label}: {say(rows, 'row')} with ({', '.join(key.columns)}) "
                f"that {key.to.name} ({', '.join(key.to_columns)}) lacks"
            )
            queries.append(_build_orphans(key).as_string(connection))
            samples += _read_orphans(connection, key)
        if not key.validated:
            findings.append(f"{key.label}: it is NOT VALID; run VALIDATE CONSTRAINT")
        if key.disabled:
            findings.append(f"{key.label}: it is not enforced, its triggers are disabled")
        if key.label in errors:
            findings.append(f"{key.label}: could not be checked: {errors[key.label]}")
    if findings:
        metadata["findings"] = findings
        if queries:
            metadata["sql"] = ";\n".join(f"select count(*) {query}" for query in queries) + ";"
        if samples:
            metadata["failing keys"] = samples
        return build_result(check, False, "; ".join(findings), metadata)
    return build_result(check, True, f"{say(len(keys), 'foreign key')}, all hold", metadata)


def _is_fresh(key: ForeignKey, built: Collection[str], fresh: Collection[str]) -> bool:
    """Whether a key was validated after all that could break it."""
    if not key.validated or key.disabled:
        return False
    if key.table.name in fresh:
        return True
    # Publishing a hub validates the keys of the tables that point to it, as they are then.
    return key.table.name not in built and key.to.name in fresh


def _count_orphans(
    connection: Connection, keys: Sequence[ForeignKey]
) -> tuple[dict[str, int], dict[str, str]]:
    """Rows without a partner by key, and why a key could not be counted."""
    orphans: dict[str, int] = {}
    errors: dict[str, str] = {}
    for start in range(0, len(keys), KEYS_PER_STATEMENT):
        chunk = keys[start : start + KEYS_PER_STATEMENT]
        try:
            orphans |= _read_counts(connection, chunk)
        except psycopg2.Error as error:
            raise_unless_ours(connection, error)
            for key in chunk:
                try:
                    orphans |= _read_counts(connection, [key])
                except psycopg2.Error as alone:
                    raise_unless_ours(connection, alone)
                    errors[key.label] = describe_error(alone)
    return orphans, errors


def _read_counts(connection: Connection, keys: Sequence[ForeignKey]) -> dict[str, int]:
    parts = [
        sql.SQL("select {}, count(*) {}").format(sql.Literal(number), _build_orphans(key))
        for number, key in enumerate(keys)
    ]
    with savepoint(connection), connection.cursor() as cursor:
        cursor.execute(sql.SQL("\nunion all\n").join(parts))
        return {keys[number].label: count for number, count in cursor.fetchall()}


def _build_orphans(key: ForeignKey) -> sql.Composed:
    """FROM and WHERE of the rows that break a key, as MATCH SIMPLE or MATCH FULL has it."""
    columns = [sql.Identifier("t", name) for name in key.columns]
    pairs = [
        sql.SQL("{} = {}").format(sql.Identifier("o", to), column)
        for to, column in zip(key.to_columns, columns, strict=True)
    ]
    joint = " or " if key.full else " and "
    return sql.SQL("from {} as t where ({}) and not exists (select from {} as o where {})").format(
        identify(key.table),
        sql.SQL(joint).join(sql.SQL("{} is not null").format(column) for column in columns),
        identify(key.to),
        sql.SQL(" and ").join(pairs),
    )


def _read_orphans(connection: Connection, key: ForeignKey) -> list[str]:
    """Up to ten of the values that have no partner, where they are ids or codes."""
    if not key.showable:
        return []
    columns = sql.SQL(", ").join(sql.Identifier("t", name) for name in key.columns)
    query = sql.SQL("select distinct {} {} order by {} limit {}").format(
        columns, _build_orphans(key), columns, sql.Literal(MOST_KEYS)
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return [f"{key.table.name} {_spell(key, row)}" for row in cursor.fetchall()]


def _spell(key: ForeignKey, row: tuple[Any, ...]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in zip(key.columns, row, strict=True))
