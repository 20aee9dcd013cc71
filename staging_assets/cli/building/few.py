"""Which assets a build of what changed is asked for: those that will be built, it seems now.

Dagster spends several events on each asset that a run is asked for, on one that is unchanged as
well. So what is to be built is found out before Dagster starts; the run covers the rest, decides
again under its lock, and builds of the rest what has changed meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from contextlib import closing

import psycopg2

from staging_assets.builder import Rebuild
from staging_assets.cli.common.options import find_asset_key
from staging_assets.errors import StagingError
from staging_assets.model import SCHEMA_NODE, StagingProject
from staging_assets.postgres import find_server
from staging_assets.scheduler import read_plan
from staging_assets.settings import StagingSchema

_PLAIN = re.compile(r"[A-Za-z0-9_./-]+\Z")
_LONGEST = 100_000
"""Characters of one word of a command line, of which Linux takes 131,072."""


def find_few(
    staging: StagingSchema, project: StagingProject, nodes: Sequence[str]
) -> Collection[str] | None:
    """The nodes to ask Dagster for, at least one; None when all of them may be asked for as well.

    Args:
        staging: what is built.
        project: its folder of scripts.
        nodes: those that are to be built where they have changed.
    """
    try:
        server = find_server(staging.postgres)
        with closing(server.connect_own("plan")) as connection:
            plan = read_plan(connection, project, staging.schema, nodes, Rebuild.CHANGED)
    except (StagingError, psycopg2.Error):
        return None  # the run will find the same, and tell whoever is to be told
    chosen = [node for node in nodes if node in plan.build]
    # The checks of the whole schema are the schema's, which costs next to nothing.
    if SCHEMA_NODE in nodes and SCHEMA_NODE not in chosen:
        chosen.insert(0, SCHEMA_NODE)
    chosen = chosen or list(nodes[:1])
    return chosen if 2 * len(chosen) <= len(nodes) else None


def find_few_selection(staging: StagingSchema, nodes: Collection[str]) -> str | None:
    """Dagster's selection of these nodes; None where a name or their number is too much for it.

    Args:
        staging: what is built.
        nodes: which of it.
    """
    keys = [find_asset_key(staging, node) for node in nodes]
    text = ",".join(keys)
    return text if all(map(_PLAIN.match, keys)) and len(text) < _LONGEST else None
