"""What one run works on, and what comes of each node."""

from __future__ import annotations

import enum
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from staging_assets.builder.branches.keys import note_keys_sql
from staging_assets.builder.records.history import Build, forget_builds_sql, record_sql
from staging_assets.builder.records.made_of import MadeOf
from staging_assets.builder.shadow.create import Shadow
from staging_assets.builder.shadow.names import Rivals, find_rivals
from staging_assets.checks import Check, CheckResult
from staging_assets.model import StagingProject
from staging_assets.postgres import Session, find_build_schema
from staging_assets.publisher import PublishRequest
from staging_assets.settings import SessionSettings

_MAKES_TYPE = re.compile(r"\bcreate\s+(?:type|domain)\b", re.IGNORECASE)


class Rebuild(enum.Enum):
    """Which of the selected nodes are built.

    ALL: every one. MISSING: luigi's rule, what is done is left alone: a table that is not empty, a
    cleanup whose column has a value; lookup tables and procedures are always built. CHANGED: what
    would be made of something else than at its last build, or is not as that left it.
    """

    ALL = "all"
    MISSING = "missing"
    CHANGED = "changed"


@dataclass(frozen=True)
class BuildOptions:
    """How a run builds.

    Args:
        schema: the schema to build.
        rebuild: which of the selected nodes are built.
        workers: connections that build at the same time.
        suited: whether that is only a default: where another number suits the server, that counts.
        run_id: shown in application names and by the lock.
        changed_from: build a branch: what differs from this schema. Empty: everything selected.
        create_only: make missing tables and leave them empty.
        wait_for_lock: seconds to wait when another run holds the schema.
        take_over: build into a schema that was last built for another department.
        sessions: what every session sets; None means the server's.
    """

    schema: str
    run_id: str
    rebuild: Rebuild = Rebuild.ALL
    workers: int = 1
    suited: bool = False
    create_only: bool = False
    changed_from: str = ""
    wait_for_lock: float = 0.0
    take_over: bool = False
    sessions: SessionSettings | None = None


Status = Literal["built", "unchanged", "failed", "skipped"]


