"""`staging-assets check`: evaluate the checks of a schema, for people and pipelines.

It builds nothing and does without Dagster, whose import alone takes longer than the checks.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import click

from staging_assets.checks import KINDS, CheckResult, run_checks
from staging_assets.cli.checking.junit import write_junit
from staging_assets.cli.common.options import read_staging_schema, schema_options
from staging_assets.errors import StagingError
from staging_assets.postgres import find_server
from staging_assets.project import load_project

EXIT_CHECK_FAILED = 2


@click.command(
    epilog="\b\nExit codes: 0 all checks hold (or only warnings fail), 1 they could not be run,\n"
    "2 a check failed, 3 the folder of scripts is wrong."
)
@click.option(
    "--select",
    multiple=True,
    metavar="NODE[:CHECK]",
    help="only these: a table, table:check, or a pattern such as lookup_*; repeatable",
)
@schema_options
@click.option("--junit", type=click.Path(path_type=Path), metavar="FILE", help="also JUnit XML")
@click.option("--json", "as_json", is_flag=True, help="print JSON instead of a table")
@click.option("--failed", is_flag=True, help="list only what failed, in table and JSON")
def check(
    select: Sequence[str], junit: Path | None, as_json: bool, failed: bool, **said: str | None
) -> int:
    """Evaluate the checks of the staging schema. Nothing is built or changed."""
    started = time.monotonic()
    settings = read_staging_schema(**said)
    project = load_project(settings, settings.department, KINDS, home=settings.home)
    nodes = [part for text in select for part in text.replace(",", " ").split()]
    results = run_checks(find_server(settings.postgres), project, settings.schema, nodes)
    seconds = time.monotonic() - started
    if junit is not None:
        try:
            write_junit(junit, results, seconds)
        except OSError as error:
            raise StagingError(
                f"--junit {junit}: {error.strerror or error}. "
                "Give a file in a folder that can be written to."
            ) from None
    shown = [result for result in results if not (failed and result.passed)]
    text = build_json(shown) if as_json else build_table(shown, sys.stdout.isatty())
    if text:
        print(text)
    summary = summarize(results, settings.schema, seconds)
    print(summary, file=sys.stderr if as_json else sys.stdout)
    return EXIT_CHECK_FAILED if any(result.fails for result in results) else 0


def build_table(results: Sequence[CheckResult], colour: bool = False) -> str:
    """A line a check: state, node, check, summary; under a failed one its keys and findings."""
    names = [f"{result.table}" for result in results]
    wide = max((len(name) for name in names), default=0)
    checks = max((len(result.name) for result in results), default=0)
    lines = []
    for result, name in zip(results, names, strict=True):
        state = _find_state(result)
        shown = f"{_COLOURS[state]}{state:<5}\033[0m" if colour else f"{state:<5}"
        lines.append(f"{shown}  {name:<{wide}}  {result.name:<{checks}}  {result.summary}".rstrip())
        lines += [f"       warning: {line}" for line in result.warnings]
        if not result.passed:
            lines += [f"       {line}" for line in _find_details(result)]
    return "\n".join(lines)


_COLOURS = {"ok": "\033[32m", "FAIL": "\033[31m", "ERROR": "\033[31m", "WARN": "\033[33m"}


def _find_state(result: CheckResult) -> str:
    if result.passed:
        return "ok"
    if result.error:
        return "ERROR"
    return "FAIL" if result.severity == "ERROR" else "WARN"


def _find_details(result: CheckResult) -> list[str]:
    """The findings in full, and the keys."""
    findings = result.metadata.get("findings", ())
    lines = [str(each) for each in findings] if isinstance(findings, list) else []
    keys = result.metadata.get("failing keys", ())
    if isinstance(keys, list) and keys:
        shown = [
            ", ".join(f"{name}={value}" for name, value in key.items())
            if isinstance(key, dict)
            else str(key)
            for key in keys
        ]
        lines.append(f"failing: {'; '.join(shown)}")
    elif isinstance(keys, str):
        lines.append(keys)
    return lines


def build_json(results: Sequence[CheckResult]) -> str:
    """A JSON list, one object a check."""
    return json.dumps(
        [
            {
                "asset": f"staging/{result.table}",
                "check": result.name,
                "passed": result.passed,
                "severity": result.severity,
                "blocking": result.blocking,
                "could_not_be_evaluated": result.error,
                "summary": result.summary,
                "metadata": dict(result.metadata),
            }
            for result in results
        ],
        indent=2,
        default=str,
    )


def summarize(results: Sequence[CheckResult], schema: str, seconds: float) -> str:
    """`312 checks of schema "staging": 310 hold, 1 failed, 1 warning (0.84 s)`."""
    failed = sum(result.fails for result in results)
    warned = sum(not result.passed and not result.fails for result in results)
    parts = [f"{sum(result.passed for result in results)} hold"]
    parts += [f"{failed} failed"] if failed else []
    parts += [f"{warned} warning{'' if warned == 1 else 's'}"] if warned else []
    noun = "check" if len(results) == 1 else "checks"
    return f'{len(results)} {noun} of schema "{schema}": {", ".join(parts)} ({seconds:.2f} s)'
