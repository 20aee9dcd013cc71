"""The proofs of `trust/`: how large they are, and the table of their figures at the end of a run.

STAGING_TEST_TRUST=full lets each proof try all that it promises to try; without it, a handful. A
test says what it saw with the fixture `figure`; `--write-figures` puts what a whole run saw into
docs/reliability.md.
"""

from __future__ import annotations

import os
import platform
import re
import time
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from staging_assets_tests.support.commands import ROOT

PAGE = ROOT / "docs" / "reliability.md"
IS_FULL = os.environ.get("STAGING_TEST_TRUST") == "full"
_KIND = "figure"
_ROW = re.compile(r"^\| (?P<promise>[^|]+) \| (?P<seen>[^|]*) \| `(?P<test>[^`|]+)` \|$", re.M)
_TAKEN = re.compile(r"(?m)^Figures of .*$")


def choose(short: int, full: int) -> int:
    """How often something is tried: in the short form, and in the full one."""
    return full if IS_FULL else short


class Turns:
    """Counts from 0 to what was chosen, and stops early when the time is over.

    Args:
        short, full: as `choose` takes them.
        minutes: after which no further turn is begun; `done` says how many there were.
    """

    def __init__(self, short: int, full: int, *, minutes: float) -> None:
        self._most, self._seconds = choose(short, full), 60 * minutes
        self.done = 0

    def __iter__(self) -> Iterator[int]:
        end = time.monotonic() + self._seconds
        while self.done < self._most and time.monotonic() < end:
            self.done += 1
            yield self.done - 1


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Says in a few words what the test saw; the last ones count."""

    def say(text: str) -> None:
        found = request.node.user_properties
        found[:] = [each for each in found if each[0] != _KIND]
        found.append((_KIND, text))

    return say


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-figures",
        action="store_true",
        help="write what the proofs of trust/ saw into docs/reliability.md",
    )


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the table: one line a proof."""
    seen = find_figures(terminalreporter.stats)
    if not seen:
        return
    terminalreporter.section(f"figures ({'full' if IS_FULL else 'short'} form)", sep="-")
    width = max(map(len, seen))
    for test, (outcome, text) in sorted(seen.items()):
        terminalreporter.write_line(f"{test:<{width}}  {outcome:<6}  {text}")
    if config.getoption("write_figures"):
        PAGE.write_text(write_figures(PAGE.read_text(), seen))


def find_figures(stats: dict[str, list[Any]]) -> dict[str, tuple[str, str]]:
    """Test, as the page names it, to its outcome and what it saw."""
    seen = {}
    for outcome in ("passed", "failed"):
        for report in stats.get(outcome, []):
            texts = [text for kind, text in report.user_properties if kind == _KIND]
            if report.when == "call" and texts:
                seen[report.nodeid.split("/", 1)[-1]] = (outcome, texts[-1])
    return seen


def write_figures(page: str, seen: dict[str, tuple[str, str]]) -> str:
    """The page with these figures in the rows of their tests, and the day and the machine."""

    def fill(row: re.Match[str]) -> str:
        outcome, text = seen.get(row["test"], ("", row["seen"]))
        if outcome == "failed":
            text = f"**not kept**: {text}"
        return f"| {row['promise']} | {text} | `{row['test']}` |"

    cores = os.cpu_count()
    form = "full" if IS_FULL else "short"
    taken = f"Figures of {date.today()}, {form} form, {cores} cores, {platform.system()}."
    return _TAKEN.sub(taken, _ROW.sub(fill, page))
