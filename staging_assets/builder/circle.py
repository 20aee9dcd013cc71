"""Build tables that foreign keys hold in a circle: side by side, and published in one transaction.

Each is made and filled as a shadow, without its keys to the others; these are added and validated
when all are full. Then all take their places at once: nobody ever misses a key, and one that fails
keeps all as they were.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg2

from staging_assets.builder.audit import ChecksFailedError, run_audit
from staging_assets.builder.branches.keys import run_check_keys
from staging_assets.builder.context import NodeResult, Rebuild, RunContext, Task
from staging_assets.builder.in_place import fill_in_place, read_size, run_in_live
from staging_assets.builder.node import find_unchanged, run_node
from staging_assets.builder.plan import find_plan, run_with_free_names
from staging_assets.builder.shadow.add_keys import run_inner_keys
from staging_assets.builder.shadow.create import ShadowPlan
from staging_assets.builder.shadow.table import Shadow, run_discard, run_make_shadow
from staging_assets.builder.up_to_date import is_done
from staging_assets.checks import CheckResult
from staging_assets.errors import BuildError, ScriptError
from staging_assets.model import Circle, Relation, Table
from staging_assets.parser import quote
from staging_assets.postgres import Connection, Session, find_safe_text
from staging_assets.publisher import run_in_place, run_publish


@dataclass
class Attempt:
    """How far a task has come, for whoever has to say what became of each of its nodes.

    Args:
        node: what is worked on.
        done: what was found unchanged.
        failed: tables whose checks hold the others back.
    """

    node: str
    done: list[NodeResult] = field(default_factory=list)
    failed: dict[str, ChecksFailedError] = field(default_factory=dict)


def run_task(session: Session, work: RunContext, task: Task, attempt: Attempt) -> list[NodeResult]:
    """Build a node, or those of a circle; what fails leaves all as it was before.

    Args:
        attempt: of this try; it is kept up to date.

    Raises StagingError or psycopg2.Error.
    """
    circle = work.project.circle_of.get(task.node)
    if circle is None:
        return [run_node(session, work, task)]
    nodes = _find_open(session, work, task, attempt)
    if len(nodes) == 1:
        attempt.node = nodes[0]
        alone = task.find_alone(nodes[0])
        return [*attempt.done, run_node(session, work, alone)]
    if nodes:
        built = _CircleBuild(session, work, replace(task, circle=tuple(nodes)), circle, attempt)
        return [*attempt.done, *built.run()]
    return attempt.done


def _find_open(session: Session, work: RunContext, task: Task, attempt: Attempt) -> Sequence[str]:
    """Those that have to be built; the others' partners must be there."""
    session.begin(task.node)
    try:
        nodes = list(task.nodes)
        if work.options.create_only or work.options.rebuild is not Rebuild.ALL:
            nodes = [
                node
                for node in task.nodes
                if not is_done(session.connection, work, replace(task, node=node))
            ]
            if nodes and work.project.circle_of[task.node].whole and not work.options.create_only:
                nodes = list(task.nodes)  # a script that is run again would double the others'
        for node in task.nodes:
            attempt.node = node
            if node not in nodes:
                attempt.done.append(find_unchanged(session, work, replace(task, node=node)))
        _check_partners(session, work, nodes)
        commons = work.project.circle_of[task.node].commons
        if commons and 0 < len(nodes) < len(task.nodes):
            there = ", ".join(each.node for each in attempt.done)
            raise BuildError(
                f"{', '.join(nodes)}: what {commons[0].label} says of several tables at once works "
                f"on {there} too, which is there. Build them together: select "
                f"{','.join(f'staging/{name}' for name in task.nodes)}."
            )
        return nodes
    finally:
        session.end()


def _check_partners(session: Session, work: RunContext, nodes: Sequence[str]) -> None:
    """Raise BuildError when tables that they reference are neither built with them nor there."""
    for node in nodes:
        circle = work.project.circle_of[node].tables
        partners = sorted(work.project.tables[node].foreign_keys & {*circle} - {*nodes})
        if not partners:
            continue
        found = session.run(
            "select to_regclass(name) is not null from unnest(%s) as name",
            ([quote(Relation(work.schema, name)) for name in partners],),
        )
        missing = [name for name, (there,) in zip(partners, found, strict=True) if not there]
        if missing:
            raise BuildError(
                f"{node}: it references {', '.join(missing)}, which is not there yet, and foreign "
                "keys lead back from there. Build them together: select "
                f"{','.join(f'staging/{name}' for name in circle)}."
            )


