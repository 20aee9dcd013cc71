"""Serial and identity columns are numbered in blocks while a table is filled.

A sequence that hands out its numbers one by one is written to for every row, which is a tenth of
the time of a large INSERT. A session that takes a thousand at a time gives the same numbers in the
same order; afterwards the sequence is put where it would have been.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from staging_assets.parser import quote_literal

_BLOCK = 1000
_LOOKS = re.compile(r"last_value|log_cnt|is_called", re.IGNORECASE)
_USES = re.compile(r"seq|nextval|setval|lastval|currval|identity|dblink", re.IGNORECASE)


def may_number_in_blocks(script: str, functions: Iterable[str]) -> bool:
    """Whether nothing can see how far a sequence is while a script runs.

    Args:
        script: text of a POPULATE script; it may not speak of sequences at all.
        functions: texts that define functions it may call; these may use sequences (the session
            gets the right numbers), but not look at how far one is.
    """
    return _USES.search(script) is None and not any(map(_looks, functions))


@lru_cache
def _looks(function: str) -> bool:
    """Remembered, because every table of a run asks for the same functions."""
    return _LOOKS.search(function) is not None


def blocks_sql(sequences: Sequence[str]) -> str:
    """SQL that lets sequences hand out numbers in blocks.

    Args:
        sequences: as SQL spells them; each hands out one number at a time now.
    """
    return ";".join(f"alter sequence {name} cache {_BLOCK}" for name in sequences)


def settlement_sql(sequences: Sequence[str]) -> str:
    """SQL that puts sequences where they were if each number had been taken alone.

    It has to run in the session that took the numbers, since that one knows the last of them
    (`currval`). A sequence that gave none is left as it is.

    Args:
        sequences: as SQL spells them.
    """
    steps = []
    for name in sequences:
        text = quote_literal(name)
        steps.append(f"select setval({text}, currval({text})) from {name} where is_called")  # noqa: S608
        steps.append(f"alter sequence {name} cache 1")
    return ";".join(steps)
