"""Keep what a message of the server says and drop what it quotes from rows.

Postgres puts values in the DETAIL of broken keys (`Key (id)=(5) already exists`) and in the text
of data errors (`invalid input syntax for type integer: "abc"`). A value that stands in the script
itself may be shown, since the script is no secret.
"""

from __future__ import annotations

import re

HIDDEN = "…"

_DATA_EXCEPTION = "22"
_INTEGRITY = "23"
_OUT_OF_RANGE = "22003"
_COPY_FAULTS = frozenset({"22P04", "22021", "22P05"})
_QUOTED = re.compile(r'"((?:[^"]|"")*)"')
_KEY = re.compile(r"([^()]*\(.*?\))=\(.*", re.DOTALL)
_KEY_COLUMN = re.compile(r'"(?:[^"]|"")+"|[^,\s][^,]*')
_KEY_ENDS = (
    " already exists.",
    " is duplicated.",
    " is not present in table ",
    " is still referenced from table ",
)
_WHOLE_ROW = frozenset({"23502", "23514"})
# What these classes quote or list are names, statements and processes, never values.
_NAMES_ONLY = ("42", "2B", "2F", "0A", "3D", "3F", "40", "53", "54", "55", "57", "58")


def find_safe_message(text: str, sqlstate: str | None, script: str) -> str:
    """Return the primary message without values from rows.

    Args:
        text: the message.
        sqlstate: its code.
        script: the statement's text; a literal in it may be shown.
    """
    if sqlstate is None or not sqlstate.startswith(_DATA_EXCEPTION):
        return text
    if sqlstate in _COPY_FAULTS:
        return text.partition(":")[0]
    if all(_stands(value, script) for value in _QUOTED.findall(text)):
        return text
    # A value may hold quotes itself, so all between the outer ones goes.
    start, end = text.find('"'), text.rfind('"')
    return f"{text[: start + 1]}{HIDDEN}{text[end:]}"


def find_safe_detail(detail: str | None, sqlstate: str | None) -> str | None:
    """Return the DETAIL without values from rows, or None when nothing safe is left of it."""
    if not detail or sqlstate is None:
        return None
    if sqlstate.startswith(_NAMES_ONLY) or sqlstate == _OUT_OF_RANGE:
        return detail
    if sqlstate.startswith(_INTEGRITY) and sqlstate not in _WHOLE_ROW:
        found = _KEY.match(detail)
        if found is None:
            return None
        return f"{found[1]}=({HIDDEN}){_find_key_end(detail)}"
    return None


def find_detail_columns(detail: str | None) -> tuple[str, ...]:
    """The columns of a broken key as a DETAIL names them; none when it names none.

    An expression (`lower(name)`) comes back as it is spelled.
    """
    found = _KEY.match(detail or "")
    if found is None:
        return ()
    listed = found[1].partition("(")[2].removesuffix(")")
    return tuple(
        part.strip('"').replace('""', '"') if part.startswith('"') else part
        for part in _KEY_COLUMN.findall(listed)
    )


def _find_key_end(detail: str) -> str:
    """What the server says after the values; the last such words, since a value may hold them."""
    start, end = max((detail.rfind(end), end) for end in _KEY_ENDS)
    if start < 0:
        return "."
    return detail[start:] if end.endswith("table ") else end


def _stands(value: str, script: str) -> bool:
    """Whether a value is written in the script, as a literal."""
    return "'" + value.replace("'", "''") + "'" in script
