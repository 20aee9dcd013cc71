"""How many workers suit a server, where nobody says: a distant one makes each of them wait."""

from __future__ import annotations

from dataclasses import dataclass

from staging_assets.postgres import FREE_CONNECTIONS, Connection

FAR = 0.002
"""Seconds of a round trip from which on a worker waits more than it works."""

OF_A_FAR_SERVER = 8
"""More gain nothing: then the server has enough to do."""

_LEFT_FREE = 4
"""Connections that are left to others."""


@dataclass(frozen=True)
class CrewSize:
    """How many workers a run has.

    Args:
        workers: the number.
        why: where it is not the plain default, why; empty otherwise.
    """

    workers: int
    why: str = ""

    def __str__(self) -> str:
        noun = "worker" if self.workers == 1 else "workers"
        return f"{self.workers} {noun}: {self.why}" if self.why else f"{self.workers} {noun}"


def choose_crew_size(default: int, distance: float, free: int) -> CrewSize:
    """Choose how many workers a run has.

    Args:
        default: as many as this machine would have.
        distance: seconds of a round trip to the server.
        free: how many sessions it lets in besides those that there are.
    """
    spare = max(1, free - _LEFT_FREE)
    if spare < default:
        return CrewSize(spare, f"the server has {max(0, free)} connections free")
    wanted = max(default, OF_A_FAR_SERVER)
    if distance < FAR or wanted == default:
        return CrewSize(default)
    away = f"the server is {distance * 1000:.0f} ms away"
    if spare < wanted:
        away += f" and has {free} connections free"
    return CrewSize(min(wanted, spare), away)


def read_free(connection: Connection) -> int:
    """Read how many more sessions may be opened."""
    with connection.cursor() as cursor:
        cursor.execute(f"select {FREE_CONNECTIONS}")
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])
