"""What a run has built so far, for what stands below it and for the records."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from staging_assets.builder import RunContext, Task, run_note_catalog, run_note_failures
from staging_assets.model import Kind, cleanup_node
from staging_assets.postgres import Connection
from staging_assets.scheduler.planning.contents import find_content, find_made_of


class Ledger:
    """Makes the tasks of a run, and keeps in mind what came of them.

    Args:
        work: what the run works on.
        moving: held by whoever calls, but for `write`, which takes it.
    """

    def __init__(self, work: RunContext, moving: threading.Lock) -> None:
        self._work = work
        self._moving = moving
        self._contents = {node: build.content for node, build in work.history.items()}
        self._tasks: dict[str, Task] = {}
        self._fresh: set[str] = set()
        self._built: set[str] = set()
        self._unnoted: set[str] = set()
        self._failed: dict[str, str] = {}

    def make_task(
        self, nodes: Sequence[str], tables: Collection[str], waiting: Collection[str]
    ) -> Task:
        """Make the task of a node, or of those that are built together with it.

        Args:
            nodes: the node, or all of them; what they depend on has ended.
            tables: those that the run has still to build.
            waiting: nodes that have not ended.
        """
        later = frozenset(tables).difference(nodes)
        if len(nodes) == 1:
            return self._make_one(nodes[0], self._contents, later, waiting)
        # What is built together is made of each other, as it will be then.
        contents = {**self._contents, **dict.fromkeys(nodes, self._work.token)}
        members = tuple(self._make_one(node, contents, later, waiting) for node in nodes)
        return replace(members[0], circle=tuple(nodes), members=members)

    def _make_one(
        self,
        node: str,
        contents: Mapping[str, str | None],
        later: frozenset[str],
        waiting: Collection[str],
    ) -> Task:
        work, project = self._work, self._work.project
        made_of = find_made_of(project, node, contents, work.states)
        task = Task(
            node=node,
            rebuilt_later=later,
            made_of=made_of,
            content=find_content(project, node, made_of, work.token),
            fresh=project.kind(node) is Kind.CLEANUP and project.node(node).name in self._fresh,
        )
        if node in project.cleanups and cleanup_node(node) in waiting:
            # Whether the cleanup is run in the table's build or later may turn out only there.
            cleanup = cleanup_node(node)
            of_cleanup = find_made_of(
                project, cleanup, {**contents, node: task.content}, work.states
            )
            with_it = replace(
                task, node=cleanup, made_of=of_cleanup, content=work.token, fresh=True
            )
            self._tasks[cleanup] = with_it
            task = replace(task, cleanup=with_it)
        self._tasks[node] = task
        return task

    def note(self, node: str) -> None:
        """Note that a node was built."""
        self._fresh.add(node)
        if self._work.options.create_only:
            return
        self._contents[node] = self._tasks[node].content
        self._unnoted.add(node)
        built = self._work.project.node(node)
        if built.kind is Kind.CLEANUP:
            self._unnoted.add(built.name)

    def find_recorded(self) -> dict[str, str | None]:
        """What this run has built and has on record, with the name of its content there."""
        with self._moving:
            return {node: self._tasks[node].content for node in self._built | self._unnoted}

    def note_failure(self, node: str) -> None:
        """Note that a node was to be built, and that its build failed."""
        self._failed[node] = self._tasks[node].made_of.hash

    def write(self, connection: Connection, *, all_again: bool = False) -> None:
        """Write what was left in the catalog, and what has failed.

        That something was built is on record since it was published.

        Args:
            connection: in autocommit mode.
            all_again: also what was written earlier in this run: others may have changed it.
        """
        with self._moving:
            unnoted, failed = self._unnoted, self._failed
            self._unnoted, self._failed = set(), {}
            self._built |= unnoted
        nodes = self._built if all_again else unnoted
        try:
            if nodes:
                run_note_catalog(connection, self._work.project, self._work.schema, nodes)
            run_note_failures(connection, self._work.schema, failed)
        except BaseException:
            with self._moving:
                self._unnoted |= unnoted
                self._failed = {**failed, **self._failed}
            raise
