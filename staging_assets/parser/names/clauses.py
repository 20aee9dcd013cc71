"""The keywords that say what the next name is: FROM, INTO, CREATE TABLE and so on.

Each action takes the walk, the index of its keyword and the innermost frame, and gives how many
tokens it used: 0 when the word is a name there.
"""

from __future__ import annotations

from collections.abc import Callable

from staging_assets.parser.lexer.tokens import NAME_KINDS
from staging_assets.parser.names.scope import Frame, Role, Walk


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FOLLOWS_RELATION = _words(
    "where group having window order limit offset fetch union intersect except returning set on "
    "join inner left right full cross natural using for tablesample loop"
)
ENDS_LIST = _words(
    "where group having window order limit offset fetch union intersect except returning "
    "set when do loop then for"
)
SKIPPED = _words(
    "only lateral table if not exists concurrently temp temporary unlogged strict rows"
)
_MODIFIERS = _words(
    "or replace global local unlogged recursive unique constraint materialized foreign"
)
_CONTENTLESS = _words("comment grant revoke analyze vacuum reindex cluster lock security")
_ROUTINES = frozenset(("function", "procedure", "aggregate", "routine"))
_OBJECTS = _words("table view sequence type domain index statistics") | _ROUTINES
_BEFORE_UPDATE = frozenset(("(", ")", "as", "explain", "analyze", "in", "query"))
_ON_OBJECTS = frozenset(("trigger", "policy", "rule"))


def _select(walk: Walk, index: int, frame: Frame) -> int:
    frame.verb = walk.tokens[index].value
    frame.expect = frame.listing = None
    return 1


def _from(walk: Walk, index: int, frame: Frame) -> int:
    before = walk.value(index - 1)
    if before == "distinct" and walk.value(index - 2) in ("is", "not"):
        return 1
    if before == "delete":
        frame.verb, frame.expect, frame.listing = "delete", "change", None
    elif before == "values" or frame.verb in ("copy", "revoke", "fetch", "import"):
        pass  # bounds of a partition; a file; a role; a cursor; a server
    elif len(walk.frames) == 1 or frame.verb:  # else extract(year from x) and its like
        frame.expect = frame.listing = "read"
    return 1


def _join(walk: Walk, _index: int, frame: Frame) -> int:
    frame.expect = "read"
    return 1


def _using(walk: Walk, _index: int, frame: Frame) -> int:
    if frame.verb in ("delete", "merge"):
        frame.expect = "read"
        frame.listing = "read" if frame.verb == "delete" else None
    return 1


def _into(walk: Walk, index: int, frame: Frame) -> int:
    before = walk.value(index - 1)
    if before in ("insert", "merge"):
        frame.verb, frame.expect = before, "write"
    elif frame.verb == "import":
        walk.schemas(index + 1)
    elif frame.verb == "select" and not walk.code:
        frame.expect, frame.kind = "create", "table"
        if walk.value(index + 1) in ("temp", "temporary"):
            frame.expect = "temporary"
    return 1


def _update(walk: Walk, index: int, frame: Frame) -> int:
    after = walk.tokens[index + 1] if index + 1 < len(walk.tokens) else None
    if after is None or after.kind not in NAME_KINDS or after.value in ("set", "on", "of", "or"):
        return 1
    if walk.starts(index) or walk.value(index - 1) in _BEFORE_UPDATE:
        frame.verb, frame.expect, frame.listing = "update", "change", None
    return 1


def _truncate(walk: Walk, index: int, frame: Frame) -> int:
    if not walk.starts(index):
        return 0
    frame.expect = frame.listing = "truncate"
    return 1


def _copy(walk: Walk, index: int, frame: Frame) -> int:
    if not walk.starts(index):
        return 0
    frame.verb, depth = "copy", 0
    frame.expect = "read"
    for ahead in range(index + 1, len(walk.tokens)):
        value = walk.value(ahead)
        depth += (value == "(") - (value == ")")
        if depth == 0 and value in ("from", "to", ";"):
            frame.expect = "write" if value == "from" else "read"
            break
    return 1


