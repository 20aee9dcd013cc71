"""Say of a failed load which expression or column it was, and how to find its rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from staging_assets.builder.bad_rows.casts import Cast, find_casts, spell_type
from staging_assets.builder.bad_rows.insert import Insert, find_insert, find_other
from staging_assets.builder.bad_rows.queries import (
    RANGES,
    bad_cast_sql,
    bad_rows_sql,
    missing_sql,
    repeated_sql,
)
from staging_assets.errors import ScriptError
from staging_assets.model import Relation, SchemaNames, Table
from staging_assets.parser import (
    find_place,
    find_statements,
    quote_identifier,
    quote_name,
    rewrite,
)
from staging_assets.postgres import FailedStatement

_CASTS = ("22P02", "22007", "22008", "22003")
_TYPE = re.compile(r"(?:\btype|\benum) ([\w. ]+)")
_SIZED = re.compile(r"(?:varying|varchar|char|character)\s*\((\d+)\)", re.IGNORECASE)
_NUMERIC = re.compile(r"(?:numeric|decimal)\s*\((\d+)(?:\s*,\s*(\d+))?\)", re.IGNORECASE)
_REFERENCES = re.compile(r"REFERENCES (.+?)\((.+?)\)")
_DATES = ("date", "timestamp", "timestamp with time zone", "timestamp without time zone", "time")
_MOST_QUERIES = 3


@dataclass(frozen=True)
class _Load:
    """What is asked about: the table, its statement, and where the rows come from.

    Args:
        table: what the folder says about it.
        live: where it is published.
        build_schema: the schema of its shadow.
        key: its columns that tell rows apart.
        version: of the server.
    """

    table: Table
    live: Relation
    build_schema: str
    key: Sequence[str]
    version: int

    @property
    def columns(self) -> list[str]:
        return [column.name for column in self.table.columns]


def explain_statement(
    error: ScriptError,
    table: Table,
    live: Relation,
    *,
    build_schema: str,
    key: Sequence[str],
) -> ScriptError:
    """Add to what a failed statement says which expression it was, and a query for its rows.

    Args:
        error: as `run_script` raises it; one that no rows are to blame for comes back unchanged.
        table: the table that was filled.
        live: where it is published.
        build_schema: where it was filled.
        key: columns that tell its rows apart.
    """
    failed = error.failed
    if not isinstance(failed, FailedStatement) or (error.sqlstate or "")[:2] not in ("22", "23"):
        return error
    insert = find_insert(failed.text)
    if insert is None and error.sqlstate in _CASTS:
        insert = find_other(failed.text)
    if insert is None:
        return error
    load = _Load(table, live, build_schema, key, failed.version)
    if error.sqlstate in _CASTS:
        lines = _explain_casts(failed, insert, load) or _explain_range(failed, insert, load)
    elif error.sqlstate == "22001":
        lines = _explain_length(failed, insert, load)
    elif error.sqlstate == "23502" and failed.column:
        lines = _explain_null(failed.column, insert, load)
    elif error.sqlstate == "23505" and failed.key:
        lines = _show(repeated_sql(insert, load.columns, failed.key), load)
    else:
        lines = []
    return _add(error, lines)


def explain_key(
    error: ScriptError,
    table: Table,
    live: Relation,
    columns: Sequence[str],
    *,
    definition: str,
    schemas: SchemaNames,
) -> ScriptError:
    """Add to what a broken key says a query for the rows that break it.

    Args:
        error: about the key.
        table: whose key.
        live: where the table is published.
        columns: of the key.
        definition: of it, as the catalog has it.
        schemas: what the table's scripts call the schemas.
    """
    if table.populate is None or not columns:
        return error
    statements = find_statements(rewrite(table.populate.text, schemas, schema=live.schema).text)
    inserts = [find_insert(statement.text) for statement in statements]
    if len(inserts) != 1 or inserts[0] is None:
        return error
    load = _Load(table, live, live.schema, columns, 0)
    references = _REFERENCES.search(definition)
    if references is not None:
        to = [name.strip().strip('"') for name in references[2].split(",")]
        query = missing_sql(inserts[0], load.columns, columns, references[1], to)
    else:
        query = repeated_sql(inserts[0], load.columns, columns)
    return _add(error, _show(query, load))


def _explain_casts(failed: FailedStatement, insert: Insert, load: _Load) -> list[str]:
    found = _TYPE.search(failed.said)
    casts = find_casts(insert.text, insert.tokens)
    wanted = {spell_type(found[1])} if found else set(_DATES)
    likely = [cast for cast in casts if cast.type in wanted or not cast.checked]
    likely = likely or [cast for cast in casts if cast.type == "" or "." in cast.type]
    if not likely:
        return []
    lines = ["It is in:" if len(likely) == 1 else "It is in one of:"]
    lines += [f"    {_place(cast, failed, insert)}" for cast in likely]
    for cast in likely[:_MOST_QUERIES]:
        lines += _show(bad_cast_sql(insert, cast, load.key, load.version), load)
    return lines


def _place(cast: Cast, failed: FailedStatement, insert: Insert) -> str:
    at = failed.sent.source_offset(failed.offset + cast.start)
    column = _find_column(cast, insert)
    of_column = f", for column {column}" if column else ""
    return f"{cast.text}{of_column} ({find_place(failed.script, at)})"


def _find_column(cast: Cast, insert: Insert) -> str | None:
    for name, item in zip(insert.columns, insert.items, strict=False):
        if item.tokens[0].start <= cast.start < item.tokens[-1].end:
            return name
    return None


def _explain_range(failed: FailedStatement, insert: Insert, load: _Load) -> list[str]:
    """A number that fits no column: `integer out of range`, `numeric field overflow`."""
    conditions = {}
    for column in load.table.columns:
        name, spelled = quote_name(column.name), spell_type(column.type)
        sized = _NUMERIC.search(column.type)
        if spelled in RANGES and re.search(rf"\b{spelled}\b", failed.said):
            least, most = RANGES[spelled]
            conditions[column.name] = f"{name} not between {least} and {most}"
        elif sized and not _TYPE.search(failed.said) and "integer" not in failed.said:
            digits = int(sized[1]) - int(sized[2] or 0)
            conditions[column.name] = f"abs({name}) >= 1e{digits}"
    return _explain_columns(conditions, insert, load)


def _explain_length(failed: FailedStatement, insert: Insert, load: _Load) -> list[str]:
    """A text that is longer than its column."""
    said = _SIZED.search(failed.said)
    conditions = {}
    for column in load.table.columns:
        sized = _SIZED.search(column.type)
        if said and sized and sized[1] == said[1]:
            conditions[column.name] = f"length({quote_name(column.name)}::text) > {said[1]}"
    return _explain_columns(conditions, insert, load)


def _explain_null(column: str, insert: Insert, load: _Load) -> list[str]:
    if insert.columns and column not in insert.columns:
        return [f"The statement gives column {column} no value."]
    return _explain_columns({column: f"{quote_name(column)} is null"}, insert, load)


def _explain_columns(conditions: dict[str, str], insert: Insert, load: _Load) -> list[str]:
    given = insert.columns or load.columns
    conditions = {name: each for name, each in conditions.items() if name in given}
    if not conditions:
        return []
    names = " or ".join(conditions)
    lines = [f"It is in column {names}."]
    condition = " or ".join(conditions.values())
    return lines + _show(
        bad_rows_sql(insert, load.columns, load.key, condition, list(conditions)), load
    )


def _show(query: str | None, load: _Load) -> list[str]:
    """A query as it can be pasted: with the names of what is published."""
    if query is None:
        return []
    for spell in (quote_name, quote_identifier):
        query = query.replace(f"{spell(load.build_schema)}.", f"{spell(load.live.schema)}.")
    return ["To find the rows:", *(f"    {line}" for line in query.splitlines())]


def _add(error: ScriptError, lines: list[str]) -> ScriptError:
    """The error with more lines, before the last, which says what to do."""
    if not lines:
        return error
    *first, last = str(error).split("\n")
    return ScriptError("\n".join([*first, *lines, last]), error.sqlstate, error.failed)
