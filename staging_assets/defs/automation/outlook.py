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
from staging_assets.postgres import EmbeddedServer, find_running, find_server
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
        tried: the assets that the last run was asked for.
        asked: the nodes that are asked for now; conditions write it as they are evaluated.
    """

    stale: Mapping[str, StaleNode] = field(default_factory=dict)
    waits: str = ""
    tried: Collection[dg.AssetKey] = ()
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
                    log.warning(self._look.waits)
                for node, stale in self._look.stale.items():
                    log.info(f"{node}: {'; '.join(map(str, stale.reasons))}")
            return self._look

    def _find(self, instance: dg.DagsterInstance) -> Look:
        staging = self._staging
        going = _find_unfinished(instance, staging)
        if going:
            return Look(waits=f"run {going} is not finished: it is waited for")
        settings = staging.connection
        if settings.embedded and EmbeddedServer(settings.home).status().state != "running":
            return Look(waits="the embedded server does not run: a build or `db start` starts it")
        project = load_project(staging, staging.department, KINDS)
        if other := self._nodes.symmetric_difference(project.nodes):
            named = ", ".join(sorted(other)[:5])
            return Look(
                waits=f"scripts came or went that Dagster has not heard of ({named}): reload the"
                " code location, or start its code server anew"
            )
        if self._contents != project.contents:
            self._contents = project.contents
            return Look(waits="scripts have changed: built is what is the same at the next look")
        last = _find_last(instance, staging)
        tried_by = "" if last is None else last.run_id
        with closing(find_server(staging.postgres).connect_own("outlook")) as connection:
            holder = find_running(connection, staging.schema)
            if holder is not None:
                return Look(waits=f"{holder} holds the schema: it is waited for")
            stale = read_stale(connection, project, staging.schema, tried_by=tried_by)
        return Look(stale, tried=(last and last.asset_selection) or ())


def _find_unfinished(instance: dg.DagsterInstance, staging: StagingSchema) -> str | None:
    """The id of a run that is about the schema and is queued or at work."""
    own = build_identity_tags(staging)
    for record in instance.get_run_records(dg.RunsFilter(statuses=_UNFINISHED)):
        run = record.dagster_run
        if own in read_step_tags(instance, run).values():
            return run.run_id
    return None


def _find_last(instance: dg.DagsterInstance, staging: StagingSchema) -> dg.DagsterRun | None:
    """The last run that was asked for; None when there is none, or it was killed.

    What a killed run has left is to be gone on with; what another one has failed at, or somebody
    has stopped, waits for a change or for a person.
    """
    filters = dg.RunsFilter(tags={AUTOMATION_TAG: staging.pool})
    runs = [record.dagster_run for record in instance.get_run_records(filters, limit=1)]
    if not runs:
        return None
    if runs[0].status is dg.DagsterRunStatus.FAILURE:
        steps = instance.get_run_step_stats(runs[0].run_id)
        if any(step.status is not None and step.status.value == "IN_PROGRESS" for step in steps):
            return None
    return runs[0]
