"""Numbers as YAML spells them, in a spelling that every Postgres reads.

YAML takes `0x1F`, `0b11`, `1_000` and `.inf` for numbers, which servers before 16 do not; and it
takes `010` for 8 and `190:20:30` for 685230, which nobody means. So only the first ones are spelled
anew, and whatever else is written stays as it is.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

_BASES = {"b": 2, "o": 8, "x": 16}
_IN_BASE = re.compile(r"([-+]?)0([box])_?([0-9a-fA-F_]+)", re.IGNORECASE)
_SPECIAL = re.compile(r"([-+]?)\.(inf|nan)", re.IGNORECASE)
_DECIMAL = re.compile(r"[-+]?(?:\d[\d_]*(?:\.[\d_]*)?|\.[\d_]*\d[\d_]*)(?:[eE][-+]?\d+)?", re.ASCII)
_OF_SIXTY = re.compile(r"[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?", re.ASCII)
_NAMES = {"inf": "Infinity", "nan": "NaN"}


def find_number(written: str) -> str | None:
    """The number that a text without quotes is, in digits that Postgres reads; None for none.

    `010` and `1.50` are what they say: the text comes back as it is. Nothing is rounded.
    """
    if _DECIMAL.fullmatch(written):
        return written.replace("_", "")
    if based := _IN_BASE.fullmatch(written):
        digits = based[3].replace("_", "")
        try:
            return based[1].replace("+", "") + str(int(digits, _BASES[based[2].lower()]))
        except ValueError:
            return None
    if special := _SPECIAL.fullmatch(written):
        return special[1].replace("+", "") + _NAMES[special[2].lower()]
    return None


def is_of_sixty(written: str) -> bool:
    """Whether YAML takes a text such as `190:20:30` for a number in base sixty."""
    return _OF_SIXTY.fullmatch(written) is not None


def find_value(written: str) -> Decimal | None:
    """The value of a number, to compare it with another; None for what is none."""
    number = find_number(written.strip())
    try:
        return None if number is None else Decimal(number)
    except InvalidOperation:
        return None
