"""Stored procedures: each script in one transaction, replaced where they stand.

Function bodies are not checked while they are created, since they may name tables that come
later. A function whose result or parameters changed is dropped by its exact signature and never
with CASCADE: what hangs on it stays, or the script fails and says what hangs there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from staging_assets.errors import BuildError, ScriptError
from staging_assets.model import Procedures
from staging_assets.parser import SentText, find_statements, replace_spans, rewrite
from staging_assets.postgres import Session, check_untouched, run_statement

_MOST_TRIES = 50
_LEAD = r"(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*"
_NAME = r'(?:(?:"(?:[^"]|"")+"|[\w$]+)\s*\.\s*)?(?:"(?:[^"]|"")+"|[\w$]+)'
_CREATE = re.compile(
    rf"{_LEAD}create\s+(?P<replace>or\s+replace\s+)?(?:function|procedure|aggregate)\s+"
    rf"(?P<name>{_NAME})",
    re.IGNORECASE | re.DOTALL,
)
_ONCE = re.compile(
    rf"{_LEAD}(?:create|alter)\s+"
    r"(?P<what>(?:type|domain|collation|cast|operator|text\s+search|conversion|transform)\b[^;]*)",
    re.IGNORECASE | re.DOTALL,
)
"""What cannot be replaced, and is seldom changed."""
_DROP = re.compile(
    rf"{_LEAD}drop\s+(?:function|procedure|routine)\s+(?:if\s+exists\s+)?(?P<name>{_NAME})",
    re.IGNORECASE | re.DOTALL,
)
_CASCADE = re.compile(r"\bcascade\s*;?\s*\Z", re.IGNORECASE)
_SIGNATURE = re.compile(r"DROP (?:FUNCTION|PROCEDURE|AGGREGATE|ROUTINE) (.+\))")

_OBJECTS = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")


@dataclass
class _ProcedurePlan:
    """What the tries so far have shown about the statements, by their place in the script.

    Args:
        drops: signatures to drop before a statement.
        skipped: DROPs to leave out; the function is replaced instead.
        cascading: DROPs whose CASCADE may run, if all that goes comes back.
        replacing: CREATEs to turn into CREATE OR REPLACE.
        kept: CREATEs to leave out, since what they make is there and cannot be replaced.
    """

    drops: dict[int, list[str]] = field(default_factory=dict)
    skipped: set[int] = field(default_factory=set)
    cascading: set[int] = field(default_factory=set)
    replacing: set[int] = field(default_factory=set)
    kept: set[int] = field(default_factory=set)


class _RetryError(Exception):
    """The plan has changed; run the script again."""


def run_procedures(
    session: Session, procedures: Procedures, schema: str, record: Callable[[], str] = str
) -> None:
    """Run one script of stored procedures: all of it, or nothing.

    Args:
        record: makes SQL to send along with the COMMIT.

    Raises ScriptError in the script's coordinates, BuildError when a DROP would take along
    something that the script does not make again.
    """
    script = procedures.script
    text = rewrite(script.text, session.schemas, schema=schema, ask=session.find_naming)
    plan = _ProcedurePlan()
    for _ in range(_MOST_TRIES):
        try:
            with session.transaction():
                session.run("set local check_function_bodies to off")
                before = _read_objects(session) if plan.cascading else frozenset()
                _run_once(session, procedures, text, plan)
                session.pin()
                check_untouched(session, script.label)
                if plan.cascading:
                    _check_lost(session, procedures, before, plan)
                session.send_last(record())
            _tell_kept(session, script.label, text, plan)
            return
        except _RetryError:
            continue
    raise BuildError(
        f"{script.label}: its functions could not be replaced in {_MOST_TRIES} tries. "
        "Drop them by hand, then build this again."
    )


def _tell_kept(session: Session, label: str, text: SentText, plan: _ProcedurePlan) -> None:
    """Say what was left as it is, for whoever has changed it."""
    statements = find_statements(text.text) if plan.kept else []
    for index in sorted(plan.kept):
        found = _ONCE.match(statements[index].text)
        what = " ".join(found["what"].split())[:60] if found else ""
        session.log("info", f"{label}: it is there and stays as it is: {what} ...")


def _run_once(
    session: Session, procedures: Procedures, text: SentText, plan: _ProcedurePlan
) -> None:
    script = procedures.script
    statements = find_statements(text.text)
    for index, statement in enumerate(statements):
        if index in plan.skipped or index in plan.kept:
            continue
        for signature in plan.drops.get(index, ()):
            _drop(session, procedures, signature)
        sent, edited = statement, text
        if index in plan.replacing:
            found = _CREATE.match(statement.text)
            assert found is not None
            at = statement.offset + found.end() - len(found["name"])
            start = text.text.lower().rindex("create", statement.offset, at) + len("create")
            edited = replace_spans(text, [(start, start, " or replace")])
            sent = find_statements(edited.text)[index]
        cascades = _CASCADE.search(statement.text) is not None
        try:
            run_statement(session, script, edited, sent, cascade=index in plan.cascading)
        except ScriptError as error:
            failure = error
        else:
            continue
        _mend(plan, index, failure, cascades, [s.text for s in statements])
        raise _RetryError


def _mend(
    plan: _ProcedurePlan, index: int, error: ScriptError, cascades: bool, statements: list[str]
) -> None:
    """Change the plan so that the next try goes further, or raise the error."""
    created = _CREATE.match(statements[index])
    signature = _SIGNATURE.search(str(error))
    if error.sqlstate == "42P13" and signature is not None:
        if signature[1] not in plan.drops.setdefault(index, []):
            plan.drops[index].append(signature[1])
            return
    elif error.sqlstate == "42723" and created and not created["replace"]:
        if index not in plan.replacing:
            plan.replacing.add(index)
            return
    elif error.sqlstate in ("42710", "42723", "23505") and _ONCE.match(statements[index]):
        plan.kept.add(index)
        return
    elif error.sqlstate == "2BP01":
        if cascades and index not in plan.cascading:
            plan.cascading.add(index)
            return
        if _is_remade(statements, index) and index not in plan.skipped:
            plan.skipped.add(index)
            return
    raise error


def _is_remade(statements: list[str], index: int) -> bool:
    """Whether a statement after this DROP creates what it drops."""
    dropped = _DROP.match(statements[index])
    if dropped is None:
        return False
    name = _fold(dropped["name"])
    later = (_CREATE.match(text) for text in statements[index + 1 :])
    return any(found is not None and _fold(found["name"]) == name for found in later)


def _fold(name: str) -> str:
    return re.sub(r'\s+|"', "", name).lower()


def _drop(session: Session, procedures: Procedures, signature: str) -> None:
    try:
        # The server has spelled it for the path of the script.
        session.run(f"drop routine {signature}", users=True)
    except Exception as error:
        failure = error
        detail = getattr(getattr(failure, "diag", None), "message_detail", None)
        if detail is None:
            raise
    else:
        return
    raise BuildError(
        f"{procedures.script.label}: {signature} changes its result or parameters, so that it has "
        f"to be dropped first, and something hangs on it:\n{detail}\n"
        "Take that away by hand, or give the new function another name."
    )


def _read_objects(session: Session) -> frozenset[str]:
    return frozenset(name for (name,) in session.run(_OBJECTS))


def _check_lost(
    session: Session, procedures: Procedures, before: Iterable[str], plan: _ProcedurePlan
) -> None:
    """Fail when something that a CASCADE took is not there again at the end."""
    lost = sorted(set(before) - _read_objects(session))
    if not lost:
        return
    statements = [s.text for s in find_statements(procedures.script.text)]
    remade = {i for i in plan.cascading if _is_remade(statements, i)} - plan.skipped
    if remade:
        # Replacing the function where it stands takes nothing along.
        plan.cascading -= remade
        plan.skipped |= remade
        raise _RetryError
    named = "\n".join(f"  {name}" for name in lost[:20])
    more = f"\n  and {len(lost) - 20} more" if len(lost) > 20 else ""
    raise BuildError(
        f"{procedures.script.label}: DROP ... CASCADE would take along what the script does not "
        f"make again:\n{named}{more}\n"
        "Leave out CASCADE, or make these again in the script. Nothing was changed."
    )
