"""Who takes part: each contestant makes ready, untimed, and gives one command that is timed."""

from __future__ import annotations

from benchmarks.contestants.common import Command, Contestant, LeftOut, Missing, Setup
from benchmarks.contestants.dbt import Dbt
from benchmarks.contestants.floor import Floor
from benchmarks.contestants.ideal import Ideal
from benchmarks.contestants.luigi import Luigi
from benchmarks.contestants.plain_dagster import PlainDagster
from benchmarks.contestants.project import Project
from benchmarks.contestants.psql import Psql

__all__ = ["CONTESTANTS", "Command", "Contestant", "LeftOut", "Missing", "Setup"]

CONTESTANTS: dict[str, Contestant] = {
    contestant.name: contestant
    for contestant in (
        Psql(),
        Ideal(),
        Ideal(no_wal=True),
        Luigi(),
        PlainDagster(),
        Dbt(),
        Dbt(cold=True),
        Dbt(enforced=True),
        Floor(),
        Floor(same_log=True),
        Project(),
    )
}
