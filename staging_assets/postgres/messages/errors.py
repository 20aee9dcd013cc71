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
from dataclasses import dataclass, replace

import psycopg2

from staging_assets.errors import ScriptError
from staging_assets.model import Script
from staging_assets.parser import (
    LETTER,
    LETTER_OR_DIGIT,
    ScriptPlace,
    SentText,
    find_line_place,
    find_place,
    find_statement_place,
)
from staging_assets.postgres.messages.raised import find_raiser, hide_dynamic, hide_raised
from staging_assets.postgres.messages.redaction import (
    find_detail_columns,
    find_safe_detail,
    find_safe_message,
)

_FRAME = re.compile(r"PL/pgSQL function (?P<name>.+?) line (?P<line>\d+) at (?P<what>.+)")
_COPIED = re.compile(r"COPY .*, line (\d+)")
_INLINE = "inline_code_block"
_CREATE = re.compile(
    r"\bcreate\s+(?:or\s+replace\s+)?(?:function|procedure)\s+"
    r'(?P<name>(?:"(?:[^"]|"")+"|[\w$]+)(?:\s*\.\s*(?:"(?:[^"]|"")+"|[\w$]+))?)\s*\(',
    re.IGNORECASE,
)
_DOLLAR = re.compile(rf"\$(?:{LETTER}{LETTER_OR_DIGIT}*)?\$")
_TODO = {
    "42P01": "Check the name, and that the table is built before this one.",
    "42883": "Check the name and the types, and that the script which makes it is built.",
    "57014": "Raise STAGING_STATEMENT_TIMEOUT if the script needs more time.",
    "42501": "Give the role that builds the right to do this.",
    "53100": "Make room on the server's disk.",
}


@dataclass(frozen=True)
class FailedStatement:
    """A statement of a script that failed, for those who ask about its rows.

    Args:
        script: the script.
        sent: its text as it was sent.
        offset: where the statement begins in that.
        text: of the statement.
        said: what the server said, without values from rows.
        column: the column that it named, or None.
        key: the columns of the key that it named.
        version: of the server, such as 180000.
    """

    script: Script
    sent: SentText
    offset: int
    text: str
    said: str
    column: str | None = None
    key: tuple[str, ...] = ()
    version: int = 0


def script_error(
    error: psycopg2.Error,
    script: Script,
    rewritten: SentText,
    statement_offset_in_rewritten: int,
    *,
    lead: int = 0,
    functions: Iterable[Script] = (),
    todo: str | None = None,
    statement: str | None = None,
    version: int = 0,
    shows_values: bool = False,
) -> ScriptError:
    """Tell an error of the server in the script's coordinates, without values from rows.

    Args:
        error: what psycopg2 raised.
        script: the script that was running.
        rewritten: the text that was sent.
        statement_offset_in_rewritten: where the statement began in it, in characters.
        lead: how many characters of ours were sent ahead of the statement in the same message.
        functions: scripts of stored procedures, to name the line in a function's body.
        todo: what to do about it, where Postgres gives no hint.
        statement: the text of the statement that failed.
        version: of the server.
        shows_values: whether values from rows may be shown.
    """
    diag = error.diag
    sqlstate = error.pgcode
    place = _find_error_place(error, script, rewritten, statement_offset_in_rewritten, lead)
    said = diag.message_primary or _first_line(error)
    sources = [rewritten.text, *(function.text for function in functions)]
    raised = find_raiser(diag.context) is not None
    if raised:
        safe = hide_raised(said, sources, always=True).rstrip(".")
    else:
        safe = find_safe_message(said, sqlstate, rewritten.text).rstrip(".")
        query = diag.internal_query or diag.statement_position
        safe = hide_dynamic(safe, sqlstate, diag.context, query, sources)
    message = said.rstrip(".") if shows_values else safe
    parts = [f"{place}: {message}.", *([place.show()] if place.shown else [])]
    parts += _show_frames(diag.context, script, functions)
    detail = diag.message_detail
    hint = diag.message_hint
    if not shows_values:
        detail = None if raised else find_safe_detail(detail, sqlstate)
        hint = hide_raised(hint, sources, always=True) if raised and hint else hint
    if detail:
        parts.append(f"Detail: {detail}")
    code = f"SQLSTATE {sqlstate}. " if sqlstate else ""
    advice = hint or todo or _TODO.get(sqlstate or "")
    parts.append(f"{code}{advice or 'Correct the script, then build this again.'}".strip())
    failed = None
    if statement is not None:
        failed = FailedStatement(
            script=script,
            sent=rewritten,
            offset=statement_offset_in_rewritten,
            text=statement,
            said=safe,
            column=diag.column_name,
            key=find_detail_columns(diag.message_detail),
            version=version,
        )
    return ScriptError("\n".join(parts), sqlstate, failed)


