"""From what a session was told to what its server can do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from staging_assets.postgres.abilities.abilities import PLAIN, Abilities
from staging_assets.postgres.abilities.citus import citus_abilities


def read_abilities(answer: Sequence[Any]) -> Abilities:
    """What the answer to `COLUMNS` says.

    Args:
        answer: one value a column.
    """
    standby, read_only, one_statement, citus = answer
    found = PLAIN if citus is None else citus_abilities(citus)
    return replace(
        found,
        standby=bool(standby),
        read_only=read_only == "on",
        one_statement=found.one_statement or one_statement == "on",
    )
