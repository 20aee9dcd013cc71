"""The lines under `checks:`: one kind of check each, with its options beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from staging_assets.project.declarations.checks.kinds import Kinds
from staging_assets.project.declarations.checks.written import Mistake, WrittenNode

OPTIONS = ("name", "severity", "blocking", "description", "sample_columns")
CHANGEABLE = ("severity", "blocking", "description")
_NAME = re.compile(r"[A-Za-z0-9_]{1,100}")  # what Dagster takes
_SEVERITIES = {"error": "ERROR", "warn": "WARN", "warning": "WARN"}


@dataclass(frozen=True)
class CheckLine:
    """One check as it is written.

    Args:
        kind: its key: a kind, or the name of a check that is there already.
        key: the node of that key.
        argument: the node of its arguments.
        name: the option of this name, or None.
        given: severity, blocking and description, where given.
        sample_columns: the option of this name.
    """

    kind: str
    key: WrittenNode
    argument: WrittenNode
    name: str | None = None
    given: Mapping[str, Any] = field(default_factory=dict)
    sample_columns: tuple[str, ...] = ()


def read_lines(written: WrittenNode, kinds: Kinds) -> list[CheckLine | Mistake]:
    """Read the checks of one entry; one that is wrong does not hide the others.

    Raises Mistake when it is neither a list nor a mapping.
    """
    if written.is_mapping:
        return [CheckLine(kind, key, value) for kind, key, value in written.pairs()]
    todo = "Write `- kind: arguments` lines"
    found: list[CheckLine | Mistake] = []
    for item in written.items("a list of checks is expected here", todo):
        try:
            found.append(_read_line(item, kinds))
        except Mistake as mistake:
            found.append(mistake)
    return found


def _read_line(item: WrittenNode, kinds: Kinds) -> CheckLine:
    if item.is_text:
        # `- table_not_empty`: a check that takes no arguments.
        return CheckLine(item.text("a kind of check"), item, item.nothing())
    pairs = item.pairs()
    meant = [pair for pair in pairs if pair[0] not in OPTIONS]
    todo = "Write one `- kind: arguments` for each check"
    if not meant:
        raise item.mistake("this line has no kind of check", todo)
    if len(meant) > 1:
        what = f"this line has two kinds of checks, {meant[0][0]} and {meant[1][0]}"
        raise meant[1][1].mistake(what, todo)
    kind, key, argument = meant[0]
    options = {name: value for name, _, value in pairs if name in OPTIONS}
    name = _read_name(options["name"]) if "name" in options else None
    if name is None and kind in kinds and kinds[kind].needs_name:
        raise key.mistake(f"this {kind} check has no name", "Add `name: what_it_finds`")
    samples = options.get("sample_columns")
    return CheckLine(
        kind=kind,
        key=key,
        argument=argument,
        name=name,
        given={o: _read_option(o, n) for o, n in options.items() if o in CHANGEABLE},
        sample_columns=tuple(samples.texts("the name of a column")) if samples else (),
    )


def read_changes(written: WrittenNode, *, takes_except: bool) -> Mapping[str, Any]:
    """What is changed of a check that is there already: `off`, or options.

    Args:
        written: the change.
        takes_except: whether the check also takes `except`, a list.

    Returns {"off": True}, or severity, blocking, description and arguments where given.
    """
    if not written.is_mapping:
        if written.value is False:
            return {"off": True}
        todo = "Write `off`, or options such as {severity: warn}"
        raise written.mistake("this check is there already", todo)
    pairs = written.pairs()
    allowed = (*CHANGEABLE, "except") if takes_except else CHANGEABLE
    wrong = next((key for option, key, _ in pairs if option not in allowed), None)
    if wrong is not None or not pairs:
        todo = f"Use {', '.join(allowed)}, or `off` in place of all"
        raise (wrong or written).mistake("this cannot be changed here", todo)
    changes = {
        option: _read_option(option, each) for option, _, each in pairs if option != "except"
    }
    for option, _, value in pairs:
        if option == "except":
            changes["arguments"] = {"except": tuple(value.texts("table or table.column"))}
    return changes


def _read_name(written: WrittenNode) -> str:
    name = written.text("a name")
    if not _NAME.fullmatch(name):
        raise written.mistake(f"{name!r} is no name for a check", "Use letters, digits and _")
    return name


def _read_option(option: str, written: WrittenNode) -> Any:
    if option == "description":
        return written.text("a description")
    if option == "blocking":
        if not isinstance(written.value, bool):
            raise written.mistake("blocking is true or false", "Write true or false")
        return written.value
    severity = _SEVERITIES.get(written.text("error or warn").lower())
    if severity is None:
        raise written.mistake("a severity is error or warn", "Write error or warn")
    return severity
