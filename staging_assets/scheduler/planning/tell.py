"""A plan as people read it: the first lines of a run, and what `staging-assets plan` prints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from staging_assets.model import list_some
from staging_assets.scheduler.planning.decide import BuildPlan
from staging_assets.scheduler.planning.reasons import Reason

_MOST_REASONS = 3
_MOST_WIDE = 44


def tell_plan(plan: BuildPlan, name: Callable[[str], str] = str) -> list[str]:
    """The lines of a plan.

    Args:
        name: what people call a node, such as `staging/arrests`.
    """
    return [_tell_sum(plan), *_tell_nodes(plan, name), *_tell_orphans(plan, name)]


def plan_to_json(plan: BuildPlan, name: Callable[[str], str] = str) -> dict[str, Any]:
    """The same for programs."""
    return {
        "build": [
            {
                "asset": name(node),
                "why": [{"kind": reason.kind, "text": reason.text} for reason in reasons],
                "seconds": plan.seconds.get(node),
                "rows": plan.rows.get(node),
            }
            for node, reasons in plan.build.items()
        ],
        "left": [name(node) for node in plan.left],
        "orphans": [name(table) for table in plan.orphans],
        "seconds": round(sum(plan.seconds.values()), 3),
        "longest_chain_seconds": round(plan.chain, 3),
        "never_built": len(plan.build) - len(plan.seconds),
        **({"changed_from": plan.live} if plan.live else {}),
    }


def _tell_sum(plan: BuildPlan) -> str:
    ours = len(plan.left) - plan.shown
    kept = [f"{ours} as they are" if ours else "", f"{plan.shown} are {plan.live}'s"]
    left = "; ".join(part for part in kept[: 2 if plan.live else 1] if part)
    if not plan.build:
        return f"nothing to build; {left}" if left else "nothing to build"
    parts = [f"{len(plan.build)} to build", *([left] if left else [])]
    if plan.seconds:
        new = len(plan.build) - len(plan.seconds)
        but = f", {new} never built not counted" if new else ""
        parts.append(
            f"{sum(plan.seconds.values()):.1f} s of work by the last builds{but}"
            f" (longest chain {plan.chain:.1f} s)"
        )
    return "; ".join(parts)


def _tell_nodes(plan: BuildPlan, name: Callable[[str], str]) -> Iterator[str]:
    new = [node for node, reasons in plan.build.items() if _is_new(reasons)]
    if new:
        # One line for all of them: there is no more to be said of each.
        every = len(new) == len(plan.build)
        yield f"  never built: {'all of them' if every else ', '.join(name(each) for each in new)}"
    told = {
        node: reasons
        for node, reasons in plan.build.items()
        if not _is_asked(reasons) and not _is_new(reasons)
    }
    wide = min(_MOST_WIDE, max((len(name(node)) for node in told), default=0))
    for node, reasons in told.items():
        shown = [str(reason) for reason in reasons[:_MOST_REASONS]]
        more = len(reasons) - len(shown)
        shown += [f"and {more} more"] if more else []
        yield f"  {name(node):<{wide}}  {'; '.join(shown)}"


def _tell_orphans(plan: BuildPlan, name: Callable[[str], str]) -> Iterator[str]:
    if plan.orphans:
        named = list_some([name(table) for table in plan.orphans])
        yield f"made by no script any more, and left alone: {named} (staging-assets prune drops)"


def _is_new(reasons: tuple[Reason, ...]) -> bool:
    return all(reason.kind in ("never built", "no schema") for reason in reasons)


def _is_asked(reasons: tuple[Reason, ...]) -> bool:
    return all(reason.kind == "asked" for reason in reasons)
