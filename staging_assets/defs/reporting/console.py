"""What a person sees while a build runs: a line a table, then a summary.

It goes to standard output, and Dagster's own log goes to standard error, so that
`2>/dev/null` leaves these lines alone.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import TextIO

from staging_assets.builder import NodeResult, Status
from staging_assets.checks import CheckResult
from staging_assets.defs.reporting.bar import Bar, is_terminal
from staging_assets.defs.reporting.stopping import note_last_word
from staging_assets.defs.reporting.streams import find_stdout
from staging_assets.defs.reporting.way_on import WayOn
from staging_assets.model import STAGING, say
from staging_assets.scheduler import BuildPlan, CrewSize, Progress, Watcher, tell_plan

_NAME_WIDTH = 44


def show_failure(reason: str, out: TextIO | None = None) -> None:
    """Print why a run ends before its end; nobody should have to look for it in Dagster's log."""
    print(f"FAILED: {reason}", file=out or find_stdout(), flush=True)


class Screen:
    """Prints results as they come and sums them up.

    Args:
        total: how many nodes the run was asked for.
        out: where to print; standard output as it is at the time when None.
        prefix: what stands before a node in its asset key.
        way_on: what goes on with the run when it has failed or was stopped.
    """

    def __init__(
        self,
        total: int,
        out: TextIO | None = None,
        prefix: str = STAGING,
        way_on: WayOn | None = None,
    ) -> None:
        self._prefix = prefix
        self._way_on = way_on or WayOn()
        self._total = total
        self._out = out
        self._results: list[NodeResult] = []
        self._size: CrewSize | None = None
        self._started = time.monotonic()
        self._bar: Bar | None = None
        if total > 1 and is_terminal(out or find_stdout()):
            self._bar = Bar(out or find_stdout(), total)

    @property
    def watcher(self) -> Watcher | None:
        """Shows what is being built now, and for how long; None where there is no terminal."""
        return None if self._bar is None else self._watch

    def _watch(self, progress: Progress) -> None:
        if self._bar is not None:
            names = {self._name(node): age for node, age in progress.building.items()}
            self._bar.show(names, len(self._results), progress.left)

    def close_bar(self) -> None:
        """Nothing is built any more: leave the terminal as it was."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def show_plan(self, plan: BuildPlan) -> None:
        """Print what is going to be built, and why: the text of `staging-assets plan`."""
        for line in tell_plan(plan, self._name):
            self._print(line)

    def show(self, result: NodeResult, *, quiet: bool = False) -> None:
        """Print one line for a node that has ended; the lines of an error follow it, indented.

        Args:
            result: what came of it.
            quiet: whether it is counted alone.
        """
        self._results.append(result)
        if quiet:
            return
        width = len(str(self._total))
        place = f"[{len(self._results):>{width}}/{self._total}]"
        self._print(f"{place} {self._name(result.node):<{_NAME_WIDTH}} {find_outcome(result)}")
        if result.status == "failed":
            self._print_indented(result.message or "no reason was given")

    def note_size(self, size: CrewSize) -> None:
        """Note how many workers there are, to be told where that is not the plain default."""
        self._size = size

    def show_summary(self, where: str) -> None:
        """Print the totals, and when something is left to do, the command that does it.

        Args:
            where: one line that says where the result can be looked at.
        """
        self.close_bar()
        counts = Counter(result.status for result in self._results)
        rows = sum(result.rows or 0 for result in self._results if result.status == "built")
        seconds = time.monotonic() - self._started
        shown: list[Status] = ["built", "unchanged", "failed", "skipped"]
        if not counts["unchanged"]:
            shown.remove("unchanged")
        parts = [f"{counts[status]} {status}" for status in shown]
        self._print("")
        told = self._size is not None and self._size.why and counts["built"]
        workers = f"; {self._size}" if told else ""
        self._print(f"{', '.join(parts)}; {say(rows, 'row')} in {seconds:.1f} s{workers}")
        for status in shown[-2:]:
            names = [self._name(r.node) for r in self._results if r.status == status]
            if names:
                self._print(f"{status}: {', '.join(names)}")
        self._print(where)
        note_last_word("summary")
        left = [self._name(r.node) for r in self._results if r.status in ("failed", "skipped")]
        if left:
            self._print(f"go on with: {self._way_on.find_command(left)}")

    def show_cancelled(self) -> None:
        """Say that the run was stopped, and what that left."""
        self.close_bar()
        note_last_word("cancelled")
        built = sum(result.status == "built" for result in self._results)
        self._print(f"cancelled: {built} of {self._total} built; the others are as they were")
        self._print(f"go on with: {self._way_on.find_command()}")

    def show_check(self, check: CheckResult) -> None:
        """Print a check that failed: its severity, where, and what it found."""
        word = "FAILED" if check.severity == "ERROR" else "warning"
        self._print(f"{word}: check {check.name} on {self._name(check.table)}: {check.summary}")

    def _name(self, node: str) -> str:
        return f"{self._prefix}/{node}"

    def _print_indented(self, text: str) -> None:
        for line in text.splitlines():
            self._print(f"    {line}")

    def _print(self, line: str) -> None:
        if self._bar is not None:
            self._bar.print_above(line)
            return
        print(line, file=self._out or find_stdout(), flush=True)


def find_outcome(result: NodeResult) -> str:
    """The right half of a node's line: `1,234 rows  0.12 s`, `unchanged`, `skipped: ...`."""
    if result.status == "built":
        rows = "" if result.rows is None else say(result.rows, "row")
        warned = [check.name for check in result.checks if not check.passed]
        note = f"  warning: {', '.join(warned)} failed" if warned else ""
        return f"{rows:>16} {result.seconds:>8.2f} s{note}"
    if result.status == "failed":
        return "FAILED"
    return f"{result.status}: {result.message}" if result.message else result.status