def _table(walk: Walk, index: int, frame: Frame) -> int:
    before = walk.value(index - 1)
    if frame.expect is None and (
        walk.starts(index) or before in ("(", ")", "as", "union", "all", "except", "intersect")
    ):
        frame.verb, frame.expect = "select", "read"
    return 1


def _verb(walk: Walk, index: int, frame: Frame) -> int:
    if not walk.starts(index):
        return 0
    frame.verb = walk.tokens[index].value
    frame.about = frame.verb in _CONTENTLESS
    return 1


def _references(walk: Walk, _index: int, frame: Frame) -> int:
    if not frame.about:
        frame.expect = "reference"
    return 1


def _of(walk: Walk, index: int, frame: Frame) -> int:
    if walk.value(index - 1) == "partition":
        frame.expect = "parent"
    return 1


def _inherits(walk: Walk, index: int, frame: Frame) -> int:
    if walk.value(index + 1) != "(":
        return 0
    frame.expect = "parent"
    return 1


def _to(walk: Walk, _index: int, frame: Frame) -> int:
    if frame.verb == "rule":
        frame.expect = "alter"
    return 1


def _define(walk: Walk, index: int, frame: Frame) -> int:
    """CREATE, ALTER, DROP: what kind of thing, and that its name comes next."""
    if not walk.starts(index):
        return 0
    verb = walk.tokens[index].value
    ahead, temporary = index + 1, False
    while walk.value(ahead) in _MODIFIERS or walk.value(ahead) in ("temp", "temporary"):
        temporary = temporary or walk.value(ahead) in ("temp", "temporary")
        ahead += 1
    kind = walk.value(ahead)
    frame.verb, frame.kind = verb, kind
    if kind in _ON_OBJECTS:
        frame.verb = kind
        frame.on = None if kind == "rule" and verb == "create" else "alter"
    elif kind in _OBJECTS:
        role: Role = {"create": "create", "alter": "alter"}.get(verb, "drop")  # type: ignore[assignment]
        if role == "create" and kind in _ROUTINES:
            role = "define"
        elif role == "create" and temporary:
            role = "temporary"
        frame.expect = role
        frame.listing = "drop" if role == "drop" else None
        frame.on = "alter" if kind == "index" and role == "create" else None
        ahead += 1
    return max(1, ahead - index)


def _schema(walk: Walk, index: int, frame: Frame) -> int:
    ahead = index + 1
    while walk.value(ahead) in ("if", "not", "exists"):
        ahead += 1
    whole = frame.kind == "schema" and frame.verb in ("drop", "alter")
    walk.schemas(ahead, frame.verb if whole else "")
    return 1


def _search_path(walk: Walk, index: int, _frame: Frame) -> int:
    if walk.value(index + 1) != "to" and (
        index + 1 >= len(walk.tokens) or walk.tokens[index + 1].value != "="
    ):
        return 0
    walk.names.search_path = tuple(walk.schemas(index + 2))
    return 1


def _with(walk: Walk, index: int, frame: Frame) -> int:
    ahead = index + 1
    recursive = walk.value(ahead) == "recursive"
    ahead += recursive
    named = ahead < len(walk.tokens) and walk.tokens[ahead].kind in NAME_KINDS
    if named and walk.value(ahead + 1) in ("as", "(") and walk.value(ahead) != "ordinality":
        frame.verb, frame.recursive = "with", recursive
        frame.expect = frame.listing = None
        walk.cte(ahead)
    return 1


ACTIONS: dict[str, Callable[[Walk, int, Frame], int]] = {
    "select": _select,
    "values": _select,
    "from": _from,
    "join": _join,
    "using": _using,
    "into": _into,
    "update": _update,
    "truncate": _truncate,
    "copy": _copy,
    "table": _table,
    "references": _references,
    "of": _of,
    "inherits": _inherits,
    "to": _to,
    "create": _define,
    "alter": _define,
    "drop": _define,
    "schema": _schema,
    "search_path": _search_path,
    "with": _with,
    **dict.fromkeys((*_CONTENTLESS, "fetch", "import"), _verb),
}
