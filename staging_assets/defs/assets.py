"""The one step that builds staging: a subsettable multi-asset over every node of the folder.

Dagster sees one asset a table, lookup, procedure script and cleanup; inside, the plan of
`postgres.plan` runs them on several connections at once, and each is reported as it ends.
"""

# No postponed annotations here: Dagster reads those of the functions below as they are.

import atexit
import os
import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any, Literal

import dagster as dg
from pydantic import Field

from staging_assets.builder import BuildOptions, NodeResult, Rebuild
from staging_assets.checks import (
    Check,
    CheckResult,
    find_checks,
    is_late,
    run_given_checks,
)
from staging_assets.defs.asset_checks import build_check_result, build_check_specs
from staging_assets.defs.dagster_patches.step_outputs import remember_outputs
from staging_assets.defs.jobs import BUILD_STEP
from staging_assets.defs.reporting.console import Screen
from staging_assets.defs.reporting.notify import run_notify
from staging_assets.defs.resources import PostgresResource
from staging_assets.defs.specs import build_column_lineage, build_key, build_specs, find_node
from staging_assets.errors import StagingError
from staging_assets.model import SCHEMA_NODE, StagingProject
from staging_assets.postgres import Server
from staging_assets.project import LineageCache
from staging_assets.scheduler import run_build
from staging_assets.settings import Settings, check_schema_name, check_workers

Event = dg.MaterializeResult[Any] | dg.AssetCheckResult
"""Checks of the whole schema: they can only be answered when everything else has been built."""


class BuildConfig(dg.Config):
    """Run config of the build."""

    schema_: str = Field(
        default="",
        alias="schema",
        description="The schema to build; empty means STAGING_SCHEMA.",
    )
    rebuild: Literal["all", "missing", "changed"] = Field(
        default="all",
        description="all; missing: what is not done yet; changed: what changed since its build.",
    )
    workers: int = Field(
        default=0,
        description="Connections that build at the same time; 0 means STAGING_WORKERS.",
    )
    create_only: bool = Field(
        default=False, description="Create missing tables and leave them empty."
    )


def build_staging_assets(project: StagingProject) -> dg.AssetsDefinition:
    """The multi-asset of everything in the folder, with its checks."""
    checks = find_checks(project)

    @dg.multi_asset(
        name=BUILD_STEP,
        specs=build_specs(project),
        check_specs=build_check_specs(project),
        can_subset=True,
    )
    def staging_build(
        context: dg.AssetExecutionContext, config: BuildConfig, postgres: PostgresResource
    ) -> Iterator[Event]:
        chosen = {
            (find_node(check.asset_key), check.name) for check in context.selected_asset_check_keys
        }
        remember_outputs(context)
        step = _Step(
            context=context,
            project=project,
            nodes=frozenset(find_node(key) for key in context.selected_asset_keys),
            checks={
                node: [check for check in of_node if (node, check.name) in chosen]
                for node, of_node in checks.items()
            },
            settings=postgres.read_settings(),
            config=config,
        )
        try:
            yield from step.run(postgres.find_server())
        except StagingError as error:
            raise dg.Failure(str(error), allow_retries=False) from None

    return staging_build


