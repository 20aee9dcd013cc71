"""What one run works on, and what comes of each node."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from staging_assets.builder.history import Build
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
    was changed, or stands below something changed, since its last build.
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
        run_id: shown in application names and by the lock.
        create_only: make missing tables and leave them empty.
        wait_for_lock: seconds to wait when another run holds the schema.
        take_over: build into a schema that was last built for another department.
        sessions: what every session sets; None means the server's.
    """

    schema: str
    run_id: str
    rebuild: Rebuild = Rebuild.ALL
    workers: int = 1
    create_only: bool = False
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
        seconds: how long it took.
        message: why it failed or was skipped.
        checks: those of its checks that were evaluated.
        metadata: more about the build, for people and plots.
        sqlstate: Postgres's code of the error, if it was one.
        cleanup: what came of the table's cleanup, where that was run in its build.
    """

    node: str
    status: Status
    rows: int | None = None
    seconds: float = 0.0
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
        fingerprints: node to the fingerprint of it and everything above it.
        nodes: those of this run.
        seconds: node to how long its build may take.
    """

    project: StagingProject
    options: BuildOptions
    sessions: SessionSettings
    checks: Mapping[str, Sequence[Check]]
    history: Mapping[str, Build]
    fingerprints: Mapping[str, str]
    nodes: frozenset[str]
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

    def publish_request(
        self, session: Session, task: Task, shadows: Sequence[Shadow]
    ) -> PublishRequest:
        """What is asked of the publisher when the shadows that a session made take their place.

        Args:
            shadows: one, or those of a circle, all in one schema.
        """
        first = shadows[0]
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
        )


@dataclass(frozen=True)
class Task:
    """One node for a worker to build.

    Args:
        node: its name.
        settled: whether nothing above it was built in this run.
        rebuilt_later: tables that this run will still rebuild.
        fresh: of a cleanup, whether its table was built in this run.
        circle: the tables that are built together, if that is more than the node: those of its
            circle that this run builds, in the order in which they are filled.
    """

    node: str
    settled: bool
    rebuilt_later: frozenset[str]
    fresh: bool = False
    circle: tuple[str, ...] = ()

    @property
    def nodes(self) -> tuple[str, ...]:
        """Everything that it builds."""
        return self.circle or (self.node,)
