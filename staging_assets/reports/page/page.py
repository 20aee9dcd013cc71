"""One HTML file about one run: what came of it, where the time went, and how that was before.

The file is all there is: its pictures and its sheet stand in it, and it loads nothing. Whatever it
shows is escaped by the template, but for the pictures, which escape what is in them themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from staging_assets.reports.drawing.graph import draw_graph
from staging_assets.reports.drawing.timeline import draw_timeline
from staging_assets.reports.drawing.trend import draw_marks, draw_trend
from staging_assets.reports.page import words
from staging_assets.reports.run.chain import find_longest_chain, find_slowest
from staging_assets.reports.run.changes import find_changes
from staging_assets.reports.run.record import BUILT, FAILED, SKIPPED, CheckRecord, RunRecord

_FOLDER = Path(__file__).parent


def build_page(
    run: RunRecord,
    earlier: Sequence[RunRecord],
    upstream: Mapping[str, Collection[str]],
    *,
    descriptions: Mapping[str, str] | None = None,
) -> str:
    """The page, as HTML.

    Args:
        run: what it is about.
        earlier: the runs before it, the newest first.
        upstream: name to what it is built from, in build order, as the scripts are now.
        descriptions: name to what people are told it is.
    """
    # Only here: a build draws pictures too, and has no need of it.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415
    from markupsafe import Markup, escape  # noqa: PLC0415 - it comes with jinja2

    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": words.spell_number,
        "bytes": words.spell_bytes,
        "seconds": words.spell_seconds,
        "moment": words.spell_moment,
    }
    environment.filters["breakable"] = lambda name: Markup(  # noqa: S704 - escaped
        str(escape(name)).replace("/", "/<wbr>").replace("_", "_<wbr>")
    )
    environment.globals["change"] = words.spell_change
    chain = find_longest_chain(run.nodes, upstream)
    oldest_first = [*earlier[::-1], run]
    timeline = draw_timeline(run.nodes.values(), chain={node.name for node in chain})
    classes = {name: node.status for name, node in run.nodes.items()}
    named = {name: "left" for name in upstream if name not in classes}
    return environment.get_template("template.html").render(
        run=run,
        runs=len(oldest_first),
        sheet=Markup((_FOLDER / "style.css").read_text(encoding="utf-8")),  # noqa: S704 - ours
        totals=_find_totals(run),
        failed=run.find_all(FAILED),
        skipped=run.find_all(SKIPPED),
        changes=find_changes(run, earlier),
        compared=bool(earlier),
        timeline=Markup(timeline),  # noqa: S704 - escaped where it is drawn
        slowest=find_slowest(run.nodes),
        chain=chain,
        checks=_find_checks(oldest_first, Markup),
        graph=Markup(  # noqa: S704 - as above
            draw_graph(upstream, classes={**classes, **named}, linked=run.nodes)
        ),
        tables=_find_tables(oldest_first, upstream, descriptions or {}, Markup),
    )


def _find_totals(run: RunRecord) -> dict[str, Any]:
    built = run.find_all(BUILT)
    return {
        "built": len(built),
        "failed": len(run.find_all(FAILED)),
        "skipped": len(run.find_all(SKIPPED)),
        "rows": sum(node.rows or 0 for node in built),
        "bytes": sum(node.bytes or 0 for node in built),
        "checks": len(run.checks),
        "broken": sum(not check.passed for check in run.checks.values()),
    }


def _find_checks(runs: Sequence[RunRecord], markup: type) -> list[dict[str, Any]]:
    """Every check of the last run with its trend; those that ever failed come first."""
    found = []
    for key, check in runs[-1].checks.items():
        went = [_find_outcome(run.checks.get(key)) for run in runs]
        told = f"{check.name} of {check.asset} in the last {len(runs)} runs"
        found.append(
            {
                "check": check,
                "outcome": went[-1],
                "trend": markup(draw_marks(went, label=told)),
                "troubled": bool({"failed", "warned"} & set(went)),
            }
        )
    ranks = {"failed": 0, "warned": 1, "passed": 2}
    return sorted(
        found,
        key=lambda each: (ranks[each["outcome"]], not each["troubled"], each["check"].key),
    )


def _find_outcome(check: CheckRecord | None) -> str:
    if check is None:
        return ""
    if check.passed:
        return "passed"
    return "failed" if check.severity == "ERROR" else "warned"


def _find_tables(
    runs: Sequence[RunRecord],
    upstream: Mapping[str, Collection[str]],
    descriptions: Mapping[str, str],
    markup: type,
) -> list[dict[str, Any]]:
    """All that is known of each node of the last run, by name."""
    below: dict[str, list[str]] = {}
    for name, above in upstream.items():
        for each in above:
            below.setdefault(each, []).append(name)
    found = []
    for name, node in sorted(runs[-1].nodes.items()):
        rows = [past.rows if (past := run.nodes.get(name)) else None for run in runs]
        known = [number for number in rows[:-1] if number is not None]
        label = f"rows of {name} in the last {len(runs)} runs"
        found.append(
            {
                "node": node,
                "description": descriptions.get(name, ""),
                "rows_before": known[-1] if known else None,
                "trend": markup(draw_trend(rows, label=label)),
                "speed": node.rows / node.seconds if node.rows and node.seconds else None,
                "upstream": sorted(upstream.get(name, ())),
                "downstream": sorted(below.get(name, ())),
            }
        )
    return found
