"""One execution of the step that builds staging: what was asked for, and what has come of it."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import dagster as dg

from staging_assets.builder import BuildOptions, NodeResult
from staging_assets.checks import Check, CheckResult, is_late, run_given_checks
from staging_assets.defs.alerts.of_a_run import alert_results
from staging_assets.defs.alerts.overdue import note_complete
from staging_assets.defs.assets.asset_checks import (
    build_check_event,
    build_check_result,
    find_checks_of_run,
)
from staging_assets.defs.assets.config import BuildConfig, find_rebuild, find_said
from staging_assets.defs.assets.covering import find_covered, find_known
from staging_assets.defs.assets.failure import find_failure
from staging_assets.defs.assets.late_checks import find_waiting_checks
from staging_assets.defs.assets.metadata import LINEAGE, build_lineage_table, build_metadata
from staging_assets.defs.assets.missing_sources import explain_missing_sources
from staging_assets.defs.assets.promoting import find_schema, run_promotion
from staging_assets.defs.assets.resources import PostgresResource, find_database
from staging_assets.defs.history.timings import build_timings
from staging_assets.defs.reporting.console import Screen
from staging_assets.defs.reporting.log import FAILED, SKIPPED
from staging_assets.defs.reporting.way_on import WayOn, find_selection
from staging_assets.defs.runs.dead_runs import showing_presence
from staging_assets.defs.translation.specs import AssetSpecs, build_column_lineage
from staging_assets.model import SCHEMA_NODE, STAGING, StagingProject
from staging_assets.postgres import Connection, Server
from staging_assets.project import LineageCache
from staging_assets.scheduler import run_build, undisturbed
from staging_assets.settings import StagingSchema, check_workers

Told = dg.AssetMaterialization | dg.AssetObservation | dg.AssetCheckEvaluation
Event = dg.MaterializeResult[Any] | dg.AssetCheckResult | Told
"""What the step tells Dagster of a node; yielded, since a failure loses what `log_event` gets."""

_BESIDE = (
    'this run builds schema "{}", and the assets are those of "{}": they are reported as observed, '
    "and what depends on them in this run is skipped"
)


class Step:
    """One execution of the step: what was asked for, and what has come of it."""

    def __init__(
        self,
        *,
        context: dg.AssetExecutionContext,
        staging: StagingSchema,
        project: StagingProject,
        specs: AssetSpecs,
        keys: Mapping[str, dg.AssetKey],
        renamed: Mapping[dg.AssetKey, dg.AssetKey],
        nodes: frozenset[str],
        checks: Mapping[str, Sequence[Check]],
        config: BuildConfig,
    ) -> None:
        self._context = context
        self._staging = staging
        self._project = project
        self._specs = specs
        self._keys = keys
        self._renamed = renamed
        self._nodes = nodes
        self._prefix = "/".join([*staging.key_prefix, STAGING])
        node_of = {key: node for node, key in keys.items()}
        self._chosen = {(node_of[c.asset_key], c.name) for c in context.selected_asset_check_keys}
        self._covered = find_covered(self._prefix, project.nodes, nodes, config.covers)
        self._asked = nodes | self._covered
        # A table and its cleanup are built together, whichever was selected.
        partners = self._asked if config.create_only else project.add_partners(self._asked)
        self._added = partners - nodes
        self._checks = find_checks_of_run(project, checks, self._chosen, nodes, self._added)
        self._config = config
        self._schema = find_schema(staging, config)
        # What a branch is made of is never the live table.
        self._live = self._schema == staging.schema and not config.changed_from
        self._database = ""
        self._lineage = LineageCache(project, staging.home)
        self._results: list[NodeResult] = []
        self._told: list[CheckResult] = []
        self._known = frozenset[tuple[str, str]]()
        self._failed_checks: list[CheckResult] = []

    def run(self, postgres: PostgresResource) -> Iterator[Event]:
        """Build what was selected, then evaluate the checks of the whole; fail when either did."""
        server = find_database(self._staging, postgres)
        with showing_presence(self._context, server, self._staging) as connection:
            yield from self._run(server, connection)

    def _run(self, server: Server, connection: Connection | None) -> Iterator[Event]:
        self._database = server.database
        shadows = [f"{used} is used; {o} gives way to it" for used, o in self._project.shadowed]
        for note in (*shadows, *self._project.notes):
            self._log("info", note)
        chosen = find_selection(self._prefix, self._asked, self._project.nodes)
        said = find_said(self._config)
        way_on = WayOn(chosen, self._context.op_execution_context.op_handle.name, said)
        screen = Screen(len(self._nodes | self._added), prefix=self._prefix, way_on=way_on)
        if self._config.promote:
            self._log("info", f"{self._schema} is built, and promoted when all of it is right")
        elif self._nodes and not self._live:
            self._context.log.info(_BESIDE.format(self._schema, self._staging.schema))
        if self._nodes:
            yield from self._build(server, screen)
            yield from self._report_timings()
        for check in self._run_late_checks(server, connection):
            yield from self._report_check(check)
        self._lineage.save()
        if self._nodes:
            screen.show_summary(self._where(server))
        failed = {result.node for result in self._results if result.status == "failed"}
        for check in self._failed_checks:
            if check.table not in failed:
                screen.show_check(check)
        alert_results(
            self._context,
            replace(self._staging, schema=self._schema),
            self._results,
            self._failed_checks,
            dependencies=self._project.dependencies,
            way_on=way_on,
        )
        failure = find_failure(self._prefix, self._asked, self._results, self._failed_checks)
        if failure is not None:
            raise dg.Failure(failure, allow_retries=False)
        if self._config.promote and self._nodes:
            yield from self._promote(server)
        if self._live and not self._config.create_only and self._asked >= set(self._project.nodes):
            note_complete(self._context, self._staging)

    def _promote(self, server: Server) -> Iterator[Event]:
        """Promote what was built, and only then report it: now it is the live schema."""
        context, staging, project = self._context, self._staging, self._project
        run_promotion(context, staging, project, server, self._config, told=self._told)
        self._schema, self._live = self._staging.schema, True
        for result in self._results:
            if result.status == "built":
                yield from self._report_built(result)
        for check in self._told:
            yield from self._report_live_check(check)

    def _build(self, server: Server, screen: Screen) -> Iterator[Event]:
        """Build what was selected, and stop at once when the run is stopped.

        Ctrl-C, a signal or the terminate button raises in here, or in Dagster's own code while
        this generator waits. Dagster then drops it without closing it, and the process ends.
        """
        results = self._run_build(server, screen)

        def give_up() -> None:
            with undisturbed():
                results.close()
                screen.show_cancelled()

        atexit.register(give_up)
        try:
            for result in results:
                quiet = result.status == "unchanged" and result.node in self._covered
                screen.show(result, quiet=quiet)
                self._results.append(result)
                yield from self._report(result)
        except Exception:
            raise
        except BaseException:
            give_up()
            raise
        finally:
            screen.close_bar()
            atexit.unregister(give_up)

    def _run_build(self, server: Server, screen: Screen) -> Generator[NodeResult, None, None]:
        workers = self._config.workers or self._staging.workers
        options = BuildOptions(
            schema=self._schema,
            rebuild=find_rebuild(self._context, self._config),
            workers=check_workers(workers, "run config `workers` of staging_build"),
            suited=self._staging.suited and not self._config.workers,
            run_id=self._context.run.run_id,
            create_only=self._config.create_only,
            changed_from=self._config.changed_from,
            wait_for_lock=self._staging.wait_for_lock,
            take_over=self._config.take_over or self._staging.take_over,
        )
        early = {
            node: [check for check in checks if not is_late(check)]
            for node, checks in self._checks.items()
            if node in self._nodes | self._added
        }
        results = run_build(
            server,
            self._project,
            self._asked,
            options,
            early,
            self._log,
            threading.Event(),
            watcher=screen.watcher,
            planned=screen.show_plan,
            sized=screen.note_size,
        )
        return explain_missing_sources(results, self._staging, self._project)

    def _log(self, level: str, message: str) -> None:
        self._context.log.log(level.upper(), message)

    def _report(self, result: NodeResult) -> Iterator[Event]:
        """Tell Dagster: a materialization when it was built, its checks in any case.

        What is built into another schema than that of the definitions is observed: it says
        nothing about the live table, and nobody who waits for that may go on. What was built
        without being selected is recorded beside the step's outputs, which it is none of.
        """
        if result.status == "failed":
            # Now, and not with the end of the step: the others may take an hour.
            self._log("error", f"{FAILED}{self._prefix}/{result.node}: {result.message}")
        elif result.status == "skipped":
            self._log("warning", f"{SKIPPED}{self._prefix}/{result.node}: {result.message}")
        if result.status == "built":
            yield from self._report_built(result)
        for check in result.checks:
            yield from self._report_check(check)

    def _report_built(self, result: NodeResult) -> Iterator[Event]:
        key, metadata = self._keys[result.node], self._build_metadata(result)
        if not self._live:
            if not self._config.promote:
                yield dg.AssetObservation(asset_key=key, metadata=metadata)
        elif result.node in self._added:
            yield dg.AssetMaterialization(asset_key=key, metadata=metadata)
        else:
            yield dg.MaterializeResult(asset_key=key, metadata=metadata)

    def _report_timings(self) -> Iterator[Event]:
        """Tell where the time went, where the run's page shows it: an event of the schema's."""
        told = build_timings(self._results, self._keys, self._project.dependencies)
        if told is not None:
            key = self._keys[SCHEMA_NODE]
            yield dg.AssetObservation(asset_key=key, metadata=told)

    def _build_metadata(self, result: NodeResult) -> dict[str, Any]:
        where = {
            "department": self._staging.department,
            "schema": self._schema,
            "database": self._database,
        }
        metadata = build_metadata(result, where, is_table=result.node in self._project.tables)
        lineage = self._lineage.find(result.node)
        if lineage:
            told = build_column_lineage(self._specs, lineage, self._renamed)
            metadata |= {"dagster/column_lineage": told, LINEAGE: build_lineage_table(told)}
        return metadata

    def _report_check(self, check: CheckResult) -> Iterator[Event]:
        self._told.append(check)
        for line in check.warnings:
            self._log("warning", line)
        if not check.passed:
            self._failed_checks.append(check)
        if self._live:
            yield from self._report_live_check(check)

    def _report_live_check(self, check: CheckResult) -> Iterator[Event]:
        key = self._keys[check.table]
        if (check.table, check.name) in self._chosen:
            yield build_check_result(check, key)
        elif (check.table, check.name) not in self._known:
            yield build_check_event(check, key)

    def _run_late_checks(self, server: Server, connection: Connection | None) -> list[CheckResult]:
        """Checks that were selected and not evaluated during the build.

        Those of the whole schema look at what was built; in a run of checks alone, at everything.
        """
        waiting = find_waiting_checks(self._checks, self._results, self._nodes | self._added)
        if not waiting:
            return []
        built = {result.node for result in self._results if result.status == "built"}
        asked = self._project, self._schema, waiting, built if self._nodes else None
        found = run_given_checks(server, *asked, connection=connection)
        if self._covered and self._live:
            beside = [check for check in found if check.table in self._covered]
            self._known = find_known(self._context, beside, self._keys)
        return found

    def _where(self, server: Server) -> str:
        if self._staging.embedded:
            where = f'schema "{self._schema}" on the embedded server'
            return f"{where}; look at it with: staging-assets db psql"
        return f'schema "{self._schema}" in {server}'
