"""Runs whose process is gone, while Dagster's history says that they go on.

Dagster asks the launcher of a run whether its process lives. The default launcher cannot say, and a
run of `dagster job execute` has none: after `kill -9` it would stay started, and hold its place in
the queue, for ever. But each run of ours shows a sign in the database while a step of ours is at
work (`postgres/client/presence.py`), and notes in its tags in which database.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import dagster as dg

from staging_assets.defs.alerts.of_a_run import alert_killed
from staging_assets.defs.runs.identity import (
    SHOWS_VALUES,
    WHERE,
    build_identity_tags,
    check_database,
    read_step_tags,
)
from staging_assets.errors import StagingError
from staging_assets.postgres import (
    Connection,
    Presence,
    Server,
    find_database_identity,
    find_present,
    find_server,
    is_asleep,
)
from staging_assets.settings import StagingSchema

Context = dg.AssetExecutionContext | dg.OpExecutionContext

_UNSAID = 600
"""Seconds after which a step that has noted no database would have done so."""

_PAUSE = 2.0
"""Seconds between the two looks: a run that is just ending has ended by the second one."""

_GOING_ON = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]


@dataclass(frozen=True)
class DeadRun:
    """A run that was marked as ended because its process is gone.

    Args:
        run_id: the run.
        job: its job.
        step: the step that it was at.
    """

    run_id: str
    job: str
    step: str

    def __str__(self) -> str:
        return (
            f"run {self.run_id} ({self.job}) was marked as failed: its process ended without a "
            "word, and its session in the database with it"
        )


@contextmanager
def showing_presence(
    context: Context, server: Server, staging: StagingSchema
) -> Iterator[Connection | None]:
    """Show the sign of this run while the block is at work; mark runs that died before it.

    Where the database lets nobody in, the run itself will say it. Otherwise the block is given the
    session, to ask on it what it likes.

    Args:
        context: of the step.
        server: where it works.
        staging: what it is about.

    Raises SettingsError when it is not the database that the run is for.
    """
    if server.sessions.show_values:
        context.instance.add_run_tags(context.run.run_id, {SHOWS_VALUES: "1"})
    try:
        presence = Presence(server, context.run.run_id)
    except StagingError as error:
        context.log.debug(f"no sign of this run in the database: {error}")
        yield None
        return
    with closing(presence):
        if presence.database is not None:
            check_database(context, staging, presence.database)
        connection = presence.connection
        warn = context.log.warning
        for each in run_fail_dead_runs(
            context.instance, connection, staging, warn, own=context.run.run_id
        ):
            warn(str(each))
        yield connection


def run_fail_dead_runs(
    instance: dg.DagsterInstance,
    connection: Connection,
    staging: StagingSchema,
    warn: Callable[[str], Any],
    *,
    own: str = "",
) -> list[DeadRun]:
    """Mark the runs as failed whose process is gone, and tell people of them; return them.

    A run is judged when a step of ours is at work in it, it shows no sign in the database that it
    has noted, and nothing of this has changed two seconds later. A run that was killed before it
    noted a database is judged after ten minutes, when it is one of this schema. All others are left
    alone.

    Args:
        instance: where the runs are.
        connection: to the database, autocommit.
        staging: what runs that have noted no database may be about, and whom to tell.
        warn: writes one line to the log, where somebody cannot be told.
        own: the run that asks, which is alive.
    """
    going = {
        record.dagster_run.run_id: record.dagster_run
        for record in instance.get_run_records(dg.RunsFilter(statuses=_GOING_ON))
        if record.dagster_run.run_id != own
    }
    if not going:
        return []
    here = find_database_identity(connection)
    silent = set(going) - find_present(connection, going)
    steps = {run_id: _find_step(instance, going[run_id], here, staging) for run_id in silent}
    if not any(steps.values()):
        return []
    time.sleep(_PAUSE)
    silent -= find_present(connection, silent)
    found = [
        dead
        for run_id in sorted(silent)
        if steps[run_id] and (dead := _mark(instance, run_id, here, staging))
    ]
    alert_killed(staging, [(each.run_id, str(each)) for each in found], warn)
    return found


def _mark(
    instance: dg.DagsterInstance, run_id: str, here: str | None, staging: StagingSchema
) -> DeadRun | None:
    run = instance.get_run_by_id(run_id)
    if run is None or run.status not in _GOING_ON:
        return None
    step = _find_step(instance, run, here, staging)
    if step is None:
        return None
    message = (
        f"The process of this run is gone, and so is its session in the database: step {step} was "
        "at work. It was killed, ran out of memory, or its machine was lost. Every table is as it "
        "was or wholly new, and nothing needs repair: run it again."
    )
    if run.status is dg.DagsterRunStatus.CANCELING:
        instance.report_run_canceled(run, message)
    else:
        instance.report_run_failed(run, message)
    return DeadRun(run_id, run.job_name, step)


def _find_step(
    instance: dg.DagsterInstance, run: dg.DagsterRun, here: str | None, staging: StagingSchema
) -> str | None:
    """The step of ours that is at work in a run, when it should be showing a sign here."""
    run_id, _, noted = run.tags.get(WHERE, "").partition(" ")
    # A run that is executed again has the tags of the run before it.
    said = run_id == run.run_id
    if said and noted != here:
        return None
    ours: Mapping[str, Mapping[str, str]] = read_step_tags(instance, run)
    for told in instance.get_run_step_stats(run.run_id):
        name = told.step_key.rpartition(".")[2]
        if told.status is None or told.status.value != "IN_PROGRESS" or name not in ours:
            continue
        if said:
            return told.step_key
        long_ago = told.start_time is not None and time.time() - told.start_time > _UNSAID
        if long_ago and ours[name] == build_identity_tags(staging):
            return told.step_key
    return None


def look_once(
    instance: dg.DagsterInstance, staging: StagingSchema, warn: Callable[[str], Any]
) -> list[DeadRun]:
    """Mark dead runs as failed, with a session of its own, and tell people; return them.

    An embedded server that does not run is not started for it.

    Args:
        instance: where the runs are.
        staging: whose database is asked, and whom to tell.
        warn: writes one line to the log.

    Raises DatabaseError when the database cannot be asked.
    """
    if is_asleep(staging.postgres):
        return []
    server = find_server(staging.postgres)
    with closing(server.connect_own("upkeep")) as connection:
        return run_fail_dead_runs(instance, connection, staging, warn)
