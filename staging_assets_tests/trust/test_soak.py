"""Sixty builds, one after the other: nothing that is kept grows with their number."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.postgres import Server
from staging_assets_tests.support.builds import ask, build_all
from staging_assets_tests.support.figures import Turns
from staging_assets_tests.support.one_of_each import HUNG, find_left, load_turns
from staging_assets_tests.support.servers import own_server

# What vacuum leaves: the catalogs as they are, without rows that nobody sees any more.
_VACUUM = "vacuum"
_MEASURES = {
    "sessions": "select count(*) from pg_stat_activity where application_name ~ '^staging_assets'",
    "objects": "select (select count(*) from pg_class) + (select count(*) from pg_type)"
    " + (select count(*) from pg_proc) + (select count(*) from pg_depend)"
    " + (select count(*) from pg_constraint) + (select count(*) from pg_namespace)",
    "rows of records": "select count(*) from staging__build.__builds",
    "database in kB": "select pg_database_size(current_database()) / 1024",
}


def read_memory() -> int:
    """Memory of this process, in kB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


def measure(witness: Connection) -> dict[str, int]:
    ask(witness, _VACUUM)
    found = {what: int(ask(witness, query)) for what, query in _MEASURES.items()}
    return {**found, "memory in kB": read_memory()}


@pytest.fixture
def database(run_folder: Path) -> Iterator[Server]:
    """A server of one's own, with autovacuum as people have it."""
    with own_server(run_folder) as embedded:
        yield embedded.start()


@pytest.mark.server
@pytest.mark.timeout(900)
def test_builds_leave_nothing_behind(
    database: Server, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    projects = load_turns(tmp_path)
    with closing(database.connect("witness", autocommit=True)) as witness:
        build_all(database, projects[1])
        ask(witness, HUNG)
        seen = []
        rounds = Turns(8, 60, minutes=3)
        for number in rounds:
            build_all(database, projects[2 - number % 2])
            assert find_left(witness) == []
            if number % 2:  # always the same version
                seen.append(measure(witness))
        # The first builds fill caches.
        early, late = seen[len(seen) // 3], seen[-1]
    grown = {what: late[what] - early[what] for what in early}
    told = ", ".join(f"{what} {late[what]:,} ({grown[what]:+,})" for what in late)
    figure(f"{rounds.done} builds; at the end, and since a third of the way: {told}")
    for exact in ("sessions", "objects", "rows of records"):
        assert grown[exact] == 0
    assert grown["database in kB"] < early["database in kB"] // 5
    assert grown["memory in kB"] < 20_000
