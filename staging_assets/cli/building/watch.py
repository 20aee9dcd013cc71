"""`staging-assets watch`: look once whether the night has gone as it should."""

from __future__ import annotations

import os
import sys

import click

from staging_assets.cli.common.options import (
    find_said_variables,
    read_staging_schema,
    schema_options,
)


@click.command(
    epilog="Exit codes: 0 all is well, 2 something was found and told, 1 it could not look."
)
@click.option(
    "--within",
    metavar="TIME",
    help="tell when the last run that built everything ended longer ago, such as 26h",
)
@schema_options
def watch(within: str | None, **said: str | None) -> int:
    """Mark runs as failed whose process is gone, and look for the last good one; tell people.

    Whom to tell is what STAGING_WEBHOOK_URL and STAGING_ALERT_COMMAND say. A timer runs it: what
    did not start cannot say so itself.
    """
    read_staging_schema(**said)
    variables = find_said_variables(**said)
    words = [sys.executable, "-m", "staging_assets.watch"]
    words += [] if within is None else ["--within", within]
    sys.stdout.flush()
    return os.execve(sys.executable, words, {**os.environ, **variables})  # noqa: S606
