"""The rows that the lookup YAML gives a table, sent with COPY; Postgres reads what is written."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence

import psycopg2

from staging_assets.errors import ScriptError
from staging_assets.model import Cell, Lookup, Number, Relation
from staging_assets.parser import quote, quote_identifier, quote_literal
from staging_assets.postgres import (
    Cursor,
    find_detail_columns,
    find_safe_detail,
    find_safe_message,
)

_SPECIAL = re.compile(r"[\\\t\n\r\b\f\v]")
_ESCAPES = {
    "\\": "\\\\",
    "\t": "\\t",
    "\n": "\\n",
    "\r": "\\r",
    "\b": "\\b",
    "\f": "\\f",
    "\v": "\\v",
}
_COPY_PLACE = re.compile(r"^COPY .*?, \S+ (\d+)(?:, \S+ (.+?):)?", re.MULTILINE)
# Whether a column takes numbers: of a domain its base type's, of an array its elements'.
_NUMERIC = """
select a.attname::text, coalesce(e.typcategory, t.typcategory) operator(pg_catalog.=) 'N'
from pg_catalog.pg_attribute a
join pg_catalog.pg_type t on t.oid operator(pg_catalog.=) a.atttypid
left join pg_catalog.pg_type b on b.oid operator(pg_catalog.=) t.typbasetype
left join pg_catalog.pg_type e
    on t.typcategory operator(pg_catalog.=) 'A'
    and e.oid operator(pg_catalog.=)
        case when t.typtype operator(pg_catalog.=) 'd' then b.typelem else t.typelem end
where a.attrelid operator(pg_catalog.=) %s::pg_catalog.regclass
and a.attnum operator(pg_catalog.>) 0
"""


def run_load_lookup(cursor: Cursor, relation: Relation, lookup: Lookup, *, lead: str = "") -> int:
    """Copy the rows into a table; return how many there are.

    Args:
        lead: statements to send ahead of the COPY in the same message.

    Raises ScriptError with the line of the YAML, and with values that stand in the YAML only.
    """
    columns = ", ".join(quote_identifier(column) for column in lookup.columns)
    try:
        numeric = _find_numeric(cursor, relation, lookup)
        text = "".join(f"{_spell_row(row, numeric)}\n" for row in lookup.rows)
        copy = f"{lead}copy {quote(relation)} ({columns}) from stdin"
        cursor.copy_expert(copy, io.StringIO(text))
    except psycopg2.Error as error:
        failure = error
    else:
        return len(lookup.rows)
    raise _tell(failure, lookup)


def find_same_key(lookup: Lookup, columns: Sequence[str]) -> str | None:
    """Say which rows of the YAML have the same key, and where both stand; None when none do.

    Args:
        columns: those of the key.
    """
    if not columns or not set(columns) <= set(lookup.columns):
        return None
    where = [lookup.columns.index(column) for column in columns]
    for read in (_find_text, _find_folded):
        first: dict[tuple[str, ...], str] = {}
        for row, place in zip(lookup.rows, lookup.places, strict=False):
            key = tuple(read(row[index]) for index in where)
            if key in first:
                shown = ", ".join(_find_text(row[index]) for index in where)
                return (
                    f"{place}: {', '.join(columns)} {shown} stands here again; "
                    f"it is in {first[key]} already"
                )
            first[key] = place
    return None


def _find_text(cell: Cell) -> str:
    return "NULL" if cell is None else _spell(cell, numeric=False)


def _find_folded(cell: Cell) -> str:
    """A value by what most types make of it: 010 is 10, and case and blanks do not count."""
    text = cell.plain if isinstance(cell, Number) else _find_text(cell)
    whole = re.fullmatch(r"\+?0*(\d+)(?:\.0*)?", text)
    return whole[1] if whole else text.strip().casefold()


def _find_numeric(cursor: Cursor, relation: Relation, lookup: Lookup) -> list[bool]:
    """For each column whether it takes numbers; the server is asked only where that matters."""
    if not any(_is_spelled_anew(cell) for row in lookup.rows for cell in row):
        return [False] * len(lookup.columns)
    cursor.execute(_NUMERIC, (quote(relation),))
    numeric: Mapping[str, bool] = dict(cursor.fetchall())
    return [numeric.get(column, False) for column in lookup.columns]


def _is_spelled_anew(cell: Cell) -> bool:
    if isinstance(cell, Number):
        return cell.plain != cell.written
    return isinstance(cell, list) and any(map(_is_spelled_anew, cell))


def _spell_row(row: Sequence[Cell], numeric: Sequence[bool]) -> str:
    return "\t".join(
        "\\N" if cell is None else _escape(_spell(cell, numeric=number))
        for cell, number in zip(row, numeric, strict=True)
    )


def _spell(cell: Cell, *, numeric: bool) -> str:
    if isinstance(cell, Number):
        return cell.plain if numeric else cell.written
    if isinstance(cell, list):
        return "{" + ",".join(_spell_element(each, numeric=numeric) for each in cell) + "}"
    return cell or ""


def _spell_element(cell: Cell, *, numeric: bool) -> str:
    if cell is None:
        return "NULL"
    text = _spell(cell, numeric=numeric)
    if isinstance(cell, list):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _escape(text: str) -> str:
    return _SPECIAL.sub(lambda found: _ESCAPES[found[0]], text)


def _tell(error: psycopg2.Error, lookup: Lookup) -> ScriptError:
    diag = error.diag
    place = _COPY_PLACE.search(diag.context or "")
    row = int(place[1]) if place else 0
    at, where, written = f"{lookup.label}:{lookup.line}", "", ""
    if place is not None and 0 < row <= len(lookup.rows):
        at = lookup.places[row - 1] if lookup.places else at
        where = f"row {row}, column {place[2]}: " if place[2] else f"row {row}: "
        # What stands in the YAML is the project's own text, and may be shown.
        written = " ".join(
            quote_literal(text)
            for cell in lookup.rows[row - 1]
            for text in (_find_text(cell), *(cell if isinstance(cell, Number) else ()))
        )
    message = find_safe_message(diag.message_primary or "the server failed", error.pgcode, written)
    parts = [f"{at}: {where}{message.rstrip('.')}."]
    detail = find_safe_detail(diag.message_detail, error.pgcode)
    if detail:
        parts.append(f"Detail: {detail}")
    same = find_same_key(lookup, find_detail_columns(diag.message_detail))
    if same and error.pgcode == "23505":
        parts.append(f"{same}.")
    code = f"SQLSTATE {error.pgcode}. " if error.pgcode else ""
    parts.append(f"{code}{diag.message_hint or 'Correct the YAML, then build this again.'}")
    return ScriptError("\n".join(parts), error.pgcode)
