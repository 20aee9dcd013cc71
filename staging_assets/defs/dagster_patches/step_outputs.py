"""Lets Dagster find out once, and not again for every output, which assets a step makes.

For each output that the step yields, Dagster makes sure that nothing below it was yielded before,
and to do so it goes through all outputs of the step: with 1,000 tables and as many checks that is
two million look-ups, more than half of the time of a whole run. Their answer never changes.
"""

from __future__ import annotations

import dagster as dg


def remember_outputs(context: dg.AssetExecutionContext) -> None:
    """Ask the running step for the assets it makes, and let it give that answer from now on.

    A Dagster that has no such question any more is left as it is.

    Args:
        context: of the step; no other step or run is changed.
    """
    step = context.get_step_execution_context()
    find_keys = getattr(step, "get_output_asset_keys", None)
    if find_keys is None:
        return
    keys = frozenset(find_keys())
    setattr(step, "get_output_asset_keys", lambda: keys)  # noqa: B010 - a method, for this step
