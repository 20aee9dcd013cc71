"""Who takes part: each contestant makes ready, untimed, and gives one command that is timed."""

from __future__ import annotations

from benchmarks.contestants.common import (
    Changing,
    Command,
    Contestant,
    LeftOut,
    Missing,
    Setup,
)
from benchmarks.contestants.dagster_dbt import DagsterDbt
from benchmarks.contestants.dbt import Dbt
from benchmarks.contestants.floor import Floor
from benchmarks.contestants.ideal import Ideal
from benchmarks.contestants.luigi import Luigi
from benchmarks.contestants.plain_dagster import PlainDagster
from benchmarks.contestants.project import Project
from benchmarks.contestants.psql import Psql
from benchmarks.contestants.sqlmesh import SqlMesh

__all__ = ["CONTESTANTS", "Changing", "Command", "Contestant", "LeftOut", "Missing", "Setup"]

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
        DagsterDbt(),
        DagsterDbt(in_process=True),
        DagsterDbt(enforced=True),
        DagsterDbt(in_process=True, enforced=True),
        SqlMesh(),
        Floor(),
        Floor(same_log=True),
        Floor(same_log=True, empty=True),
        Project(),
    )
}
