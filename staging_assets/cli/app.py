"""The command `staging-assets`, and what it says and returns when something is wrong.

A command's module is imported when the command is called: `db psql` does not load what `check`
needs.
"""

from __future__ import annotations

import difflib
import keyword
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Any

import click

from staging_assets.cli.common.exit_codes import (
    EXIT_COULD_NOT_RUN,
    EXIT_INTERRUPTED,
    EXIT_PROJECT_WRONG,
    EXIT_UNREAD,
    EXIT_USAGE,
)
from staging_assets.errors import ProjectError, StagingError

_COMMANDS = {
    "build": ("building.build", "Build the schema, or some of it, through Dagster."),
    "check": ("checking.check", "Evaluate the checks of the schema; build nothing."),
    "db": ("db", "The database: url, psql, start, stop, status."),
    "diff": ("looking.diff", "Say how two schemas differ."),
    "dev": ("building.build", "Open Dagster's UI on this machine."),
    "doctor": ("checking.doctor", "Look for what will not work, and say why."),
    "init": ("starting.init", "Begin a project of your own in a new folder."),
    "import": ("starting.import_dump", "Make a project of a dump, of .sql files or of a database."),
    "migrate": ("starting.migrate", "Make a project of a luigi tree."),
    "plan": ("building.plan", "Say what a run would build, and why; build nothing."),
    "prune": ("building.prune", "Drop tables that no script makes any more."),
    "ls": ("looking.ls", "List what the scripts make."),
    "promote": ("promote", "Put a finished schema in place of the live one."),
    "releases": ("promote", "List what was promoted and rolled back."),
    "report": ("looking.report", "Make one HTML file about the last run."),
    "rollback": ("promote", "Take the last promotion back."),
    "show": ("looking.show", "Show all that is known of a table."),
    "validate": ("checking.validate", "Say all that is wrong with the scripts; build nothing."),
    "watch": ("building.watch", "Look once whether the night has gone as it should; tell people."),
}
"""Command to its module and its line in the list of commands."""

_EPILOG = """\b
Exit codes: 0 all is well, 1 it could not be done, 2 something was found,
3 the folder of scripts is wrong, 64 the command line is, 130 interrupted.
Completion: eval "$(_STAGING_ASSETS_COMPLETE=bash_source staging-assets)"
in ~/.bashrc; zsh_source and fish_source for the other shells.
"""


class _UnreadError(Exception):
    """Nobody reads the output any more. Click would end the program on a BrokenPipeError."""


class _Commands(click.Group):
    """The commands, each imported when it is needed."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise _UnreadError from None

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            meant = difflib.get_close_matches(cmd_name, _COMMANDS, 1)
            ask = f" Did you mean {meant[0]}?" if meant else " staging-assets --help lists them."
            ctx.fail(f"there is no command {cmd_name!r}.{ask}")
        module = import_module(f"staging_assets.cli.{_COMMANDS[cmd_name][0]}")
        name = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name
        command: click.Command = getattr(module, name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List them without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, _COMMANDS[name][1]) for name in sorted(_COMMANDS)])


@click.command(
    cls=_Commands,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(version("staging_assets"), prog_name="staging-assets")
def command_line() -> None:
    """Works with a staging schema and its database, beside Dagster's own commands."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Args:
        arguments: what follows the program's name; the command line's when None.
    """
    given = None if arguments is None else list(arguments)
    try:
        code = command_line.main(given, prog_name="staging-assets", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.ClickException as error:
        error.show()
        return EXIT_USAGE
    except ProjectError as error:
        print(error, file=sys.stderr)
        return EXIT_PROJECT_WRONG
    except StagingError as error:
        print(error, file=sys.stderr)
        return EXIT_COULD_NOT_RUN
    except (BrokenPipeError, _UnreadError):
        # Whoever reads (`| head`) has seen enough; what Python still writes goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_UNREAD
    except (KeyboardInterrupt, click.Abort):
        return EXIT_INTERRUPTED