class _Step:
    """One execution of the step: what was asked for, and what has come of it."""

    def __init__(
        self,
        *,
        context: dg.AssetExecutionContext,
        project: StagingProject,
        nodes: frozenset[str],
        checks: Mapping[str, Sequence[Check]],
        settings: Settings,
        config: BuildConfig,
    ) -> None:
        self._context = context
        self._project = project
        self._nodes = nodes
        self._checks = checks
        self._settings = settings
        self._config = config
        self._schema = check_schema_name(
            config.schema_ or settings.schema, "run config `schema` of staging_build"
        )
        self._lineage = LineageCache(project, settings.home)
        self._results: list[NodeResult] = []
        self._failed_checks: list[CheckResult] = []

    def run(self, server: Server) -> Iterator[Event]:
        """Build what was selected, then evaluate the checks of the whole; fail when either did."""
        screen = Screen(len(self._nodes))
        if self._nodes:
            yield from self._build(server, screen)
        for check in self._run_late_checks(server):
            yield build_check_result(check, build_key(check.table))
            if not check.passed:
                self._failed_checks.append(check)
        self._lineage.save()
        if self._nodes:
            screen.show_summary(self._where(server))
        failed = {result.node for result in self._results if result.status == "failed"}
        for check in self._failed_checks:
            if check.table not in failed:
                screen.show_check(check)
        about = {"schema": self._schema, "run_id": self._context.run.run_id}
        run_notify(os.environ, self._failed_checks, self._context.log.warning, about)
        self._raise_failure()

    def _build(self, server: Server, screen: Screen) -> Iterator[Event]:
        """Build what was selected, and stop at once when the run is stopped.

        Ctrl-C, a signal or the terminate button raises in here, or in Dagster's own code while
        this generator waits. Dagster then drops it without closing it, and the process ends.
        """
        results = self._run_build(server)

        def give_up() -> None:
            results.close()
            screen.show_cancelled()

        atexit.register(give_up)
        try:
            for result in results:
                screen.show(result)
                self._results.append(result)
                yield from self._report(result)
        except Exception:
            raise
        except BaseException:
            give_up()
            raise
        finally:
            atexit.unregister(give_up)

    def _run_build(self, server: Server) -> Generator[NodeResult, None, None]:
        workers = self._config.workers or self._settings.workers
        options = BuildOptions(
            schema=self._schema,
            rebuild=Rebuild(self._config.rebuild),
            workers=check_workers(workers, "run config `workers` of staging_build"),
            run_id=self._context.run.run_id,
            create_only=self._config.create_only,
            wait_for_lock=self._settings.wait_for_lock,
        )
        early = {
            node: [check for check in checks if not is_late(check)]
            for node, checks in self._checks.items()
            if node in self._nodes
        }
        return run_build(
            server, self._project, self._nodes, options, early, self._log, threading.Event()
        )

    def _log(self, level: str, message: str) -> None:
        self._context.log.log(level.upper(), message)

    def _report(self, result: NodeResult) -> Iterator[Event]:
        """Tell Dagster: a materialization when it was built, its checks in any case."""
        key = build_key(result.node)
        if result.status == "built":
            metadata: dict[str, Any] = {"seconds": round(result.seconds, 3), **result.metadata}
            if result.rows is not None:
                metadata["dagster/row_count"] = result.rows
            lineage = self._lineage.find(result.node)
            if lineage:
                metadata["dagster/column_lineage"] = build_column_lineage(lineage)
            yield dg.MaterializeResult(asset_key=key, metadata=metadata)
        for check in result.checks:
            yield build_check_result(check, key)
            if not check.passed:
                self._failed_checks.append(check)

    def _run_late_checks(self, server: Server) -> list[CheckResult]:
        """Checks that were selected and not evaluated during the build.

        Those of the whole schema look at what this run has built; in a run of checks alone, at
        everything.
        """
        status = {result.node: result.status for result in self._results}
        evaluated = {(r.node, check.name) for r in self._results for check in r.checks}
        waiting = [
            check
            for node, checks in self._checks.items()
            for check in checks
            if (node, check.name) not in evaluated
            and (is_late(check) or node not in self._nodes or status.get(node) == "unchanged")
        ]
        if not waiting:
            return []
        built = {node for node, ended in status.items() if ended == "built"}
        nodes = built if self._nodes else None
        return run_given_checks(server, self._project, self._schema, waiting, nodes)

    def _raise_failure(self) -> None:
        """End the run as failed unless everything selected was built or found unchanged."""
        failed = [r for r in self._results if r.status == "failed"]
        skipped = [r for r in self._results if r.status == "skipped"]
        lost = self._nodes - {r.node for r in self._results}
        broken = [c for c in self._failed_checks if c.severity == "ERROR"]
        reasons = []
        if failed:
            reasons.append(f"failed: {_name(r.node for r in failed)}")
        if skipped:
            reasons.append(f"skipped: {_name(r.node for r in skipped)}")
        if lost:
            reasons.append(f"neither built nor reported, which is a bug: {_name(lost)}")
        alone = [c for c in broken if c.table not in {r.node for r in failed}]
        if alone:
            named = ", ".join(sorted(f"{c.name} on staging/{c.table}" for c in alone))
            reasons.append(f"checks failed: {named}")
        if not reasons:
            return
        messages = [f"staging/{r.node}: {r.message}" for r in failed]
        raise dg.Failure("\n".join(["; ".join(reasons), *messages]), allow_retries=False)

    def _where(self, server: Server) -> str:
        where = f'schema "{self._schema}" in {server}'
        if self._settings.embedded:
            where = f'schema "{self._schema}" on the embedded server'
            return f"{where}; look at it with: staging-assets db psql"
        return where


def _name(nodes: Any) -> str:
    """`staging/a, staging/b`, sorted."""
    return ", ".join(f"staging/{node}" for node in sorted(nodes))


__all__ = ["SCHEMA_NODE", "BuildConfig", "build_staging_assets"]
