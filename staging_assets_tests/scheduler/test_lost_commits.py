"""A server that crashes loses commits of its last moments: a run that goes on finds it out."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from staging_assets.errors import DatabaseError
from staging_assets.postgres import Server
from staging_assets.postgres.embedded.server import EmbeddedServer
from staging_assets_tests.support.builds import Rebuild, ask, build, build_all, load, tables
from staging_assets_tests.support.servers import own_server

pytestmark = pytest.mark.server

WAIT = "select pg_sleep({});"


def scripts(number: int, seconds: float) -> dict[str, str]:
    """A function, and a table that is filled by it and takes its time.

    A new function is a commit that nothing waits for; one that drops a table is flushed anyway.
    """
    return {
        "create_stored_procedures/a.sql": "create or replace function staging.a() returns int"
        f" language sql as 'select {number}';",
        **tables(
            b=(
                "create table staging.b (n int)",
                f"{WAIT.format(seconds)} insert into staging.b select staging.a()",
            ),
        ),
    }


@pytest.fixture
def embedded(run_folder: Path) -> Iterator[EmbeddedServer]:
    """A server of one's own, which writes commits that nobody waits for ten seconds later."""
    with own_server(run_folder) as server:
        with closing(server.start().connect("tests", autocommit=True)) as connection:
            ask(connection, "alter system set wal_writer_delay = '10s'")
            ask(connection, "select pg_reload_conf()")
        yield server


def crash(embedded: EmbeddedServer, database: Server, *, flush: bool) -> None:
    """Wait until `b` is at work, let the server crash, and start it again."""
    with closing(database.connect("tests", autocommit=True)) as connection:
        busy = "select count(*) from pg_stat_activity where query ~ 'pg_sleep' and state = 'active'"
        while ask(connection, f"{busy} and pid <> pg_backend_pid()") == 0:
            time.sleep(0.02)
        if flush:
            ask(connection, "create table public.flushed ()")
    os.kill(embedded.status().pid or 0, signal.SIGQUIT)
    while embedded.status().state != "stopped":
        time.sleep(0.05)
    embedded.start()


@pytest.mark.parametrize("flush", [False, True], ids=["lost", "kept"])
def test_nothing_is_built_on_what_a_crash_has_taken_back(
    embedded: EmbeddedServer, tmp_path: Path, flush: bool
) -> None:
    # Both builds have one run's name, as when a step is tried again in its run.
    database = embedded.start()
    build_all(database, load(tmp_path / "1", scripts(1, 0)))
    project = load(tmp_path / "2", scripts(2, 1.5))
    crashing = threading.Thread(target=crash, args=(embedded, database), kwargs={"flush": flush})
    crashing.start()
    if flush:
        build_all(database, project)
    else:
        with pytest.raises(
            DatabaseError, match=r"has lost what was published last: stored_procedures/a\."
        ):
            build(database, project)
    crashing.join()
    with closing(embedded.start().connect("tests", autocommit=True)) as witness:
        found = "select array[n, staging.a()] from staging.b"
        assert ask(witness, found) == ([2, 2] if flush else [1, 1])
        build_all(embedded.start(), project, rebuild=Rebuild.CHANGED)
        assert ask(witness, found) == [2, 2]