class _CircleBuild:
    """One try to build several tables of a circle."""

    def __init__(
        self,
        session: Session,
        work: RunContext,
        task: Task,
        circle: Circle,
        attempt: Attempt,
    ) -> None:
        self.session, self.work, self.task, self.attempt = session, work, task, attempt
        self.began = time.monotonic()
        self.tables = [work.project.tables[name] for name in task.circle]
        self.filled = not work.options.create_only
        self.commons = circle.commons
        self.in_place = circle.in_place if self.filled or self.commons else None
        self.plans: list[ShadowPlan] = []
        self.shadows: list[Shadow] = []
        self.rows: dict[str, int | None] = dict.fromkeys(task.circle)
        self.bytes: dict[str, int | None] = {}
        self.checks: dict[str, tuple[CheckResult, ...]] = {}
        self.parts: dict[str, dict[str, float]] = {name: {} for name in task.circle}

    def run(self) -> list[NodeResult]:
        """Make, check and publish them."""
        self.session.begin(self.task.node)
        try:
            self.plans = self._find_plans()
            self._make()
            if self.in_place:
                self._run(self._publish_in_place)
            else:
                self._audit()
                self._run(self._publish)
        except BaseException:
            for shadow in self.shadows:
                run_discard(self.session, shadow)
            raise
        finally:
            self.session.end()
        return [self._tell(table) for table in self.tables]

    @contextmanager
    def _working_on(self, name: str, part: str) -> Iterator[None]:
        """Note what is worked on, and how long it takes."""
        self.attempt.node = name
        self.session.notices.begin(name)
        began = time.monotonic()
        yield
        self.parts[name][part] = round(time.monotonic() - began, 4)

    def _find_plans(self) -> list[ShadowPlan]:
        return [
            find_plan(
                self.session,
                self.work,
                table,
                self.task.rebuilt_later,
                filled=self.filled and not self.in_place,
                circle=self.tables,
            )
            for table in self.tables
        ]

    def _make(self) -> None:
        for table, plan in zip(self.tables, self.plans, strict=True):
            with self._working_on(table.name, "load_seconds"):
                self.session.path.stand_first(plan.build_schema if table.bare else None)
                shadow, rows = run_make_shadow(self.session, table, plan)
                self.shadows.append(shadow)
                self.rows[table.name] = rows if shadow.is_counted else None
        with self.session.transaction():
            for shadow in self.shadows:
                self.attempt.node = shadow.table.name
                bare = shadow.table.bare
                self.session.path.stand_first(shadow.relation.schema if bare else None)
                run_inner_keys(self.session, shadow)

    def _audit(self) -> None:
        """Evaluate the checks of all, each with the new tables of the circle for the others."""
        if not self.filled:
            return
        for shadow in self.shadows:
            rows = self.rows[shadow.table.name]
            self._audit_one(self.session.connection, shadow.table.name, shadow.relation, rows)
        self._stop_for_checks()

    def _audit_one(
        self, connection: Connection, name: str, relation: Relation, rows: int | None
    ) -> None:
        own = {each for shadow in self.shadows for each in shadow.own}
        with self._working_on(name, "check_seconds"):
            try:
                self.checks[name] = run_audit(
                    connection, self.work, name, relation=relation, own=own, rows=rows
                )
            except ChecksFailedError as failed:
                self.attempt.failed[name] = failed

    def _stop_for_checks(self) -> None:
        for name, failed in self.attempt.failed.items():
            self.attempt.node = name
            raise failed

    def _run(self, publish: Callable[[Sequence[Shadow]], None]) -> None:
        self.session.check()
        with self._working_on(self.tables[0].name, "publish_seconds"):
            run_with_free_names(self.session, self.shadows, self.plans, publish)

    def _record(self) -> str:
        """What records all of them, in the transaction that publishes them."""
        return ";\n".join(
            self.work.record_sql(
                self.task.find_alone(table.name), self.began, rows=self.rows.get(table.name)
            )
            for table in self.tables
        )

    def _publish(self, shadows: Sequence[Shadow]) -> None:
        request = self.work.publish_request(self.session, self.task, shadows, self._record)
        self.bytes.update(run_publish(self.session.connection, request))

    def _publish_in_place(self, shadows: Sequence[Shadow]) -> None:
        request = self.work.publish_request(self.session, self.task, shadows, self._record)
        run_in_place(
            self.session.connection, request, fill=self._fill_in_place, audit=self._audit_in_place
        )

    def _fill_in_place(self) -> None:
        self.session.pin()
        for script in self.commons:
            run_in_live(self.session, script, self.work.schema)
        for shadow in self.shadows:
            table, live = shadow.table, quote(shadow.live)
            if table.filled and self.filled:
                with self._working_on(table.name, "load_seconds"):
                    fill_in_place(self.session, table, shadow.live)
                    self.session.run(f"analyze {live}")
        for shadow in self.shadows:  # a script may have filled several of them
            run_check_keys(self.session, shadow, shadow.live)
            if shadow.is_counted:
                size = read_size(self.session, shadow.live)
                self.rows[shadow.table.name], self.bytes[shadow.table.name] = size
        try:
            # What hangs on the old tables can be attached when no row waits for its partner.
            self.session.run("set constraints all immediate", users=True)
        except psycopg2.Error as error:
            failure = error
        else:
            return
        raise ScriptError(
            f"{', '.join(self.task.circle)}: {find_safe_text(failure)} when all are filled "
            f"(SQLSTATE {failure.pgcode}). Correct the rows. Nothing was published.",
            failure.pgcode,
        )

    def _audit_in_place(self, connection: Connection, relation: Relation) -> None:
        for table in self.tables:
            self._audit_one(connection, table.name, replace(relation, name=table.name), None)
        self._stop_for_checks()

    def _tell(self, table: Table) -> NodeResult:
        parts = self.parts[table.name]
        others = [name for name in self.task.circle if name != table.name]
        metadata: dict[str, Any] = {**parts, "published_with": others}
        if self.in_place:
            metadata["in_place"] = self.in_place
        return NodeResult(
            table.name,
            "built",
            rows=self.rows[table.name],
            bytes=self.bytes.get(table.name),
            seconds=sum(parts.values()),
            checks=self.checks.get(table.name, ()),
            metadata=metadata,
        )
