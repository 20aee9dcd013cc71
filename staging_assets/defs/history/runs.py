"""Read from Dagster's history what came of our runs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import dagster as dg

from staging_assets.defs.history.timings import FAILED_ONES, TIMINGS
from staging_assets.defs.reporting.log import FAILED, SKIPPED
from staging_assets.defs.runs.identity import (
    BUILD_STEP,
    SHOWS_VALUES,
    build_identity_tags,
    read_step_tags,
)
from staging_assets.errors import StagingError
from staging_assets.reports import CheckRecord, NodeRecord, RunRecord
from staging_assets.settings import StagingSchema

_AT_ONCE = 50
"""Runs that are listed together."""

_MOST_LOOKED_AT = 500
"""Runs that are looked through for ours: others may share the history."""

_COUNTED = {
    dg.DagsterEventType.ASSET_MATERIALIZATION,
    dg.DagsterEventType.ASSET_OBSERVATION,
    dg.DagsterEventType.ASSET_CHECK_EVALUATION,
}
"""What is read of runs that are only compared with."""

_HIDDEN = "not shown here: the run was told to show values of rows. Its log has the message."


class HistoryError(StagingError):
    """Dagster's history has not what was asked for."""


def read_runs(
    staging: StagingSchema, home: Path, *, run_id: str | None = None, count: int = 12
) -> list[RunRecord]:
    """Read a run of ours, and those before it; the newest first.

    Args:
        staging: whose runs.
        home: Dagster's folder, which DAGSTER_HOME names.
        run_id: of the run, or how it begins; None takes the last one that built something, or
            failed to.
        count: how many runs, at most.

    Raises HistoryError when there is none.
    """
    if not home.is_dir():
        raise HistoryError(_find_reason(home, run_id))
    try:
        with dg.DagsterInstance.from_config(str(home)) as instance:
            found = _read(instance, staging, run_id, count)
    except StagingError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever keeps Dagster from its own history
        raise HistoryError(f"{home}: Dagster's history cannot be read: {error}") from None
    if not found:
        raise HistoryError(_find_reason(home, run_id))
    return found


def _find_reason(home: Path, run_id: str | None) -> str:
    if run_id is None:
        return (
            f"{home}: no run of this department and schema has built anything yet. Build it:"
            " staging-assets build."
        )
    return (
        f"--run {run_id}: there is no such run of this department and schema in {home}. Leave it"
        " out for the last one; `dagster run list` lists all."
    )


def _read(
    instance: dg.DagsterInstance, staging: StagingSchema, run_id: str | None, count: int
) -> list[RunRecord]:
    found: list[RunRecord] = []
    for record in _find_ours(instance, staging):
        run = record.dagster_run
        if not found:
            if run_id is not None and not run.run_id.startswith(run_id):
                continue
            told = _read_run(instance, record, whole=True)
            if run_id is None and not told.nodes and not told.failure:
                continue  # checks alone
            found.append(told)
        else:
            found.append(_read_run(instance, record, whole=False))
        if len(found) == count:
            break
    return found


def _find_ours(instance: dg.DagsterInstance, staging: StagingSchema) -> Iterator[dg.RunRecord]:
    """The runs of the build step for this value, the newest first."""
    own, step = build_identity_tags(staging), f"{BUILD_STEP}{staging.suffix}"
    ours: dict[str | None, bool] = {}
    cursor, looked_at = None, 0
    while looked_at < _MOST_LOOKED_AT:
        records = instance.get_run_records(limit=_AT_ONCE, cursor=cursor)
        for record in records:
            run = record.dagster_run
            if run.job_snapshot_id not in ours:
                ours[run.job_snapshot_id] = read_step_tags(instance, run).get(step) == own
            if ours[run.job_snapshot_id]:
                yield record
        if len(records) < _AT_ONCE:
            return
        cursor = records[-1].dagster_run.run_id
        looked_at += len(records)


