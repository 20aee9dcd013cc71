"""dagster-celery's launcher, which finds a department's queue and notices a worker that is gone.

It is named in `deploy/celery/dagster.yaml` and needs `dagster-celery[redis]`, which nothing else
here does.
"""

from __future__ import annotations

import time
from typing import Any

import dagster as dg
from dagster_celery.launcher import CeleryRunLauncher
from dagster_celery.tags import DAGSTER_CELERY_QUEUE_TAG, DAGSTER_CELERY_TASK_ID_TAG

_PATIENCE = 5.0
"""Seconds in which a worker answers; one that lives does so at once."""


class DepartmentRunLauncher(CeleryRunLauncher):
    """`CeleryRunLauncher` with two differences.

    The queue of a run is that of its tag, else that of its steps: runs that are not of a job, such
    as those of the button "Materialize", have no tags of their own.

    And a run is healthy while its worker says that it executes it. Celery itself keeps a task as
    started for ever when the machine of its worker is lost.

    Args:
        gone_after_seconds: for how long a worker may give no sign of a run before that is failed.
        launcher: what `CeleryRunLauncher` takes.
    """

    def __init__(self, gone_after_seconds: int = 60, **launcher: Any) -> None:
        super().__init__(**launcher)
        self._gone_after = gone_after_seconds
        self._missed: dict[str, float] = {}

    @classmethod
    def config_type(cls) -> Any:
        """What stands under `config` in `dagster.yaml`."""
        own = dg.Field(
            int,
            is_required=False,
            default_value=60,
            description="Seconds without a sign of a run from its worker before the run is failed.",
        )
        stock: Any = super().config_type()
        return {**stock, "gone_after_seconds": own}

    def launch_run(self, context: Any) -> None:
        """Put a run into its queue."""
        run = context.dagster_run
        queue = self._find_queue(run)
        if queue is not None:
            self._instance.add_run_tags(run.run_id, {DAGSTER_CELERY_QUEUE_TAG: queue})
            tagged = self._instance.get_run_by_id(run.run_id)
            context = context._replace(dagster_run=tagged or run)
        super().launch_run(context)

    def check_run_worker_health(self, run: dg.DagsterRun) -> Any:
        """Ask Celery, and then the worker itself, whether a run is still executed."""
        told = super().check_run_worker_health(run)
        if told.status.name != "RUNNING" or self._is_executed(run):
            self._missed.pop(run.run_id, None)
            return told
        since = self._missed.setdefault(run.run_id, time.monotonic())
        if time.monotonic() - since < self._gone_after:
            return told
        self._missed.pop(run.run_id, None)
        return told._replace(
            status=type(told.status).FAILED,
            msg=f"Its worker has given no sign of it for {self._gone_after} seconds: it was killed,"
            " or its machine is gone. The tables are as they were; run it again.",
        )

    def _find_queue(self, run: dg.DagsterRun) -> str | None:
        """The one queue that the steps of a run name, when its own tags name none."""
        if DAGSTER_CELERY_QUEUE_TAG in run.tags or run.job_snapshot_id is None:
            return None
        steps = self._instance.get_job_snapshot(run.job_snapshot_id).node_defs_snapshot
        told = {step.tags.get(DAGSTER_CELERY_QUEUE_TAG) for step in steps.op_def_snaps}
        queues = [queue for queue in told if queue]
        return queues[0] if len(queues) == 1 else None

    def _is_executed(self, run: dg.DagsterRun) -> bool:
        task = run.tags[DAGSTER_CELERY_TASK_ID_TAG]
        # While a task is started, its result says who executes it.
        started = self.celery.AsyncResult(task).info
        worker = started.get("hostname") if isinstance(started, dict) else None
        ask = self.celery.control.inspect([worker] if worker else None, timeout=_PATIENCE)
        told = ask.active() or {}
        return any(one["id"] == task for active in told.values() for one in active)
