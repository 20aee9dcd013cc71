"""`staging-assets promote`, `rollback` and `releases`: schemas that change places.

The first two become `dagster`, so that Dagster's history has the run and the release.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict
from typing import Any

import click

from staging_assets.cli.common.dagster_program import become_dagster, build_config
from staging_assets.cli.common.options import find_asset_key, read_staging_schema, schema_options
from staging_assets.model import say
from staging_assets.postgres import find_server
from staging_assets.publisher import Release, read_releases

_WHO = "on whose behalf (default: user and machine)"
_DRY = "print the command and its settings; change nothing"


@click.command()
@click.argument("candidate", required=False)
@schema_options
@click.option("--build", is_flag=True, help="build the candidate first, all of it")
@click.option(
    "--changed-from",
    metavar="LIVE",
    help="with --build: build a branch, what LIVE (the live schema) has otherwise",
)
@click.option("--no-check", is_flag=True, help="promote it whatever its checks say")
@click.option("--keep", type=click.IntRange(1, 20), help="old schemas to keep (default: 1)")
@click.option("--who", metavar="NAME", help=_WHO)
@click.option("--dry-run", is_flag=True, help=_DRY)
def promote(  # noqa: PLR0917 - its options
    candidate: str | None,
    build: bool,
    changed_from: str | None,
    no_check: bool,
    keep: int | None,
    who: str | None,
    dry_run: bool,
    **said: str | None,
) -> int:
    """Put schema CANDIDATE in place of the live one, in an instant.

    CANDIDATE is the live schema's name with _next when it is not given. Its checks are evaluated
    first; what was live is kept as <schema>__previous. Of a branch, only its own tables change
    places.
    """
    if build and no_check:
        raise click.UsageError("--no-check: a candidate that is built is checked on the way.")
    if changed_from is not None and not build:
        raise click.UsageError("--changed-from: it says what --build builds. Give both.")
    staging = read_staging_schema(**said)
    given: dict[str, Any] = {"keep": keep, "who": who}
    if build:
        given |= {"promote": True, "schema": candidate, "changed_from": changed_from}
        config = build_config(f"staging_build{staging.suffix}", **given)
        words = ["asset", "materialize", "--select", find_asset_key(staging, "*")]
        words += ["--config-json", config or "{}"]
        return become_dagster(words, dry_run=dry_run, **said)
    given |= {"candidate": candidate, "check": False if no_check else None}
    config = build_config(f"promote{staging.suffix}", **given)
    words = ["job", "execute", "-j", f"promote_staging{staging.suffix}"]
    return become_dagster(words, dry_run=dry_run, config=config, **said)


@click.command()
@schema_options
@click.option("--who", metavar="NAME", help=_WHO)
@click.option("--dry-run", is_flag=True, help=_DRY)
def rollback(who: str | None, dry_run: bool, **said: str | None) -> int:
    """Take the last promotion back: <schema>__previous and the live schema change places."""
    staging = read_staging_schema(**said)
    words = ["job", "execute", "-j", f"rollback_staging{staging.suffix}"]
    config = build_config(f"rollback{staging.suffix}", who=who)
    return become_dagster(words, dry_run=dry_run, config=config, **said)


@click.command()
@schema_options
@click.option("--last", type=click.IntRange(1), default=20, show_default=True, help="how many")
@click.option("--json", "as_json", is_flag=True, help="print JSON, with the rows of each table")
def releases(last: int, as_json: bool, **said: str | None) -> int:
    """List what was promoted and rolled back, the last one first."""
    staging = read_staging_schema(**said)
    server = find_server(staging.postgres)
    with closing(server.connect_own("releases")) as connection:
        found = read_releases(connection, staging.schema, last)
    if as_json:
        print(json.dumps([asdict(release) for release in found], indent=2, default=str))
        return 0
    for line in _build_table(staging.schema, found):
        print(line)
    return 0


def _build_table(schema: str, found: Sequence[Release]) -> Iterator[str]:
    if not found:
        yield f"{schema}: nothing was promoted yet"
        return
    wide = max(len(_tell_source(release)) for release in found)
    for release in found:
        before, after = sum(release.before.values()), sum(release.after.values())
        at = f"{release.at:%Y-%m-%d %H:%M:%S}" if release.at else ""
        yield (
            f"{release.number:>4}  {at}  {release.action:<8}  "
            f"{_tell_source(release):<{wide}}  "
            f"{before:>14,} -> {after:,} rows  {release.who}"
        )


def _tell_source(release: Release) -> str:
    """The schema, and how much of it when it is not all."""
    if release.nodes is None:
        return release.source
    tables = say(len(release.after), "table")
    return f"{release.source} ({tables})"
