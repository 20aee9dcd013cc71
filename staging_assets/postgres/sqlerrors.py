"""An error of the server, told in the script's own coordinates.

    sql/populate_tables/demo/POPULATE-staging-arrests.sql:12:8: column "foo" does not exist
      12 | select foo
         |        ^
    SQLSTATE 42703. Hint: ...

Positions that the server gives are in the text that was sent, which is the script after the
schema's name was put in; `Rewritten.source_offset` leads back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import psycopg2

from staging_assets.errors import ScriptError
from staging_assets.postgres.redaction import find_safe_detail, find_safe_message
from staging_assets.project.model import Script

_LONGEST_LINE = 160
_SKIPPED = re.compile(r"(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*", re.DOTALL)
_FRAME = re.compile(r"PL/pgSQL function (?P<name>.+?) line (?P<line>\d+) at (?P<what>.+)")
_INLINE = "inline_code_block"
_CREATE = re.compile(
    r"\bcreate\s+(?:or\s+replace\s+)?(?:function|procedure)\s+"
    r'(?P<name>(?:"(?:[^"]|"")+"|[\w$]+)(?:\s*\.\s*(?:"(?:[^"]|"")+"|[\w$]+))?)\s*\(',
    re.IGNORECASE,
)
_DOLLAR = re.compile(r"\$(?:[A-Za-z_\x80-\U0010ffff][\w\x80-\U0010ffff]*)?\$")
_TODO = {
    "42P01": "Check the name, and that the table is built before this one.",
    "42883": "Check the name and the types, and that the script which makes it is built.",
    "57014": "Raise STAGING_STATEMENT_TIMEOUT if the script needs more time.",
    "42501": "Give the role that builds the right to do this.",
    "53100": "Make room on the server's disk.",
}


class SentText(Protocol):
    """The text of a script as it is sent, which knows where each of its characters is from."""

    @property
    def text(self) -> str:
        """What is sent."""
        ...

    def source_offset(self, offset: int) -> int:
        """Turn a 0-based offset in `text` into one in the script's text."""
        ...


