"""Before a candidate takes the live schema's place, every check is evaluated on it."""

from __future__ import annotations

from contextlib import closing

from staging_assets.checks import run_checks
from staging_assets.errors import BuildError
from staging_assets.model import StagingProject
from staging_assets.postgres import Server
from staging_assets.publisher import check_there, find_build_command


def run_gate(server: Server, project: StagingProject, live: str, candidate: str) -> None:
    """Evaluate every check on a candidate.

    Args:
        server: where it is.
        project: its folder of scripts.
        live: the schema whose place it is to take.
        candidate: the schema.

    Raises BuildError when there is no candidate, or a check of severity ERROR fails on it.
    """
    with closing(server.connect_own("gate")) as connection:
        check_there(connection, live, candidate)
    failed = [
        result
        for result in run_checks(server, project, candidate)
        if not result.passed and result.severity == "ERROR"
    ]
    if failed:
        told = "\n".join(
            f"  {result.name} on {result.table}: {result.summary}" for result in failed
        )
        raise BuildError(
            f'schema "{candidate}": {len(failed)} of its checks fail, so it was not promoted:\n'
            f"{told}\nBuild, check and promote it again: {find_build_command(live, candidate)}\n"
            "Or promote it as it is: `check: false`, or --no-check."
        )