@dataclass(frozen=True)
class NodeResult:
    """What came of one node.

    Args:
        node: its name.
        status: built; unchanged: found as it should be; failed; skipped: something that it
            depends on has failed, or the run was cancelled.
        rows: of its table, where it has one and was built.
        bytes: that its table takes on disk, with its indexes and all; None where that has no
            meaning or is not known.
        seconds: how long it took.
        began: when, in seconds since 1970; None of a node that no worker has begun with.
        worker: the number of the worker that built it, from 1.
        message: why it failed or was skipped.
        checks: those of its checks that were evaluated.
        metadata: more about the build, for people and plots.
        sqlstate: Postgres's code of the error, if it was one.
        cleanup: what came of the table's cleanup, where that was run in its build.
    """

    node: str
    status: Status
    rows: int | None = None
    bytes: int | None = None
    seconds: float = 0.0
    began: float | None = None
    worker: int | None = None
    message: str | None = None
    checks: tuple[CheckResult, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    sqlstate: str | None = None
    cleanup: NodeResult | None = None


@dataclass(frozen=True)
class RunContext:
    """What all workers of a run share; nothing in it changes while they work.

    Args:
        project: the folder of scripts.
        options: how to build.
        sessions: what every session sets.
        checks: node to the checks to evaluate before it is published.
        history: the last build of every node.
        nodes: those of this run.
        left: those of them that are left alone.
        states: node to what it reads from outside, and the state of each before the run.
        token: tells what this run builds from what others have built.
        seconds: node to how long its build may take.
    """

    project: StagingProject
    options: BuildOptions
    sessions: SessionSettings
    checks: Mapping[str, Sequence[Check]]
    history: Mapping[str, Build]
    nodes: frozenset[str]
    left: frozenset[str]
    states: Mapping[str, Mapping[str, Any]]
    token: str
    seconds: Mapping[str, float]

    @cached_property
    def referenced(self) -> frozenset[str]:
        """Tables that foreign keys of other tables reference."""
        tables = self.project.tables.values()
        return frozenset(name for t in tables for name in t.foreign_keys if name != t.name)

    @cached_property
    def rivals(self) -> Mapping[str, Rivals]:
        """Table to the names that others want too."""
        return find_rivals(self.project)

    @cached_property
    def typed(self) -> Mapping[str, frozenset[str]]:
        """Tables whose scripts make types, to the names of all that they make."""
        tables = self.project.tables.values()
        return {t.name: t.own for t in tables if _MAKES_TYPE.search(t.create.text)}

    def find_earlier(self, node: str) -> frozenset[str]:
        """All nodes that are built before a node, however far above it."""
        found: set[str] = set()
        waiting = [node]
        while waiting:
            new = self.project.dependencies[waiting.pop()] - found
            found |= new
            waiting += new
        return frozenset(found)

    @property
    def schema(self) -> str:
        """The schema to build."""
        return self.options.schema

    @property
    def build_schema(self) -> str:
        """Where shadows are made."""
        return find_build_schema(self.schema)

    def record_sql(
        self,
        task: Task,
        began: float,
        *,
        rows: int | None = None,
        cleaned: float | None = None,
    ) -> str:
        """SQL that records a node as built, for the transaction that publishes it.

        A table that is made and left empty is no build: what was recorded of it is forgotten.

        Args:
            began: when, by `time.monotonic`.
            rows: of its table, where it has one.
            cleaned: seconds that the table's cleanup took, where that is published with it.
        """
        if self.options.create_only:
            return forget_builds_sql(self.schema, [task.node])
        seconds = time.monotonic() - began
        build = Build(rows, seconds, task.content, made_of=task.made_of, run_id=self.options.run_id)
        told = record_sql(self.schema, task.node, build)
        if cleaned is None or task.cleanup is None:
            return told
        with_it = self.record_sql(task.cleanup, time.monotonic() - cleaned)
        return f"{told};\n{with_it}"

    def publish_request(
        self,
        session: Session,
        task: Task,
        shadows: Sequence[Shadow],
        record: Callable[[], str],
    ) -> PublishRequest:
        """What is asked of the publisher when the shadows that a session made take their place.

        Args:
            shadows: one, or those of a circle, all in one schema.
            record: makes the SQL that records it, once it is about to be published.
        """
        first = shadows[0]

        def record_all() -> str:
            if not session.schemas.live:
                return record()
            return f"{record()};\n{note_keys_sql(self.schema, shadows)}"

        return PublishRequest(
            live=first.live,
            shadow_schema=first.relation.schema,
            own=frozenset().union(*(shadow.own for shadow in shadows)),
            yielding=tuple(step for shadow in shadows for step in shadow.yielding),
            rebuilt_later=task.rebuilt_later.union(
                *(own for table, own in self.typed.items() if table in task.rebuilt_later)
            ),
            sessions=self.sessions,
            log=session.log,
            cancelled=session.stop,
            record=record_all,
        )


@dataclass(frozen=True)
class Task:
    """One node for a worker to build.

    Args:
        node: its name.
        rebuilt_later: tables that this run will still rebuild.
        made_of: what it is made of.
        content: what its content is called, for those that are made of it.
        fresh: of a cleanup, whether its table was built in this run.
        cleanup: of a table, what its cleanup is where that is run in its build.
        circle: the tables that are built together, if that is more than the node: those of its
            circle that this run builds, in the order in which they are filled.
        members: the task of each of these.
    """

    node: str
    rebuilt_later: frozenset[str]
    made_of: MadeOf
    content: str
    fresh: bool = False
    cleanup: Task | None = None
    circle: tuple[str, ...] = ()
    members: tuple[Task, ...] = ()

    @property
    def nodes(self) -> tuple[str, ...]:
        """Everything that it builds."""
        return self.circle or (self.node,)

    def find_alone(self, node: str) -> Task:
        """The task of one of the tables that are built together."""
        return next((each for each in self.members if each.node == node), self)
