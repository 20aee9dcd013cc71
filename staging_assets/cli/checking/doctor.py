"""`staging-assets doctor`: what will not work here, and why."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

from staging_assets.cli.checking.examinations.database import find_database
from staging_assets.cli.checking.examinations.finding import ODD, WRONG, Finding
from staging_assets.cli.checking.examinations.folder import find_folder
from staging_assets.cli.checking.examinations.installation import find_installation
from staging_assets.cli.common.options import read_staging_schema, schema_options
from staging_assets.errors import SettingsError
from staging_assets.project import find_extensions
from staging_assets.settings import StagingSchema, find_home

EXIT_FOUND = 2


@click.command(epilog="\b\nExit codes: 0 builds can work (warnings or not), 2 they cannot.")
@schema_options
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def doctor(as_json: bool, **said: str | None) -> int:
    """Look at Python, the shell, the scripts, the server and what runs have left.

    Nothing is changed; the embedded server is started.
    """
    findings = []
    for finding in _examine(said):
        findings.append(finding)
        if not as_json:
            print(f"{finding.state:<4}  {finding.subject:<12}  {finding.text}", flush=True)
    wrong = sum(finding.state == WRONG for finding in findings)
    odd = sum(finding.state == ODD for finding in findings)
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        noun = "warning" if odd == 1 else "warnings"
        print(f"{wrong} will not work, {odd} {noun}" if wrong or odd else "all is well")
    return EXIT_FOUND if wrong else 0


def _examine(said: dict[str, str | None]) -> Iterator[Finding]:
    folder = Path.cwd()
    yield from find_installation(os.environ, folder, find_home(os.environ, folder))
    try:
        staging = read_staging_schema(**said)
    except SettingsError as error:
        yield Finding(WRONG, "settings", str(error))
        return
    yield from _examine_schema(staging)


def _examine_schema(staging: StagingSchema) -> Iterator[Finding]:
    project, finding = find_folder(staging)
    yield finding
    yield from find_database(
        staging, [each.name for each in find_extensions(project)] if project else []
    )
