"""The alerts of a run: what failed in it, what refused it, or that its process was killed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import dagster as dg

from staging_assets.builder import NodeResult
from staging_assets.checks import CheckResult
from staging_assets.defs.alerts.alert import Alert, FailedCheck, FailedTable, build_about
from staging_assets.defs.alerts.channels import run_alert
from staging_assets.defs.reporting.log import CHECK_FAILED
from staging_assets.defs.reporting.way_on import WayOn
from staging_assets.errors import StagingError
from staging_assets.model import ETL, STAGING, say
from staging_assets.settings import AlertSettings, StagingSchema

Context = dg.AssetExecutionContext | dg.OpExecutionContext


def find_alert(
    about: Mapping[str, str],
    name: Callable[[str], str],
    results: Sequence[NodeResult],
    failed_checks: Sequence[CheckResult],
    *,
    dependencies: Mapping[str, Collection[str]],
    go_on: str,
) -> Alert | None:
    """What a run that came to its end has to tell; None when all is well.

    Args:
        about: as `build_about` gives it.
        name: the key of a node, such as `staging/arrests`.
        results: what came of each node.
        failed_checks: the checks that failed, warnings as well.
        dependencies: node to the nodes before it.
        go_on: the command that builds what is left.
    """
    failed = [result for result in results if result.status == "failed"]
    skipped = {result.node for result in results if result.status == "skipped"}
    if not failed and not skipped and not failed_checks:
        return None
    of = f'schema "{about["schema"]}" of {about["department"]}'
    parts = [f"{len(failed)} of {len(results)} failed"] if failed else []
    parts += [f"{len(skipped)} skipped"] if skipped else []
    parts += [f"{say(len(failed_checks), 'check')} failed"] if failed_checks else []
    return Alert(
        kind="tables_failed" if failed or skipped else "checks_failed",
        headline=f"{of}: {', '.join(parts)}",
        about=about,
        tables=[
            FailedTable(
                name(result.node),
                result.message or "no reason was given",
                [name(node) for node in find_held_up(result.node, skipped, dependencies)],
            )
            for result in failed
        ],
        checks=[FailedCheck(name(check.table), check) for check in failed_checks],
        go_on=go_on if failed or skipped else "",
    )


def alert_results(
    context: dg.AssetExecutionContext,
    staging: StagingSchema,
    results: Sequence[NodeResult],
    failed_checks: Sequence[CheckResult],
    *,
    dependencies: Mapping[str, Collection[str]],
    way_on: WayOn,
) -> None:
    """Log every failed check, and tell people what a run has left undone.

    Args:
        context: of the step.
        staging: whom to tell, and which schema was built.
        results: what came of each node.
        failed_checks: the checks that failed, warnings as well.
        dependencies: node to the nodes before it.
        way_on: what goes on with the run.
    """

    def name(node: str) -> str:
        return "/".join([*staging.key_prefix, STAGING, node])

    for check in failed_checks:
        context.log.warning(f"{CHECK_FAILED}{FailedCheck(name(check.table), check)}")
    about = build_about(staging, context.run.run_id)
    left = [name(result.node) for result in results if result.status in ("failed", "skipped")]
    go_on = way_on.find_command(left)
    alert = find_alert(about, name, results, failed_checks, dependencies=dependencies, go_on=go_on)
    if alert is not None:
        run_alert(staging.alerts, alert, context.log.warning)


def alert_loads(
    context: dg.AssetExecutionContext, staging: StagingSchema, failed: Mapping[str, str]
) -> None:
    """Tell people of CSV files that were not loaded.

    Args:
        context: of the step.
        staging: whom to tell, and what it is about.
        failed: name of the table to why it was not loaded.
    """
    prefix = "/".join([*staging.key_prefix, ETL])
    tables = [FailedTable(f"{prefix}/{name}", text) for name, text in sorted(failed.items())]
    alert = Alert(
        kind="tables_failed",
        headline=f"{say(len(tables), 'CSV file')} of {staging.department} not loaded",
        about=build_about(staging, context.run.run_id),
        tables=tables,
        go_on=WayOn().find_command([table.asset for table in tables]),
    )
    run_alert(staging.alerts, alert, context.log.warning)


def find_held_up(
    node: str, skipped: Collection[str], dependencies: Mapping[str, Collection[str]]
) -> list[str]:
    """What was skipped because of a node, sorted."""
    held = {node}
    while new := {
        each for each in skipped if each not in held and held & set(dependencies.get(each, ()))
    }:
        held |= new
    return sorted(held - {node})


@contextmanager
def alerting(context: Context, staging: StagingSchema) -> Iterator[None]:
    """Tell people of whatever ends the block, but for what has told of itself, and stopping.

    Args:
        context: of the step.
        staging: whom to tell, and what it is about.
    """
    try:
        yield
    except dg.Failure:
        raise
    except Exception as error:
        run_alert(
            staging.alerts, _of_error(staging, error, context.run.run_id), context.log.warning
        )
        raise


def _of_error(staging: StagingSchema, error: Exception, run_id: str) -> Alert:
    known = isinstance(error, StagingError)
    reason = str(error) if known else f"{type(error).__name__}; the log of the run has its text."
    return Alert(
        kind="run_refused",
        headline=f'schema "{staging.schema}" of {staging.department}: the run ended early',
        about=build_about(staging, run_id),
        reason=reason,
    )


def alert_killed(
    staging: StagingSchema, killed: Sequence[tuple[str, str]], warn: Callable[[str], Any]
) -> None:
    """Tell people of runs whose process is gone.

    Args:
        staging: whom to tell.
        killed: of each run its id, and a line on it.
        warn: writes one line to the log.
    """
    for run_id, text in killed:
        alert = Alert(
            kind="run_killed",
            headline=f'schema "{staging.schema}" of {staging.department}: a run was killed',
            about=build_about(staging, run_id),
            reason=f"{text}\nEvery table is as it was or wholly new. Run it again.",
        )
        run_alert(staging.alerts, alert, warn)


def alert_broken(settings: AlertSettings, reason: str, warn: Callable[[str], Any]) -> None:
    """Tell people that the definitions do not load, so that there is no run at all.

    Args:
        settings: whom to tell.
        reason: all that is wrong.
        warn: writes one line to the log.
    """
    headline = "staging: the scripts or settings are wrong, and nothing was built"
    run_alert(settings, Alert("scripts_broken", headline, {}, reason), warn)


def alert_blind(settings: AlertSettings, reason: str, warn: Callable[[str], Any]) -> None:
    """Tell people that nobody could look whether the night has gone as it should.

    Args:
        settings: whom to tell.
        reason: why.
        warn: writes one line to the log.
    """
    headline = "staging: nobody can look whether the night has gone as it should"
    run_alert(settings, Alert("could_not_look", headline, {}, reason), warn)
