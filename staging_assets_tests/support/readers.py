"""Sessions that read a table while it is rebuilt, and what they saw."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

import psycopg2

from staging_assets.postgres import Server
from staging_assets_tests.support.builds import ask, tables
from staging_assets_tests.support.figures import IS_FULL

READERS = 8
ROWS = 2000
_PAUSE = 0.002 if IS_FULL else 0.02


QUERIES = (
    "select count(*), min(mark), max(mark) from staging.t",
    "select count(*), min(mark), max(mark) from public.seen",
    "select count(*), min(mark), max(mark) from staging.child as c join staging.t on c.t = t.id",
)


def scripts(mark: int) -> dict[str, str]:
    """A table all of whose rows carry the same mark, below a hub and above a child."""
    return tables(
        hub=("create table staging.hub (id int primary key)", "insert into staging.hub values (1)"),
        t=(
            "create table staging.t (id int primary key, mark int not null,"
            " hub int references staging.hub); create index on staging.t (mark)",
            f"insert into staging.t select n, {mark}, 1 from generate_series(1, {ROWS}) n",
        ),
        child=(
            "create table staging.child (t int references staging.t)",
            "insert into staging.child select id from staging.t",
        ),
    )


@dataclass
class Seen:
    """What the readers saw."""

    answers: set[tuple[int, ...]] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)


@contextmanager
def readers(server: Server, queries: Sequence[str] = QUERIES) -> Iterator[Seen]:
    """Eight sessions that ask all the time; each answer is (rows, lowest mark, highest mark).

    Args:
        server: the database that `scripts` was built in, with a view `public.seen`.
        queries: what they ask, in turn.
    """
    seen, done = Seen(), threading.Event()

    def read(query: str) -> None:
        with closing(server.connect("reader", autocommit=True)) as connection:
            while not done.is_set():
                began = time.monotonic()
                try:
                    seen.answers.update(ask(connection, query))
                except psycopg2.Error as error:
                    seen.errors.append(str(error))
                seen.waits.append(time.monotonic() - began)
                time.sleep(_PAUSE)

    threads = [
        threading.Thread(target=read, args=(queries[number % len(queries)],))
        for number in range(READERS)
    ]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        done.set()
        for thread in threads:
            thread.join()
