"""CSV files into source tables: streamed with COPY, all columns text, replaced at once.

The table is made and filled in one transaction, in a schema of the load's own (a server with
`wal_level=minimal` then writes no WAL for it), and published like any other: readers see the old
table until the new one stands in its place, with the old one's keys, indexes and rights.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import psycopg2
from psycopg2 import errors, sql

from staging_assets.errors import BuildError, BusyError
from staging_assets.model import CsvFormat, Relation
from staging_assets.postgres import (
    SET_LOCAL_USERS_PATH,
    Connection,
    Cursor,
    Log,
    Server,
    find_safe_message,
)
from staging_assets.publisher import PublishRequest, run_publish, run_validate
from staging_assets.sources.csv_header import read_header
from staging_assets.sources.csv_refusals import tell_refusal
from staging_assets.sources.csv_stream import CHUNK, CsvStream
from staging_assets.sources.states.loads import forget_gone_sql, load_sql, run_make_loads

_VERSION_18 = 180_000


@dataclass(frozen=True)
class CsvLoad:
    """What was loaded.

    Args:
        rows: in the table now.
        bytes: of CSV text, unpacked.
        seconds: from beginning to end.
        fingerprint: of what the file holds and how it was read.
    """

    rows: int
    bytes: int
    seconds: float
    fingerprint: str = ""


def run_csv_load(
    server: Server,
    path: Path,
    relation: Relation,
    *,
    form: CsvFormat | None = None,
    log: Log | None = None,
    cancelled: threading.Event | None = None,
) -> CsvLoad:
    """Replace a table by the contents of a CSV file; the header names its columns, all text.

    Args:
        server: where to.
        path: `.csv`, or `.csv.gz`, which is unpacked on the way.
        relation: the table; its schema is made when it is missing.
        form: how the file is written.
        log: level and message, about waiting for locks.
        cancelled: the load gives up once it is set.

    Raises BuildError (with file and line for a malformed one, without any of its text), BusyError
    when another process loads the same table. The old table is then as it was.
    """
    began = time.monotonic()
    form = CsvFormat() if form is None else form
    columns = read_header(path, form)
    digest = sha256(str(relation).encode()).digest()
    shadow = Relation(f"{relation.schema[:40]}__csv_{digest[:5].hex()}", relation.name)
    with closing(server.connect_own(f"csv {relation}")) as connection:
        with connection.cursor() as cursor:
            _take(cursor, relation, int.from_bytes(digest[:8], "big", signed=True))
            try:
                # `if not exists` does not look at what another session makes at this moment.
                with suppress(errors.UniqueViolation, errors.DuplicateSchema):
                    cursor.execute(_sql("create schema if not exists {}", relation.schema))
                run_make_loads(cursor, relation.schema)
                kept = _read_indexes(cursor, relation)
            except psycopg2.Error as error:
                raise tell_refusal(path, relation, form, error) from None
        told = log or (lambda level, message: None)
        for sentence in run_validate(connection, relation.schema):
            told("warning", sentence)
        rows, size, content = _load(
            connection,
            path,
            relation,
            form,
            shadow=shadow,
            columns=columns,
            kept=kept,
            cancelled=cancelled,
        )
        fingerprint = _find_fingerprint(form, columns, content)
        try:
            request = PublishRequest(
                live=relation,
                shadow_schema=shadow.schema,
                own=frozenset({relation.name}),
                rebuilt_later=frozenset(),
                sessions=server.sessions,
                log=told,
                cancelled=cancelled or threading.Event(),
                record=lambda: load_sql(relation, rows, fingerprint),
            )
            run_publish(connection, request)
        finally:
            if not connection.closed:
                with connection.cursor() as cursor:
                    # Its session may end a moment later than this returns.
                    freed = "drop schema if exists {} cascade; select pg_advisory_unlock_all()"
                    cursor.execute(_sql(freed, shadow.schema))
                    cursor.execute(forget_gone_sql(relation.schema))
    return CsvLoad(rows, size, time.monotonic() - began, fingerprint)


@dataclass(frozen=True)
class _Kept:
    """A key or index of the old table: the SQL that makes it, around the table's name."""

    name: str
    before: str
    after: str


