"""Why a node is built again, for people. No value of a row is in it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from staging_assets.builder import MadeOf, find_always, is_always
from staging_assets.model import Kind, StagingProject

ReasonKind = Literal[
    "asked",
    "never built",
    "no schema",
    "missing",
    "drifted",
    "failed",
    "script",
    "function",
    "source",
    "always",
    "upstream",
    "cleanup",
]
"""Why a node is built; `asked`: everything that was selected is."""

_SCRIPTS = {
    "create": "its CREATE script",
    "populate": "its POPULATE script",
    "lookup rows": "its lookup rows",
    "functions": "its script",
    "cleanup": "its cleanup",
}


@dataclass(frozen=True)
class Reason:
    """One reason for building a node; `text` goes after its name."""

    kind: ReasonKind
    text: str

    def __str__(self) -> str:
        return self.text


def find_differences(
    project: StagingProject, before: MadeOf, now: MadeOf, again: Collection[str]
) -> Iterator[Reason]:
    """What a node would be made of now, and was not.

    Args:
        again: the nodes that are built in the same run.
    """
    for part in sorted({*before.parts, *now.parts}):
        if before.parts.get(part) != now.parts.get(part):
            what = "is gone" if part not in now.parts else "changed"
            what = "is new" if part not in before.parts else what
            yield Reason("script", f"{_SCRIPTS.get(part, part)} {what}")
    for name in sorted({*before.sources, *now.sources}):
        was, is_now = before.sources.get(name), now.sources.get(name)
        if is_always(is_now):
            yield Reason("always", find_always(is_now))
        elif was != is_now or (name in before.sources) != (name in now.sources):
            if name not in now.sources:
                yield Reason("source", f"{name} is not read any more")
            else:
                yield Reason("source", f"{name} {_tell_change(was, is_now)}")
    for parent in sorted({*before.above, *now.above}):
        if before.above.get(parent) != now.above.get(parent):
            yield _tell_parent(project, parent, again)


def _tell_parent(project: StagingProject, parent: str, again: Collection[str]) -> Reason:
    if parent not in project.dependencies:
        return Reason("upstream", f"it was built upon {parent}, which is gone")
    is_function = project.kind(parent) is Kind.PROCEDURES
    what = "is built again" if parent in again else "was built since"
    if is_function:
        what = "changed" if parent in again else "was changed since"
    return Reason("function" if is_function else "upstream", f"{parent} {what}")


def _tell_change(before: Any, now: Any) -> str:
    if now is None:
        return "is missing"
    if before is None:
        return "is new"
    if isinstance(before, dict) and isinstance(now, dict):
        return _tell_counters(before, now)
    return "changed"


def _tell_counters(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    if is_always(before) or "tables" not in before or "tables" not in now:
        return "changed"
    if before["since"] != now["since"]:
        return "may have changed: Postgres' counters began anew (a crash, a reset, another server)"
    return _tell_tables(before["tables"], now["tables"])


def _tell_tables(old: Sequence[Sequence[Any]], new: Sequence[Sequence[Any]]) -> str:
    if [row[0] for row in old] != [row[0] for row in new]:
        return "is another table, or has other parts"
    if [row[1] for row in old] != [row[1] for row in new]:
        loaded = any(row[0] == "loaded" for row in new)
        return "was loaded from another file" if loaded else "was truncated or written anew"
    if [row[5] for row in old] != [row[5] for row in new]:
        return "has other columns"
    counts = [sum(b[i] - a[i] for a, b in zip(old, new, strict=True)) for i in (2, 3, 4)]
    if any(count < 0 for count in counts):
        return "changed: Postgres has counted back"
    told = [
        f"{count:,} {what}"
        for count, what in zip(counts, ("inserted", "updated", "deleted"), strict=True)
        if count
    ]
    return f"has rows {', '.join(told)}" if told else "changed"