@dataclass
class _Told:
    """What the events of a run have told so far."""

    nodes: dict[str, NodeRecord] = field(default_factory=dict)
    checks: dict[tuple[str, str], CheckRecord] = field(default_factory=dict)
    where: Mapping[str, Any] = field(default_factory=dict)
    timed: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    failure: str = ""

    def take(self, event: Any, at: float) -> None:
        """Take in one of Dagster's events.

        Args:
            event: of any type.
            at: when, in seconds since 1970.
        """
        kind = event.event_type_value
        if kind == "ASSET_MATERIALIZATION":
            self._take_build(event.step_materialization_data.materialization, at)
        elif kind == "ASSET_OBSERVATION":
            observed = event.asset_observation_data.asset_observation
            if FAILED_ONES in observed.metadata:
                self.timed = observed.metadata[FAILED_ONES].value or {}
            if TIMINGS not in observed.metadata and "seconds" in observed.metadata:
                self._take_build(observed, at)  # built into another schema than the live one
        elif kind == "ASSET_CHECK_EVALUATION":
            told = event.event_specific_data
            name = "/".join(told.asset_key.path)
            check = CheckRecord(
                name, told.check_name, told.passed, told.severity.value, told.description or ""
            )
            self.checks[check.key] = check
        elif kind in ("STEP_FAILURE", "RUN_FAILURE") and not self.failure:
            data = event.event_specific_data
            said = getattr(data, "user_failure_data", None)
            self.failure = (said.description if said else None) or event.message or kind

    def _take_build(self, told: Any, at: float) -> None:
        known = {name: value.value for name, value in told.metadata.items()}
        name = "/".join(told.asset_key.path)
        seconds = float(known.get("seconds") or 0.0)
        self.where = self.where or (known if "department" in known else {})
        lineage = known.get("dagster/column_lineage")
        self.nodes[name] = NodeRecord(
            name,
            began=float(known.get("started") or at - seconds),
            seconds=seconds,
            worker=known.get("worker"),
            within=str(known.get("built_with") or ""),
            rows=known.get("dagster/row_count"),
            bytes=known.get("bytes"),
            version=(told.tags or {}).get("dagster/code_version", ""),
            parts={
                part.removesuffix("_seconds"): float(value)
                for part, value in known.items()
                if part.endswith("_seconds")
            },
            lineage={} if lineage is None else _read_lineage(lineage),
        )

    def take_line(self, line: str) -> None:
        """Take in a line of ours in the log, which tells of a node that was not built."""
        for start, status in ((FAILED, "failed"), (SKIPPED, "skipped")):
            if line.startswith(start):
                name, _, message = line.removeprefix(start).partition(": ")
                self.nodes[name] = NodeRecord(name, status, message=message)


def _read_run(instance: dg.DagsterInstance, record: dg.RunRecord, *, whole: bool) -> RunRecord:
    run, told = record.dagster_run, _Told()
    for entry in instance.all_logs(run.run_id, of_type=None if whole else _COUNTED):
        if entry.dagster_event is None:
            told.take_line(entry.user_message)
        else:
            told.take(entry.dagster_event, entry.timestamp)
    for name, times in told.timed.items():
        if name in told.nodes:
            told.nodes[name] = replace(told.nodes[name], **times)
    # What the step says at its end are the messages of its tables once more.
    alone = not any(node.status == "failed" for node in told.nodes.values())
    failure = told.failure if alone else ""
    if SHOWS_VALUES in run.tags:
        failure = failure and _HIDDEN
        told.nodes = {
            name: replace(node, message=_HIDDEN) if node.status == "failed" else node
            for name, node in told.nodes.items()
        }
    return RunRecord(
        run.run_id,
        run.status.value.lower(),
        record.start_time,
        record.end_time,
        told.nodes,
        told.checks,
        failure=failure,
        schema=str(told.where.get("schema", "")),
        department=str(told.where.get("department", "")),
    )


def _read_lineage(told: Any) -> dict[str, Sequence[str]]:
    columns: Mapping[str, Iterable[Any]] = {}
    with contextlib.suppress(AttributeError):
        columns = told.deps_by_column
    return {
        column: [f"{'/'.join(dep.asset_key.path)}.{dep.column_name}" for dep in deps]
        for column, deps in columns.items()
    }
