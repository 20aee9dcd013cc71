"""`staging-assets build` and `dev`: Dagster's own commands, with less to type.

They become `dagster`, so that the history, the log and the exit code are those of the literal
command.
"""

from __future__ import annotations

import re
import signal
import socket
from collections.abc import Sequence

import click

from staging_assets.checks import KINDS
from staging_assets.cli.building.few import find_few, find_few_selection
from staging_assets.cli.common.dagster_program import become_dagster, build_config
from staging_assets.cli.common.options import (
    find_asset_key,
    find_branch,
    find_nodes,
    read_staging_schema,
    schema_options,
)
from staging_assets.errors import SettingsError
from staging_assets.model import StagingProject
from staging_assets.project import load_project
from staging_assets.settings import StagingSchema

_NAME = re.compile(r"(\+*)([^\s+:()\"]+?)(\+*)\Z")
"""A node with what stands for upstream and downstream; anything else is Dagster's own syntax."""


@click.command()
@click.argument("selection", metavar="[SELECTION]...", nargs=-1)
@schema_options
@click.option(
    "--rebuild",
    type=click.Choice(["all", "missing", "changed"]),
    help="what is built of what is selected (default: all)",
)
@click.option(
    "--changed-from",
    metavar="LIVE",
    help="build a branch: what the schema LIVE has otherwise, and what depends on it",
)
@click.option("--workers", type=click.IntRange(1), help="connections that build at once")
@click.option("--dry-run", is_flag=True, help="print the command and its settings; build nothing")
def build(
    selection: Sequence[str],
    rebuild: str | None,
    changed_from: str | None,
    workers: int | None,
    dry_run: bool,
    **said: str | None,
) -> int:
    """Build the schema, or what SELECTION says of it, through Dagster.

    SELECTION is a name (arrests), a pattern ('lookup_*'), one of them with what is upstream
    (+arrests) or downstream (arrests+), or Dagster's own syntax ('group:lookups').

    With --rebuild changed and names or patterns, the run's assets are those that are to be built;
    of the rest what has changed meanwhile is built as well, and checks are evaluated all the same.
    """
    staging = read_staging_schema(**said)
    given: dict[str, object] = {"rebuild": rebuild, "workers": workers}
    if changed_from is not None:
        # The run is one of the live schema's assets, which it reports as observed.
        given |= {"schema": find_branch(staging, changed_from), "changed_from": changed_from}
        said["schema"] = changed_from
        staging = read_staging_schema(**said)
    project = load_project(staging, staging.department, KINDS, home=staging.home)
    selected = _find_selection(staging, project, selection)
    covers = None
    if rebuild == "changed" and changed_from is None and not dry_run:
        patterns = find_patterns(staging, selection)
        nodes = find_nodes(staging, project, patterns) if patterns else []
        few = find_few(staging, project, nodes) if nodes else None
        asked = find_few_selection(staging, few) if few else None
        if asked is not None:
            selected, covers = asked, patterns
    words = ["asset", "materialize", "--select", selected]
    config = build_config(f"staging_build{staging.suffix}", **given, covers=covers)
    if config:
        words += ["--config-json", config]
    return become_dagster(words, dry_run=dry_run, **said)


@click.command()
@schema_options
@click.option("--port", type=click.IntRange(1, 65535), default=3000, show_default=True)
@click.option("--dry-run", is_flag=True, help="print the command and its settings; start nothing")
def dev(port: int, dry_run: bool, **said: str | None) -> int:
    """Open Dagster's UI on this machine, for the folder of scripts."""
    read_staging_schema(**said)
    if not dry_run:
        _check_free(port)
        # A script that starts it with `&` has SIGINT ignored, and Dagster then ignores SIGTERM too.
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
    words = ["dev", "-h", "127.0.0.1", "-p", str(port), "-m", "staging_assets.definitions"]
    return become_dagster(words, dry_run=dry_run, **said)


def _find_selection(staging: StagingSchema, project: StagingProject, words: Sequence[str]) -> str:
    """Dagster's selection of these words; of everything in the schema when there are none."""
    if not words:
        return find_asset_key(staging, "*")
    parts = []
    for word in words:
        named = _NAME.match(word)
        if named is None or word == find_asset_key(staging, "*"):
            parts.append(f"({word})" if len(words) > 1 else word)
            continue
        # The pattern goes on as it is: whatever it means has been found to be something.
        find_nodes(staging, project, [named[2]])
        node = named[2].removeprefix(find_asset_key(staging, ""))
        parts.append(f'{named[1]}key:"{find_asset_key(staging, node)}"{named[3]}')
    return " or ".join(parts)


def find_patterns(staging: StagingSchema, words: Sequence[str]) -> list[str]:
    """Patterns of nodes that mean the same as the words; none where they say more than names.

    Args:
        staging: whose nodes they are.
        words: as typed.
    """
    if not words:
        return ["*"]
    named = [_NAME.match(word) for word in words]
    if not all(each is not None and not each[1] and not each[3] for each in named):
        return []
    return [word.removeprefix(find_asset_key(staging, "")) for word in words]


def _check_free(port: int) -> None:
    with socket.socket() as asked:
        asked.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            asked.bind(("127.0.0.1", port))
        except OSError as error:
            raise SettingsError(
                f"--port {port}: {error.strerror}. Give another one, such as --port {port + 1}, or "
                "stop the program that uses it."
            ) from None
