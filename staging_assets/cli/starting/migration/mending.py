"""What old scripts say that would not be the same here, put right."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

_PRINT = re.compile(r"^(?P<indent>[ \t]*)print(?=[ \t]+[^\s(=]|[ \t]*$)[ \t]*(?P<what>.*)$", re.M)
_TO_STREAM = re.compile(r"^[ \t]*print[ \t]*>>", re.M)


@dataclass(frozen=True)
class Mended:
    """A script, and what was done to it.

    Args:
        text: as it is now.
        done: sentences, with lines.
        left: what a person has to do.
    """

    text: str
    done: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def mend_sql(text: str, label: str) -> Mended:
    """Turn `%%` into `%`, as the driver did by its placeholders when luigi ran the script.

    Args:
        text: of the script.
        label: how it is shown to people.
    """
    lines = [line for line, part in enumerate(text.split("\n"), 1) if "%%" in part]
    if not lines:
        return Mended(text)
    listed = ", ".join(map(str, lines[:10])) + (" ..." if len(lines) > 10 else "")
    return Mended(text.replace("%%", "%"), (f"{label}: %% is % now (line {listed})",))


def mend_python(text: str, label: str) -> Mended:
    """Turn the print statements of Python 2 into calls.

    Args:
        text: of the cleanup script.
        label: how it is shown to people.
    """
    left: list[str] = []
    if _reads(text) is None and not _TO_STREAM.search(text):
        return Mended(text)
    for found in _TO_STREAM.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        left.append(f"{label}:{line}: write print(..., file=...) in place of print >>")
    mended = _PRINT.sub(_call, text)
    lines = [
        line
        for line, (old, new) in enumerate(zip(text.split("\n"), mended.split("\n"), strict=True), 1)
        if old != new
    ]
    done = [f"{label}: print is a function now (line {', '.join(map(str, lines))})"] * bool(lines)
    error = _reads(mended)
    if error is not None and not left:
        left.append(f"{label}:{error.lineno}: Python 3 cannot read it: {error.msg}")
    return Mended(mended, tuple(done), tuple(left))


def _call(found: re.Match[str]) -> str:
    what = found["what"].rstrip()
    if what.startswith(">>"):
        return found[0]
    if what.endswith(","):
        return f"{found['indent']}print({what[:-1].rstrip()}, end=' ')"
    return f"{found['indent']}print({what})"


def _reads(text: str) -> SyntaxError | None:
    try:
        ast.parse(text)
    except SyntaxError as error:
        return error
    except ValueError as error:
        return SyntaxError(str(error))
    return None
