"""The rows that the lookup YAML gives a table, sent with COPY; Postgres casts the values."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import psycopg2
import yaml
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from staging_assets.errors import ScriptError
from staging_assets.model import Lookup, Relation
from staging_assets.parser import quote, quote_identifier
from staging_assets.postgres import find_safe_detail, find_safe_message

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
_COPY_PLACE = re.compile(r"^COPY .*?, line (\d+)(?:, column (.+?):)?", re.MULTILINE)


def run_load_lookup(cursor: Cursor, relation: Relation, lookup: Lookup) -> int:
    """Copy the rows into a table; return how many there are.

    Raises ScriptError with the line of the YAML and no value of a row.
    """
    columns = ", ".join(quote_identifier(column) for column in lookup.columns)
    text = "".join(f"{_spell_row(row)}\n" for row in lookup.rows)
    try:
        cursor.copy_expert(f"copy {quote(relation)} ({columns}) from stdin", io.StringIO(text))
    except psycopg2.Error as error:
        failure = error
    else:
        return len(lookup.rows)
    raise _tell(failure, relation, lookup)


def _spell_row(row: tuple[Any, ...]) -> str:
    return "\t".join("\\N" if value is None else _escape(_spell(value)) for value in row)


def _spell(value: Any) -> str:
    """A value as YAML reads it in the spelling that Postgres's types take."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (date, datetime, time)):
        return value.isoformat()
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, (list, tuple)):
        return "{" + ",".join(_spell_element(element) for element in value) + "}"
    return str(value)


def _spell_element(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, (list, tuple)):
        return _spell(value)
    return '"' + _spell(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _escape(text: str) -> str:
    return _SPECIAL.sub(lambda found: _ESCAPES[found[0]], text)


def _tell(error: psycopg2.Error, relation: Relation, lookup: Lookup) -> ScriptError:
    diag = error.diag
    place = _COPY_PLACE.search(diag.context or "")
    row = int(place[1]) if place else None
    line = lookup.line
    where = ""
    if row is not None and row <= len(lookup.rows):
        line = _find_row_line(lookup, relation.name, row) or line
        where = f"row {row}"
        if place is not None and place[2]:
            where += f", column {place[2]}"
        where += ": "
    message = find_safe_message(diag.message_primary or "the server failed", error.pgcode, "")
    parts = [f"{lookup.label}:{line}: {where}{message.rstrip('.')}."]
    detail = find_safe_detail(diag.message_detail, error.pgcode)
    if detail:
        parts.append(f"Detail: {detail}")
    code = f"SQLSTATE {error.pgcode}. " if error.pgcode else ""
    parts.append(f"{code}{diag.message_hint or 'Correct the YAML, then build this again.'}")
    return ScriptError("\n".join(parts), error.pgcode)


def _find_row_line(lookup: Lookup, table: str, row: int) -> int | None:
    """The line of one row in the YAML; None when the file is not as it was or rows were merged."""
    try:
        root = yaml.compose(Path(lookup.label).read_text(encoding="utf-8-sig"), yaml.SafeLoader)
    except (OSError, ValueError, yaml.YAMLError):
        return None
    entry = _find_value(root, table)
    rows = _find_value(entry, "rows")
    if not isinstance(rows, yaml.SequenceNode) or len(rows.value) != len(lookup.rows):
        return None
    return int(rows.value[row - 1].start_mark.line) + 1


def _find_value(node: Any, name: str) -> Any:
    if isinstance(node, yaml.MappingNode):
        for key, value in _pairs(node):
            if key.value.lower() == name.lower():
                return value
    return None


def _pairs(node: yaml.MappingNode) -> Iterator[tuple[Any, Any]]:
    return ((key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode))
