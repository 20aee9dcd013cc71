"""One look at what is stale, for all conditions of one tick of the sensor."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import dataclass, field

import dagster as dg

from staging_assets.checks import KINDS
from staging_assets.defs.runs.identity import build_identity_tags, read_step_tags
from staging_assets.model import StagingProject
from staging_assets.postgres import find_running, find_server, is_asleep
from staging_assets.project import load_project
from staging_assets.scheduler import StaleNode, read_stale
from staging_assets.settings import StagingSchema

AUTOMATION_TAG = "staging_automation"
"""The tag of runs that the sensor has asked for; its value is the pool of the schema."""

_UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


@dataclass(frozen=True)
class Look:
    """What a look has found.

    Args:
        stale: the nodes that are stale.
        waits: why nothing can be asked for now; empty when something can.
        for_people: whether somebody has to do something, or it will be otherwise by itself.
        tried: the assets that the last run was asked for, and has tried.
        again: those that it was asked for and killed at, for the first time in a row.
        asked: the nodes that are asked for now; conditions write it as they are evaluated.
    """

    stale: Mapping[str, StaleNode] = field(default_factory=dict)
    waits: str = ""
    for_people: bool = False
    tried: Collection[dg.AssetKey] = ()
    again: Collection[dg.AssetKey] = ()
    asked: set[str] = field(default_factory=set)


class Outlook:
    """Looks at the folder and the database once a tick, whoever asks.

    The folder is read anew each time: the process that evaluates conditions lives for days, and
    a run reads the scripts as they are when it begins. Scripts that have just changed may be half
    of what is coming (`git pull`): they count when the next look finds the same.

    Args:
        staging: what is looked at.
        project: its folder, as it was when the definitions were loaded.
    """

    def __init__(self, staging: StagingSchema, project: StagingProject) -> None:
        self._staging = staging
        self._nodes = frozenset(project.nodes)
        self._contents = project.contents
        self._lock = threading.Lock()
        self._tick: object = None
        self._look = Look()

    def find(self, tick: object, instance: dg.DagsterInstance, log: logging.Logger) -> Look:
        """The look of a tick.

        Args:
            tick: what is the same within a tick, and another in every other one.
            instance: whose runs may be at work.
            log: where it is said why nothing can be asked for.

        Raises StagingError when the folder or the database cannot be read.
        """
        with self._lock:
            if self._tick != tick:
                self._look = self._find(instance)
                self._tick = tick
                if self._look.waits:
                    log.log(
                        logging.WARNING if self._look.for_people else logging.INFO, self._look.waits
                    )
                for node, stale in self._look.stale.items():
                    log.info(f"{node}: {'; '.join(map(str, stale.reasons))}")
            return self._look

    def _find(self, instance: dg.DagsterInstance) -> Look:
        staging = self._staging
        going = _find_unfinished(instance, staging)
        if going:
            return Look(waits=f"run {going} is not finished: it is waited for")
        if is_asleep(staging.postgres):
            told = (
                "the embedded server does not run: a build or `staging-assets db start` starts it"
            )
            return Look(waits=told, for_people=True)
        project = load_project(staging, staging.department, KINDS, home=staging.home)
        if other := self._nodes.symmetric_difference(project.nodes):
            named = ", ".join(sorted(other)[:5])
            return Look(
                waits=f"scripts came or went that Dagster has not heard of ({named}): reload the"
                " code location, or start its code server anew",
                for_people=True,
            )
        if self._contents != project.contents:
            self._contents = project.contents
            return Look(waits="scripts have changed: built is what is the same at the next look")
        last = _find_last(instance, staging)
        killed = [_was_killed(instance, run) for run in last]
        tried = last[0] if last and not killed[0] else None
        again = last[0] if killed in ([True], [True, False]) else None
        with closing(find_server(staging.postgres).connect_own("outlook")) as connection:
            holder = find_running(connection, staging.schema)
            if holder is not None:
                return Look(waits=f"{holder} holds the schema: it is waited for")
            tried_by = "" if tried is None else tried.run_id
            stale = read_stale(connection, project, staging.schema, tried_by=tried_by)
        return Look(stale, tried=_find_assets(tried), again=_find_assets(again))


def _find_unfinished(instance: dg.DagsterInstance, staging: StagingSchema) -> str | None:
    """The id of a run that is about the schema and is queued or at work."""
    own = build_identity_tags(staging)
    for record in instance.get_run_records(dg.RunsFilter(statuses=_UNFINISHED)):
        run = record.dagster_run
        if own in read_step_tags(instance, run).values():
            return run.run_id
    return None


def _find_last(instance: dg.DagsterInstance, staging: StagingSchema) -> list[dg.DagsterRun]:
    """The last two runs that were asked for, the newest first."""
    filters = dg.RunsFilter(tags={AUTOMATION_TAG: staging.pool})
    return [record.dagster_run for record in instance.get_run_records(filters, limit=2)]


def _was_killed(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Whether a run was marked as failed while a step was at work.

    What it has left is to be gone on with; what another one has failed at, or somebody has
    stopped, waits for a change or for a person.
    """
    return run.status is dg.DagsterRunStatus.FAILURE and any(
        step.status is not None and step.status.value == "IN_PROGRESS"
        for step in instance.get_run_step_stats(run.run_id)
    )


def _find_assets(run: dg.DagsterRun | None) -> Collection[dg.AssetKey]:
    return run.asset_selection or () if run is not None else ()
