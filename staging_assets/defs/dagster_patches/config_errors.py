"""Run config that Dagster refuses: a line a mistake, with what may be meant, and no stack."""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Iterable
from types import TracebackType

import dagster as dg

_WORD = re.compile(r"[\"']?(\w+)[\"']?")
_ENUM = re.compile(
    r"Value at path (?P<path>\S+) not in enum type \w+\[(?P<known>.*?)\] got (?P<got>.*)"
)
_ENTRY = re.compile(
    r'Received unexpected config entry "(?P<got>[^"]*)" at (?:path (?P<path>\S+)|the root)\. '
    r"Expected: \"(?P<known>.*)\"",
    re.DOTALL,
)
_FIELD = re.compile(r"(\w+)\??:")


def install_config_errors() -> None:
    """Show such a mistake, where it ends the process, as a person can read it."""
    before = sys.excepthook

    def show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, dg.DagsterInvalidConfigError):
            messages = [each.message for each in error.errors]
            print("\n".join(build_lines(messages)), file=sys.stderr)
        else:
            before(kind, error, trace)

    sys.excepthook = show


def build_lines(messages: Iterable[str]) -> list[str]:
    """One line a mistake.

    Args:
        messages: Dagster's.
    """
    return [f"Error: run config: {_explain(message)}" for message in messages]


def _explain(message: str) -> str:
    if found := _ENUM.search(message):
        known = _WORD.findall(found["known"])
        told = f"{found['got']!r} is none of {', '.join(known)}"
        return f"{_spell(found['path'])}: {told}.{_suggest(found['got'], known)}"
    if found := _ENTRY.search(message):
        known = _FIELD.findall(found["known"].partition("{")[2])
        where = f"{_spell(found['path'])}: " if found["path"] else ""
        return f"{where}there is no {found['got']!r}.{_suggest(found['got'], known)}"
    return message.splitlines()[0]


def _spell(path: str) -> str:
    return path.removeprefix("root:")


def _suggest(got: str, known: list[str]) -> str:
    near = difflib.get_close_matches(got, known, 1)
    return f" Did you mean {near[0]}?" if near else f" Known: {', '.join(sorted(set(known)))}."
