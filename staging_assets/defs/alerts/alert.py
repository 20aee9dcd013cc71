"""What people are told when a night has stopped: one message, whatever stopped it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from staging_assets.checks import CheckResult
from staging_assets.settings import StagingSchema

AlertKind = Literal[
    "tables_failed",
    "checks_failed",
    "run_refused",
    "run_killed",
    "run_overdue",
    "scripts_broken",
    "could_not_look",
]
MOST_LISTED = 200
_MOST_LINES = 12
"""Of one message in the text: the whole is in the fields, and in the log of the run."""


@dataclass(frozen=True)
class FailedTable:
    """A table that was not built.

    Args:
        asset: its key, such as `staging/arrests`.
        message: why.
        holds_up: the keys of what was skipped because of it.
    """

    asset: str
    message: str
    holds_up: Sequence[str] = ()


@dataclass(frozen=True)
class FailedCheck:
    """A check that failed.

    Args:
        asset: the key of its table, such as `staging/arrests`.
        result: what came of it.
    """

    asset: str
    result: CheckResult

    def __str__(self) -> str:
        suffix = "" if self.result.severity == "ERROR" else " (a warning)"
        return f"{self.result.name} on {self.asset}{suffix}: {self.result.summary}"

    def to_json(self) -> dict[str, Any]:
        """What a webhook gets of it: nothing of what was found in rows."""
        return {
            "asset": self.asset,
            "check": self.result.name,
            "severity": self.result.severity,
            "blocking": self.result.blocking,
            "could_not_be_evaluated": self.result.error,
            "summary": self.result.summary,
        }


@dataclass(frozen=True)
class Alert:
    """What stopped a night, why, what it holds up, and how to go on.

    Args:
        kind: what it is, for programs.
        headline: the same for people, in a line.
        about: `schema`, `department`, and `run_id` where there is a run.
        reason: why, where it is no matter of single tables.
        tables: those that failed.
        checks: those that failed, warnings as well.
        go_on: the command that goes on, or what to do; empty when there is nothing to be said.
    """

    kind: AlertKind
    headline: str
    about: Mapping[str, str]
    reason: str = ""
    tables: Sequence[FailedTable] = ()
    checks: Sequence[FailedCheck] = ()
    go_on: str = ""

    @property
    def text(self) -> str:
        """All of it for people, in plain text."""
        lines = [self.headline]
        lines += _cut(self.reason) if self.reason else []
        for table in self.tables[:MOST_LISTED]:
            first, *rest = _cut(table.message)
            lines += [f"{table.asset}: {first}", *(f"    {line}" for line in rest)]
            if table.holds_up:
                lines.append(f"    it holds up {', '.join(table.holds_up)}")
        lines += [str(check) for check in self.checks[:MOST_LISTED]]
        lines += [f"go on with: {self.go_on}"] if self.go_on else []
        run = self.about.get("run_id")
        lines += [f"run {run}"] if run else []
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """The body that a webhook gets. `text` is what chat webhooks show."""
        return {
            "event": "staging_alert",
            "kind": self.kind,
            **self.about,
            "text": self.text,
            "reason": self.reason,
            "tables": [
                {"asset": t.asset, "message": t.message, "holds_up": list(t.holds_up)}
                for t in self.tables[:MOST_LISTED]
            ],
            "failed_checks": len(self.checks),
            "checks": [check.to_json() for check in self.checks[:MOST_LISTED]],
            "go_on": self.go_on,
        }


def build_about(staging: StagingSchema, run_id: str = "") -> dict[str, str]:
    """What every alert says of where it comes from.

    Args:
        staging: whose it is.
        run_id: the run, where there is one.
    """
    about = {"schema": staging.schema, "department": staging.department}
    return {**about, "run_id": run_id} if run_id else about


def _cut(text: str) -> list[str]:
    lines = text.splitlines() or [""]
    more = len(lines) - _MOST_LINES
    return [*lines[:_MOST_LINES], *([f"({more} lines more)"] if more > 0 else [])]
