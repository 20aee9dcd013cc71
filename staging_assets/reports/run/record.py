"""What is known of a run, wherever that was read: values without rows of tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

BUILT, FAILED, SKIPPED = "built", "failed", "skipped"


@dataclass(frozen=True)
class NodeRecord:
    """What came of one node in one run.

    Args:
        name: its asset key, such as `staging/arrests`.
        status: `built`, `failed` or `skipped`.
        began: when, in seconds since 1970; None when that is not known.
        seconds: how long it took.
        worker: the number of the worker that built it; None when that is not known.
        within: of a cleanup that ran in the build of its table, that table: its seconds are part of
            the table's.
        rows, bytes: of its table, where it has one and was built.
        message: why it failed or was skipped.
        version: of its own scripts.
        parts: seconds of each part of its build.
        lineage: column to the columns that its values come from, such as `etl/arrests.id`.
    """

    name: str
    status: str = BUILT
    began: float | None = None
    seconds: float = 0.0
    worker: int | None = None
    within: str = ""
    rows: int | None = None
    bytes: int | None = None
    message: str = ""
    version: str = ""
    parts: Mapping[str, float] = field(default_factory=dict)
    lineage: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class CheckRecord:
    """What came of one check in one run; `key` is no other check's.

    Args:
        asset: the asset key of what it is about.
        name: its own.
        passed: whether it holds.
        severity: `ERROR` or `WARN`.
        summary: one line for people, without row values.
    """

    asset: str
    name: str
    passed: bool
    severity: str
    summary: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """Asset and name."""
        return self.asset, self.name


@dataclass(frozen=True)
class RunRecord:
    """One run.

    Args:
        run_id: Dagster's.
        status: as Dagster spells it, in small letters: `success`, `failure`, `started` ...
        began, ended: in seconds since 1970; None when that is not known.
        nodes: asset key to what came of it.
        checks: those that were evaluated, by key.
        failure: why the whole run ended, when that is no node's fault.
        schema, department: what it built.
    """

    run_id: str
    status: str
    began: float | None
    ended: float | None
    nodes: Mapping[str, NodeRecord]
    checks: Mapping[tuple[str, str], CheckRecord] = field(default_factory=dict)
    failure: str = ""
    schema: str = ""
    department: str = ""

    @property
    def seconds(self) -> float | None:
        """How long it took, or None when it has not ended."""
        return None if self.began is None or self.ended is None else self.ended - self.began

    def find_all(self, status: str) -> list[NodeRecord]:
        """The nodes that ended so, in the order in which they were told."""
        return [node for node in self.nodes.values() if node.status == status]