@dataclass(frozen=True)
class Place:
    """A place in a script: lines and columns are counted from 1, columns in characters."""

    script: Script
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.script.label}:{self.line}:{self.column}"

    def show(self) -> str:
        """The source line with a caret under the column."""
        lines = _find_lines(self.script.text)
        text = lines[self.line - 1] if self.line <= len(lines) else ""
        before = re.sub(r"[^\t]", " ", text[: self.column - 1])
        start = 0
        if len(text) > _LONGEST_LINE:
            start = max(0, self.column - 1 - _LONGEST_LINE // 2)
            text, before = text[start : start + _LONGEST_LINE], before[start:]
        number = f"{self.line:>5}"
        return f"{number} | {text}\n{' ' * len(number)} | {before}^"


def _find_lines(text: str) -> list[str]:
    """Lines as editors count them, and not as `str.splitlines` does (form feeds and the like)."""
    return re.split("\r\n|\r|\n", text)


def find_place(script: Script, offset: int) -> Place:
    """Turn an offset (0-based, in characters) into a place."""
    text = script.text[: max(0, min(offset, len(script.text)))]
    line = len(_find_lines(text))
    start = max(text.rfind("\n"), text.rfind("\r")) + 1
    return Place(script, line, len(text) - start + 1)


def find_statement_place(script: Script, rewritten: SentText, offset: int) -> Place:
    """Where a statement begins in the script, comments and blanks before it left out.

    Args:
        offset: where its text begins in the rewritten script.
    """
    found = _SKIPPED.match(rewritten.text, offset)
    return find_place(script, rewritten.source_offset(found.end() if found else offset))


def script_error(
    error: psycopg2.Error,
    script: Script,
    rewritten: SentText,
    statement_offset_in_rewritten: int,
    *,
    functions: Iterable[Script] = (),
    todo: str | None = None,
) -> ScriptError:
    """Tell an error of the server in the script's coordinates, without values from rows.

    Args:
        error: what psycopg2 raised.
        script: the script that was running.
        rewritten: the text that was sent.
        statement_offset_in_rewritten: where the statement began in it, in characters.
        functions: scripts of stored procedures, to name the line in a function's body.
        todo: what to do about it, where Postgres gives no hint.
    """
    diag = error.diag
    sqlstate = error.pgcode
    place = _find_error_place(error, script, rewritten, statement_offset_in_rewritten)
    message = find_safe_message(
        diag.message_primary or _first_line(error), sqlstate, rewritten.text
    ).rstrip(".")
    parts = [f"{place}: {message}.", place.show()]
    parts += _show_frames(diag.context, script, functions)
    detail = find_safe_detail(diag.message_detail, sqlstate)
    if detail:
        parts.append(f"Detail: {detail}")
    code = f"SQLSTATE {sqlstate}. " if sqlstate else ""
    advice = diag.message_hint or todo or _TODO.get(sqlstate or "")
    parts.append(f"{code}{advice or 'Correct the script, then build this again.'}".strip())
    return ScriptError("\n".join(parts), sqlstate)


def _first_line(error: psycopg2.Error) -> str:
    """The error of a lost connection has no diagnostics; its first line holds no row."""
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _find_error_place(
    error: psycopg2.Error, script: Script, rewritten: SentText, offset: int
) -> Place:
    diag = error.diag
    if diag.statement_position:
        at = offset + int(diag.statement_position) - 1
        return find_place(script, rewritten.source_offset(at))
    start = find_statement_place(script, rewritten, offset)
    # A body that stands in this very statement: a DO block, or a function being created.
    if diag.internal_query and diag.internal_position:
        body = rewritten.text.find(diag.internal_query, offset)
        if body >= 0:
            at = body + int(diag.internal_position) - 1
            return find_place(script, rewritten.source_offset(at))
    frames = list(_FRAME.finditer(diag.context or ""))
    if frames and frames[-1]["name"].startswith(_INLINE):
        line = _find_body_line(script, rewritten.source_offset(offset), int(frames[-1]["line"]))
        if line is not None:
            return _find_line_place(script, line)
    return start


def _find_line_place(script: Script, line: int) -> Place:
    lines = _find_lines(script.text)
    text = lines[line - 1] if line <= len(lines) else ""
    return Place(script, line, len(text) - len(text.lstrip()) + 1)


def _find_body_line(script: Script, offset: int, line: int) -> int | None:
    """The line of the file that is the given line of the first dollar-quoted body after offset."""
    found = _DOLLAR.search(script.text, offset)
    return find_place(script, found.end()).line + line - 1 if found else None


def _show_frames(context: str | None, script: Script, functions: Iterable[Script]) -> list[str]:
    """One line for each function that was running, innermost first."""
    shown = []
    scripts = [script, *functions]
    for frame in _FRAME.finditer(context or ""):
        if frame["name"].startswith(_INLINE):
            continue
        place = _find_function_place(frame["name"], int(frame["line"]), scripts)
        where = f"{place}\n{place.show()}" if place else f"line {frame['line']} of its body"
        shown.append(f"Inside {frame['name']}: {where}")
    return shown


def _find_function_place(signature: str, line: int, scripts: Iterable[Script]) -> Place | None:
    wanted = _find_bare_name(signature.partition("(")[0])
    for script in scripts:
        for found in _CREATE.finditer(script.text):
            if _find_bare_name(found["name"]) == wanted:
                number = _find_body_line(script, found.end(), line)
                if number is not None:
                    return _find_line_place(script, number)
    return None


def _find_bare_name(name: str) -> str:
    """A function's name without its schema, as Postgres folds it."""
    found = re.search(r'(?:"((?:[^"]|"")+)"|([\w$]+))\s*\Z', name)
    if found is None:
        return name
    return found[1].replace('""', '"') if found[1] else found[2].lower()


def find_safe_text(error: psycopg2.Error) -> str:
    """The primary message of an error of a statement of our own, without values from rows."""
    text = error.diag.message_primary or _first_line(error)
    return find_safe_message(text, error.pgcode, "")
