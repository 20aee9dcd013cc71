"""The command `staging-assets`: the embedded server and the checks, for people and pipelines."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from staging_assets.cli.check import add_check_commands
from staging_assets.cli.db import add_db_commands
from staging_assets.errors import ProjectError, StagingError

EXIT_COULD_NOT_RUN = 1
EXIT_PROJECT_WRONG = 3
EXIT_UNREAD = 141
"""What a shell says of a program whose output nobody reads any more."""


def build_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line; every command sets `run`, a function of the options."""
    parser = argparse.ArgumentParser(
        prog="staging-assets",
        description="Works with the database that holds staging, outside Dagster.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add_db_commands(commands)
    add_check_commands(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Args:
        arguments: what follows the program's name; the command line's when None.
    """
    options = build_parser().parse_args(arguments)
    try:
        code = int(options.run(options))
        sys.stdout.flush()
        return code
    except ProjectError as error:
        print(error, file=sys.stderr)
        return EXIT_PROJECT_WRONG
    except StagingError as error:
        print(error, file=sys.stderr)
        return EXIT_COULD_NOT_RUN
    except BrokenPipeError:
        # Whoever reads (`| head`) has seen enough; what Python still writes goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_UNREAD
    except KeyboardInterrupt:
        return 130