def _first_line(error: psycopg2.Error) -> str:
    """The error of a lost connection has no diagnostics; its first line holds no row."""
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _find_error_place(
    error: psycopg2.Error, script: Script, rewritten: SentText, offset: int, lead: int
) -> ScriptPlace:
    diag = error.diag
    if diag.statement_position:
        at = offset + int(diag.statement_position) - 1 - lead
        return find_place(script, rewritten.source_offset(at))
    start = find_statement_place(script, rewritten, offset)
    data = script.find_data(rewritten.source_offset(offset)) if script.data else None
    copied = _COPIED.search(diag.context or "")
    if data is not None and copied:
        if data.path is None:
            return ScriptPlace(data.file, data.line + int(copied[1]) - 1, 1, shown=False)
        file = replace(data.file, path=data.path, label=f"{data.path}", origins=(), data=())
        return ScriptPlace(file, int(copied[1]), 1, shown=False)
    # A body that stands in this very statement: a DO block, or a function being created.
    if diag.internal_query and diag.internal_position:
        body = rewritten.text.find(diag.internal_query, offset)
        if body >= 0:
            at = body + int(diag.internal_position) - 1
            return find_place(script, rewritten.source_offset(at))
    frames = list(_FRAME.finditer(diag.context or ""))
    if frames and frames[-1]["name"].startswith(_INLINE):
        line = int(frames[-1]["line"])
        return _find_body_place(script, rewritten.source_offset(offset), line) or start
    return start


def _find_body_place(script: Script, offset: int, line: int) -> ScriptPlace | None:
    """The given line of the first dollar-quoted body after an offset."""
    found = _DOLLAR.search(script.text, offset)
    return find_line_place(script, found.end(), line) if found else None


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


def _find_function_place(
    signature: str, line: int, scripts: Iterable[Script]
) -> ScriptPlace | None:
    wanted = _find_bare_name(signature.partition("(")[0])
    for script in scripts:
        for found in _CREATE.finditer(script.text):
            if _find_bare_name(found["name"]) == wanted:
                place = _find_body_place(script, found.end(), line)
                if place is not None:
                    return place
    return None


def _find_bare_name(name: str) -> str:
    """A function's name without its schema, as Postgres folds it."""
    found = re.search(r'(?:"((?:[^"]|"")+)"|([\w$]+))\s*\Z', name)
    if found is None:
        return name
    return found[1].replace('""', '"') if found[1] else found[2].lower()


def find_safe_text(error: psycopg2.Error, text: str = "") -> str:
    """The primary message of an error in one line, without values from rows.

    Args:
        error: of a statement that is in no script.
        text: the statement; literals that stand in it may be shown.
    """
    diag = error.diag
    if raiser := find_raiser(diag.context):
        return f"{raiser} raised an error (its text may hold values of rows, and is not shown)"
    said = diag.message_primary or _first_line(error)
    safe = find_safe_message(said, error.pgcode, text)
    # Without a place to look at: a name that was put together is known by its function alone.
    return hide_dynamic(safe, None, diag.context, diag.internal_query, [text])
