"""Why a run of the step ends as failed, in words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from staging_assets.builder import NodeResult
from staging_assets.checks import CheckResult


def find_failure(
    prefix: str,
    nodes: Collection[str],
    results: Sequence[NodeResult],
    failed_checks: Sequence[CheckResult],
) -> str | None:
    """What to say, or None when everything selected was built or found unchanged.

    Args:
        prefix: what stands before a node in its key.
        nodes: what was selected.
        results: what came of it.
        failed_checks: the checks that failed, warnings as well.
    """

    def name(these: Iterable[str]) -> str:
        """`staging/a, staging/b`, sorted."""
        return ", ".join(f"{prefix}/{node}" for node in sorted(these))

    failed = [r for r in results if r.status == "failed"]
    skipped = [r for r in results if r.status == "skipped"]
    lost = set(nodes) - {r.node for r in results}
    broken = [c for c in failed_checks if c.severity == "ERROR"]
    reasons = []
    if failed:
        reasons.append(f"failed: {name(r.node for r in failed)}")
    if skipped:
        reasons.append(f"skipped: {name(r.node for r in skipped)}")
    if lost:
        reasons.append(f"neither built nor reported, which is a bug: {name(lost)}")
    alone = [c for c in broken if c.table not in {r.node for r in failed}]
    if alone:
        named = ", ".join(sorted(f"{c.name} on {prefix}/{c.table}" for c in alone))
        reasons.append(f"checks failed: {named}")
    if not reasons:
        return None
    messages = [f"{prefix}/{r.node}: {r.message}" for r in failed]
    return "\n".join(["; ".join(reasons), *messages])
