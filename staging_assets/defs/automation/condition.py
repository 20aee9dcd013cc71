"""The automation condition of a node: true when it has become stale."""

from __future__ import annotations

from collections.abc import Collection

import dagster as dg

from staging_assets.defs.automation.outlook import Outlook
from staging_assets.model import StagingProject
from staging_assets.settings import StagingSchema


class BecameStale(dg.AutomationCondition[dg.AssetKey]):
    """True once each time when a run with `rebuild: changed` would build a node for a new reason.

    It is true of all nodes at once that such a run would build, so that one run is asked for. What
    was asked for already, has failed or was stopped is not asked for again until something
    changes; a run that was killed is gone on with, unless the one before it was killed, too.

    Args:
        outlook: one for all nodes of a schema.
        node: whose condition it is.
        parents: the nodes that it depends on.
    """

    def __init__(self, outlook: Outlook, node: str, parents: Collection[str]) -> None:
        self._outlook = outlook
        self._node = node
        self._parents = frozenset(parents)

    @property
    def name(self) -> str:
        """As Dagster shows it."""
        return "staging_became_stale"

    @property
    def description(self) -> str:
        """As Dagster shows it."""
        return "Its scripts, functions, lookup rows or sources changed, or it was altered by hand"

    def evaluate(
        self, context: dg.AutomationContext[dg.AssetKey]
    ) -> dg.AutomationResult[dg.AssetKey]:
        """Whether it has become stale since the last tick.

        Args:
            context: of the tick.
        """
        view = context.asset_graph_view
        tick = (context.evaluation_id, context.evaluation_time)
        look = self._outlook.find(tick, view.instance, context.log)
        before = context.cursor
        if look.waits:
            return dg.AutomationResult(context, context.get_empty_subset(), cursor=before)
        stale = look.stale.get(self._node)
        if stale is None:
            return dg.AutomationResult(context, context.get_empty_subset())
        above = stale.tried if context.key in look.tried else stale.above
        now = f"{stale.own}:{above}"
        is_new = now != before or context.key in look.again
        # Parents are evaluated before their children.
        is_new = is_new or not self._parents.isdisjoint(look.asked)
        if stale.failed or not is_new:
            return dg.AutomationResult(context, context.get_empty_subset(), cursor=now)
        look.asked.add(self._node)
        return dg.AutomationResult(context, context.candidate_subset, cursor=now)


def build_conditions(staging: StagingSchema, project: StagingProject) -> dict[str, BecameStale]:
    """The conditions of all nodes, which share one look a tick.

    Args:
        staging: what is kept up.
        project: its folder of scripts.
    """
    outlook = Outlook(staging, project)
    return {node: BecameStale(outlook, node, above) for node, above in project.dependencies.items()}
