"""What a run covers besides the assets that were selected.

Each asset that is selected costs Dagster several events, whether it is built or found unchanged.
So a run may be asked for a few, and cover the rest: what has changed of that is built and recorded
as well, and of what has not, only what Dagster does not know yet.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

import dagster as dg

from staging_assets.checks import CheckResult
from staging_assets.errors import SettingsError


def find_covered(
    prefix: str, every: Iterable[str], nodes: Collection[str], patterns: Sequence[str]
) -> frozenset[str]:
    """The nodes that a run covers without their being selected.

    Args:
        prefix: what stands before a node in its key.
        every: all nodes that there are.
        nodes: those that were selected; when there are none, nothing is built.
        patterns: as in run config.

    Raises SettingsError for a pattern of which there is no node.
    """
    every = list(every)
    found: set[str] = set()
    for pattern in patterns:
        meant = {
            node
            for node in every
            if fnmatchcase(node, pattern) or fnmatchcase(f"{prefix}/{node}", pattern)
        }
        if not meant:
            raise SettingsError(
                f"run config covers: {pattern!r}: the scripts make nothing of that name. "
                "staging-assets ls lists what they make."
            )
        found |= meant
    return frozenset(found - set(nodes)) if nodes else frozenset()


def find_known(
    context: dg.AssetExecutionContext,
    checks: Iterable[CheckResult],
    keys: Mapping[str, dg.AssetKey],
) -> frozenset[tuple[str, str]]:
    """The checks that hold, and held when Dagster was told of them last: node and name of each.

    Args:
        context: of the step.
        checks: what came of them now.
        keys: node to its key.
    """
    held = {
        dg.AssetCheckKey(keys[check.table], check.name): (check.table, check.name)
        for check in checks
        if check.passed
    }
    storage = context.instance.event_log_storage
    records = storage.get_latest_asset_check_execution_by_key(list(held))
    return frozenset(
        held[key] for key, record in records.items() if record.status.value == "SUCCEEDED"
    )
