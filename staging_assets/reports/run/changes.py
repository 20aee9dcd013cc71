"""What a run made otherwise than the runs before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from staging_assets.reports.run.record import BUILT, CheckRecord, NodeRecord, RunRecord

_SLOWER = 2.0
_NOTICED = 1.0
"""A node is slower when it took so many times as long as before, and so many seconds more."""


@dataclass(frozen=True)
class Changes:
    """What is otherwise, each the largest difference first; before and now.

    Args:
        rows: nodes with another number of rows.
        scripts: nodes whose own scripts are others.
        new: nodes that none of the runs before has built.
        slower: nodes that took much longer.
        broken: checks that fail now and held before.
        mended: checks that hold now and failed before.
    """

    rows: Sequence[tuple[NodeRecord, NodeRecord]]
    scripts: Sequence[NodeRecord]
    new: Sequence[NodeRecord]
    slower: Sequence[tuple[NodeRecord, NodeRecord]]
    broken: Sequence[CheckRecord]
    mended: Sequence[CheckRecord]

    @property
    def none(self) -> bool:
        """Whether nothing is."""
        lists = (self.rows, self.scripts, self.new, self.slower, self.broken, self.mended)
        return not any(lists)


def find_changes(run: RunRecord, earlier: Sequence[RunRecord]) -> Changes:
    """Compare what a run built with the last build before it of each.

    Args:
        run: the run.
        earlier: those before it, the newest first.
    """
    pairs = [
        (before, node)
        for node in run.find_all(BUILT)
        if (before := _find_before(node.name, earlier)) is not None
    ]
    known = {before.name for before, _ in pairs}
    rows = [(a, b) for a, b in pairs if None not in (a.rows, b.rows) and a.rows != b.rows]
    checks = [(old, c) for c in run.checks.values() if (old := _find_check(c.key, earlier))]
    return Changes(
        rows=sorted(rows, key=lambda pair: -_find_share(*pair)),
        scripts=[b for a, b in pairs if a.version and b.version and a.version != b.version],
        new=[n for n in run.find_all(BUILT) if n.name not in known] if earlier else [],
        slower=sorted(
            (
                (a, b)
                for a, b in pairs
                if b.seconds > a.seconds * _SLOWER and b.seconds > a.seconds + _NOTICED
            ),
            key=lambda pair: pair[0].seconds - pair[1].seconds,
        ),
        broken=[now for old, now in checks if old.passed and not now.passed],
        mended=[now for old, now in checks if now.passed and not old.passed],
    )


def _find_before(name: str, earlier: Sequence[RunRecord]) -> NodeRecord | None:
    found = (run.nodes.get(name) for run in earlier)
    return next((node for node in found if node is not None and node.status == BUILT), None)


def _find_check(key: tuple[str, str], earlier: Sequence[RunRecord]) -> CheckRecord | None:
    return next((run.checks[key] for run in earlier if key in run.checks), None)


def _find_share(before: NodeRecord, now: NodeRecord) -> float:
    """By which part of them the rows are more or fewer."""
    old, new = before.rows or 0, now.rows or 0
    return abs(new - old) / max(old, 1)
