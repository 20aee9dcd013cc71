"""BEGIN and COMMIT around what a script does anyway in one transaction."""

from __future__ import annotations

from typing import NamedTuple

_BEGINS = ("begin", "start")
_ENDS = ("commit", "end")
_LOCAL = (("set", "local"), ("set", "constraints"), ("set", "transaction"))


class Ended(NamedTuple):
    """A statement that is over: where it stands in the text, without its semicolon, its words."""

    start: int
    end: int
    words: tuple[str, ...]


def find_needless(statements: list[Ended]) -> list[Ended]:
    """The statements that only begin and end transactions, if the script does the same without.

    That is so where each BEGIN has its COMMIT, and nothing that ends with a transaction counts in
    more than one of them. Else there are none, and they are refused as they stand.
    """
    found: list[Ended] = []
    outside = inside = 0
    is_open = local = False
    for each in statements:
        first = each.words[0] if each.words else ""
        if first in ("rollback", "abort") and "to" not in each.words:
            return []
        if first in _BEGINS:
            if is_open or "only" in each.words:
                return []
            found.append(each)
            is_open, inside = True, inside + 1
        elif first in _ENDS:
            if not is_open or "prepared" in each.words or _chains(each.words):
                return []
            found.append(each)
            is_open = False
        else:
            outside += not is_open
            pairs = tuple(zip(each.words, each.words[1:], strict=False))
            local = local or each.words[:2] in _LOCAL or ("on", "commit") in pairs
    if is_open or (local and (inside > 1 or outside)):
        return []
    return found


def _chains(words: tuple[str, ...]) -> bool:
    return "chain" in words and "no" not in words
