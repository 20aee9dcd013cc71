"""Look once whether a night has gone as it should, and tell people when it has not.

    python -m staging_assets.watch [--within 26h]

marks runs as failed whose process is gone and, with `--within`, says when the last run that built
everything is older. It is for whoever has Dagster's history and settings in the environment; a
timer runs it. Exit code 0: all is well; 2: something was found, and told to whoever
`STAGING_WEBHOOK_URL` and `STAGING_ALERT_COMMAND` name; 1: it could not look, and told that.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import dagster as dg

from staging_assets.dagster_command import make_home
from staging_assets.defs import (
    alert_blind,
    build_overdue_alert,
    find_overdue,
    look_once,
    run_alert,
)
from staging_assets.errors import StagingError
from staging_assets.settings import (
    StagingSchema,
    find_home,
    read_alert_settings,
    read_seconds,
    read_settings,
)

EXIT_FOUND = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Look once, and say what was found.

    Args:
        arguments: of the command line; those of the process when None.
    """
    parser = argparse.ArgumentParser(prog="staging-assets watch")
    parser.add_argument("--within", metavar="TIME")
    given = parser.parse_args(arguments)
    try:
        if not os.environ.get("DAGSTER_HOME"):
            refusal = make_home(find_home(os.environ, Path.cwd()))
            if refusal is not None:
                raise StagingError(refusal)
        within = None if given.within is None else read_seconds(given.within, "--within")
        with dg.DagsterInstance.get() as instance:
            found = look(instance, read_settings(os.environ), within)
    except StagingError as error:
        print(error, file=sys.stderr)
        alert_blind(read_alert_settings(os.environ), str(error), _warn)
        return 1
    print("\n".join(found) or "all is well")
    return EXIT_FOUND if found else 0


def look(instance: dg.DagsterInstance, staging: StagingSchema, within: float | None) -> list[str]:
    """Mark runs that were killed, look for the last good one, and tell people; return what is told.

    Args:
        instance: where the runs are.
        staging: which schema.
        within: seconds within which a run of everything ended well; None: whenever.

    Raises StagingError when the database cannot be asked.
    """
    dead = look_once(instance, staging, _warn)
    overdue = None if within is None else find_overdue(instance, staging, within)
    if overdue is not None:
        run_alert(staging.alerts, build_overdue_alert(staging, overdue), _warn)
    return [*map(str, dead), *([overdue] if overdue else [])]


def _warn(line: str) -> None:
    print(line, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
