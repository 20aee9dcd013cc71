"""One thing that was looked at, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass

GOOD, ODD, WRONG = "ok", "warn", "fail"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Args:
        state: `ok`; `warn`: it works, and may surprise; `fail`: builds will not work.
        subject: what was looked at, in a word or two.
        text: what was found, and what to do where something is to be done.
    """

    state: str
    subject: str
    text: str