_INDEXES = """
select c.conname, 'alter table',
    format('add constraint %%I %%s', c.conname, pg_get_constraintdef(c.oid))
from pg_constraint c where c.conrelid = %(table)s and c.contype in ('p', 'u', 'x', 'c')
union all
select i.relname, split_part(d.definition, d.on_table, 1) || ' on',
    substr(d.definition, strpos(d.definition, d.on_table) + length(d.on_table))
from pg_index x
join pg_class i on i.oid = x.indexrelid
join pg_class t on t.oid = x.indrelid
join pg_namespace n on n.oid = t.relnamespace
cross join lateral (
    select pg_get_indexdef(i.oid), format(' ON %%I.%%I ', n.nspname, t.relname)
) d (definition, on_table)
where x.indrelid = %(table)s
and not exists (select from pg_constraint c where c.conindid = i.oid and c.conrelid = t.oid)
"""


def _take(cursor: Cursor, relation: Relation, key: int) -> None:
    cursor.execute("select pg_try_advisory_lock(%s)", (key,))
    row = cursor.fetchone()
    if row is None or not row[0]:
        raise BusyError(f"{relation}: another process is loading it. Wait until that has ended.")


def _read_indexes(cursor: Cursor, relation: Relation) -> list[_Kept]:
    cursor.execute("select to_regclass(%s)::oid", (str(relation),))
    row = cursor.fetchone()
    if row is None or row[0] is None:
        return []
    cursor.execute(_INDEXES, {"table": row[0]})
    return [_Kept(*found) for found in cursor.fetchall()]


def _load(
    connection: Connection,
    path: Path,
    relation: Relation,
    form: CsvFormat,
    *,
    shadow: Relation,
    columns: tuple[str, ...],
    kept: list[_Kept],
    cancelled: threading.Event | None,
) -> tuple[int, int, str]:
    """Make and fill the table in one transaction; return its rows, bytes and what they hash to."""
    table = sql.Identifier(shadow.schema, shadow.name)
    listed = sql.SQL(", ").join(sql.Identifier(name) + sql.SQL(" text") for name in columns)
    guards = connection.server_version < _VERSION_18
    stream = CsvStream(path, form, cancelled, guards_end=guards)
    with closing(stream), connection.cursor() as cursor:
        try:
            cursor.execute(_sql("drop schema if exists {} cascade", shadow.schema))
            cursor.execute("begin")
            cursor.execute(_sql("create schema {}", shadow.schema))
            cursor.execute(sql.SQL("create table {} ({})").format(table, listed))
            cursor.copy_expert(_copy_sql(table, form), cast(Any, stream), CHUNK)
            rows = cursor.rowcount
            if kept:  # with users' expressions in them
                cursor.execute(SET_LOCAL_USERS_PATH)
            for index in kept:
                _keep(cursor, index, table, path, relation)
            cursor.execute(sql.SQL("analyze {}").format(table))
            cursor.execute("commit")
        except BaseException as error:
            if not connection.closed:
                cursor.execute("rollback")
            if stream.failure is not None:
                raise stream.failure from None
            if isinstance(error, psycopg2.Error):
                raise tell_refusal(path, relation, form, error, stream.find_line) from None
            raise
    return rows, stream.bytes, stream.digest


def _find_fingerprint(form: CsvFormat, columns: Sequence[str], content: str) -> str:
    """Of what the file holds and how it is read: the same table comes of the same."""
    read = [form.delimiter, form.quote, form.escape, form.header is True, form.null, list(columns)]
    return sha256(repr([*read, content]).encode()).hexdigest()[:32]


def _copy_sql(table: sql.Identifier, form: CsvFormat) -> sql.Composed:
    quote = form.quote or "\x01"
    return sql.SQL(
        "copy {} from stdin with (format csv, freeze, header {}, delimiter {}, quote {}, "
        "escape {}, null {})"
    ).format(
        table,
        sql.Literal(form.header is True),
        sql.Literal(form.delimiter),
        sql.Literal(quote),
        sql.Literal(form.escape or quote),
        sql.Literal(form.null),
    )


def _keep(
    cursor: Cursor, index: _Kept, table: sql.Identifier, path: Path, relation: Relation
) -> None:
    try:
        cursor.execute(sql.SQL(" ").join([sql.SQL(index.before), table, sql.SQL(index.after)]))
    except psycopg2.Error as error:
        text = find_safe_message(error.diag.message_primary or "", error.pgcode, "")
        raise BuildError(
            f"{path}: {index.name} of {relation} does not fit the new rows: {text}. "
            "Drop it, or correct the file. The old table is as it was."
        ) from None


def _sql(text: str, name: str) -> sql.Composed:
    return sql.SQL(text).format(sql.Identifier(name))
