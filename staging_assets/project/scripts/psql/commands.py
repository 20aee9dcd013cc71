"""What psql's commands are to a build: taken, passed over, or refused with what to do instead."""

from __future__ import annotations

import re

SHOWN_ONLY = frozenset(
    (
        *("a", "C", "copyright", "d", "dp", "drds", "echo", "errverbose", "f", "h", "H"),
        *("help", "html", "l", "list", "o", "out", "p", "pset", "print", "qecho", "q", "quit"),
        *("restrict", "s", "setenv", "sf", "sv", "t", "T", "timing", "unrestrict", "w"),
        *("warn", "write", "x", "z", "?", "encoding", "password", "conninfo"),
    )
)
"""Commands that change what psql shows and nothing in the database; `q` ends the file."""

_DECLARE = "Declare the value under `variables` in staging.yaml"
_BLOCK = "Write a DO block that does EXECUTE format(...)"
_REFUSED = {
    "gset": ("puts the result of a query into variables", _DECLARE),
    "gexec": ("runs the result of a query", _BLOCK),
    "prompt": ("asks a person", _DECLARE),
    "getenv": ("reads the environment", f"{_DECLARE}, or set STAGING_VARIABLES"),
    "c": ("connects to another database", "Remove it: the build has its connection"),
    "connect": ("connects to another database", "Remove it: the build has its connection"),
    "!": ("runs a program", "Run it before the build"),
    "cd": ("changes the folder", "Write the paths of files from the folder of scripts on"),
    "r": ("throws the statement before it away", "Remove both"),
    "reset": ("throws the statement before it away", "Remove both"),
    "watch": ("repeats a query", "Remove it"),
    "bind": ("gives arguments to a query", "Write them into the query"),
}


def explain_refusal(command: str) -> tuple[str, str]:
    """What a command does that no build can, and what to do about it."""
    if command in _REFUSED:
        what, todo = _REFUSED[command]
        return f"\\{command} {what}, which needs psql", todo
    if command.startswith("lo_"):
        return f"\\{command} needs psql", "Load the object before the build"
    return f"\\{command} is a command of psql and no SQL", "Write the SQL that it stands for"


_COPY = re.compile(
    r"""\s*(?P<binary>binary\s+)?(?P<table>(?:"[^"]*"|[^\s"(])+\s*(?:\([^)]*\))?)\s*
    (?<=[\s)"])(?P<way>from|to)\s+(?P<program>program\s+)?(?P<what>'(?:[^']|'')*'|[^\s;]+)
    (?P<options>.*)""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)


def match_copy(text: str) -> re.Match[str] | None:
    r"""The parts of a `\copy`: its table, `from` or `to`, what from, options. None: a query's."""
    return _COPY.fullmatch(text)


def read_condition(text: str) -> bool | None:
    r"""What `\if` makes of its argument; None when it is no boolean."""
    text = text.strip().lower()
    if text in ("1", "on") or (text and "true".startswith(text)) or text in ("y", "ye", "yes"):
        return True
    if text in ("0", "off", "of", "n", "no") or (text and "false".startswith(text)):
        return False
    return None
