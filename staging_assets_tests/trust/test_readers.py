"""Eight readers over rebuilds and promotions: nobody waits, and nobody is held up."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.model import StagingProject
from staging_assets.postgres import Server
from staging_assets.publisher import run_promote
from staging_assets_tests.support.builds import ask, build_all, load
from staging_assets_tests.support.figures import IS_FULL, Turns
from staging_assets_tests.support.readers import READERS, ROWS, Seen, readers, scripts

Figure = Callable[[str], None]
_LONGEST = 0.2 if IS_FULL else 1.5
"""Seconds that a reader may wait; in `make test` the machine is busy with other tests."""
_BUSY = 4
"""How many times longer an answer may take than without a rebuild, on a machine that is busy."""


def find_usual(server: Server) -> float:
    """The longest answer that readers get while nothing is built, in seconds."""
    with readers(server) as seen:
        time.sleep(5 if IS_FULL else 0.5)
    return max(seen.waits)


def check(seen: Seen, usual: float, what: str, figure: Figure) -> None:
    longest = max(seen.waits)
    figure(
        f"{what} under {READERS} readers: {len(seen.waits):,} queries, {len(seen.errors)} errors,"
        f" no mixture; the longest answer took {longest * 1000:.0f} ms"
        f" ({usual * 1000:.0f} ms where nothing was built)"
    )
    assert seen.errors == []
    assert seen.answers == {(ROWS, 1, 1), (ROWS, 2, 2)}
    assert longest < max(_LONGEST, _BUSY * usual)


def begin(server: Server, witness: Connection, folder: Path) -> list[StagingProject]:
    """Two versions of the tables, the first of them built, with a view that is read as well."""
    projects = [load(folder / str(mark), scripts(mark)) for mark in (1, 2)]
    build_all(server, projects[0])
    ask(witness, "create view public.seen as select id, mark from staging.t where id > 0")
    return projects


@pytest.mark.timeout(600)
def test_rebuilds(database: Server, witness: Connection, tmp_path: Path, figure: Figure) -> None:
    projects = begin(database, witness, tmp_path)
    rounds = Turns(4, 50, minutes=1.5)
    usual = find_usual(database)
    with readers(database) as seen:
        for number in rounds:
            build_all(database, projects[(number + 1) % 2])
    check(seen, usual, f"{rounds.done} rebuilds", figure)


@pytest.mark.timeout(600)
def test_promotions(database: Server, witness: Connection, tmp_path: Path, figure: Figure) -> None:
    projects = begin(database, witness, tmp_path)
    rounds = Turns(2, 20, minutes=1.5)
    usual = find_usual(database)
    with readers(database) as seen:
        for number in rounds:
            project = projects[(number + 1) % 2]
            build_all(database, project, schema="staging_next")
            run_promote(database, project, "staging")
    check(seen, usual, f"{rounds.done} promotions", figure)


@pytest.mark.timeout(600)
def test_a_reader_that_stays_open(
    database: Server, witness: Connection, tmp_path: Path, figure: Figure
) -> None:
    projects = begin(database, witness, tmp_path)
    usual = find_usual(database)
    rounds = Turns(1, 10, minutes=1)
    slowest = 0.0
    for number in rounds:
        project = projects[(number + 1) % 2]
        build_all(database, project, schema="staging_next")
        with closing(database.connect("month report")) as open_reader:
            assert ask(open_reader, "select count(*) from staging.hub") == 1
            with readers(database) as seen:
                began = time.monotonic()
                run_promote(database, project, "staging")
                slowest = max(slowest, time.monotonic() - began)
                # Tables that it does not read are built again beside it.
                build_all(database, project, ["t", "child"])
            assert seen.errors == []
            assert max(seen.waits) < max(_LONGEST, _BUSY * usual)
            assert ask(open_reader, "select count(*) from staging.hub") == 1
    figure(
        f"{rounds.done} promotions and rebuilds beside a transaction that stays open: no error,"
        f" promoted in {slowest:.2f} s at most"
    )
