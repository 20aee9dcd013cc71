"""`staging-assets prune`: drop tables that no script makes any more, after showing them."""

from __future__ import annotations

import sys
from contextlib import closing

import click

from staging_assets.checks import KINDS
from staging_assets.cli.common.options import read_staging_schema, schema_options
from staging_assets.errors import StagingError
from staging_assets.model import Relation
from staging_assets.postgres import find_server
from staging_assets.project import load_project
from staging_assets.scheduler import Orphan, read_orphans, run_prune

EXIT_LEFT = 2


@click.command(
    epilog="Exit codes: 0 there is none left, 2 they were left as they are, 1 they could not be "
    "dropped, 3 the folder of scripts is wrong."
)
@schema_options
@click.option("--yes", is_flag=True, help="do not ask")
@click.option("--cascade", is_flag=True, help="drop what hangs on them too")
def prune(yes: bool, cascade: bool, **said: str | None) -> int:
    """Drop the tables of the schema that were built here and that no script makes any more.

    They are shown first, with what hangs on them, and nothing is dropped before you agree. What
    somebody else has made in the schema is never looked at.
    """
    staging = read_staging_schema(**said)
    project = load_project(staging, staging.department, KINDS, home=staging.home)
    server = find_server(staging.postgres)
    with closing(server.connect_own("prune")) as connection:
        orphans = read_orphans(connection, project, staging.schema)
    if not orphans:
        print(f'schema "{staging.schema}": a script makes every table that was built here')
        return 0
    for orphan in orphans:
        print(_tell(staging.schema, orphan))
    if any(orphan.hanging for orphan in orphans) and not cascade:
        raise StagingError(
            "Something hangs on them, so nothing was dropped. "
            "Take it away, or let it go with them: --cascade."
        )
    if not yes and not _ask(len(orphans)):
        return EXIT_LEFT
    run_prune(server, staging.schema, orphans, cascade=cascade)
    print(f"dropped: {', '.join(orphan.name for orphan in orphans)}")
    return 0


def _tell(schema: str, orphan: Orphan) -> str:
    size = f"about {orphan.rows:,} rows, {orphan.bytes / 1e6:,.1f} MB"
    lines = [f"{orphan.kind} {Relation(schema, orphan.name)}: {size}"]
    return "\n".join([*lines, *(f"    on it hangs {each}" for each in orphan.hanging)])


def _ask(count: int) -> bool:
    if not sys.stdin.isatty():
        print("nothing was dropped: say --yes, or run this on a terminal")
        return False
    return click.confirm(f"Drop {'it' if count == 1 else f'these {count}'}?", default=False)
