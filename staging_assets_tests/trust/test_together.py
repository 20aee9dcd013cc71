"""Several at once: no deadlock, nobody fails for nothing, and nothing is mixed."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.errors import BusyError
from staging_assets.model import StagingProject
from staging_assets.postgres import Server
from staging_assets.publisher import run_promote
from staging_assets_tests.checks.test_beside_a_build import failures as find_failures
from staging_assets_tests.checks.test_beside_a_build import make_files
from staging_assets_tests.support.builds import Log, ask, build, build_all, is_good, load, tables
from staging_assets_tests.support.figures import Turns
from staging_assets_tests.support.one_of_each import (
    HUNG,
    TURNS,
    find_left,
    load_turns,
    read_outside,
    read_tables,
)

Figure = Callable[[str], None]
DEADLOCKS = "select deadlocks from pg_stat_database where datname = current_database()"
BUSY, BUILT = "stopped at once", "built"


@contextmanager
def no_deadlocks(witness: Connection) -> Iterator[None]:
    """The server has seen none in this database when it is over."""
    before = ask(witness, DEADLOCKS)
    yield
    ask(witness, "select pg_stat_clear_snapshot()")
    assert ask(witness, DEADLOCKS) == before


def begin(server: Server, witness: Connection, folder: Path) -> dict[int, StagingProject]:
    """Two versions of a table of each kind, the first of them built, with all that hangs on it."""
    projects = load_turns(folder)
    build_all(server, projects[1])
    ask(witness, HUNG)
    return projects


def tell(seen: Counter[str]) -> str:
    return ", ".join(f"{number} {what}" for what, number in sorted(seen.items()))


def try_build(server: Server, project: StagingProject, run_id: str, **options: object) -> str:
    """Build, or be told who does."""
    log = Log()
    try:
        results = build(server, project, run_id=run_id, log=log, **options)
    except BusyError as busy:
        assert "run run-" in str(busy) or "run promotion" in str(busy)
        return BUSY
    bad = [f"{each.node}: {each.message}" for each in results.values() if not is_good(each)]
    assert bad == []
    assert "deadlock" not in log.text, log.text
    return BUILT


@pytest.mark.timeout(600)
def test_two_builders(
    database: Server, witness: Connection, tmp_path: Path, figure: Figure
) -> None:
    projects = begin(database, witness, tmp_path)
    states = {}
    for turn in (2, 1, 2, 1):
        build_all(database, projects[turn])
        states[turn] = read_tables(witness)
    seen: Counter[str] = Counter()
    rounds = Turns(3, 50, minutes=2)
    with no_deadlocks(witness), ThreadPoolExecutor(2) as pool:
        for number in rounds:
            wait = 20.0 if number % 3 == 0 else 0.0
            barrier = threading.Barrier(2)

            def start(turn: int, wait: float = wait, barrier: threading.Barrier = barrier) -> str:
                barrier.wait()
                run_id = f"run-{turn}"
                return try_build(database, projects[turn], run_id, wait_for_lock=wait)

            found = list(pool.map(start, TURNS))
            seen.update(found)
            assert BUILT in found
            assert not wait or BUSY not in found
            whose = [turn for turn in TURNS if found[turn - 1] == BUILT]
            assert read_tables(witness) in [states[turn] for turn in whose]
            assert find_left(witness) == []
    told = tell(seen)
    figure(f"{rounds.done} times two at once: {told}, naming the other; no deadlock, nothing mixed")


@pytest.mark.timeout(600)
def test_builders_beside_a_promotion(
    database: Server, witness: Connection, tmp_path: Path, figure: Figure
) -> None:
    projects = begin(database, witness, tmp_path)
    seen: Counter[str] = Counter()

    def promote() -> str:
        """As a person would: again, until nobody builds."""
        refused = 0
        while True:
            try:
                run_promote(database, projects[2], "staging")
            except BusyError:
                refused += 1
                assert refused < 600
                time.sleep(0.05)
            else:
                return "promoted when nobody built" if refused else "promoted first"

    rounds = Turns(2, 20, minutes=1.5)
    with no_deadlocks(witness), ThreadPoolExecutor(3) as pool:
        for _ in rounds:
            build_all(database, projects[2], schema="staging_next")
            parts = [
                pool.submit(try_build, database, projects[1], "run-live"),
                pool.submit(promote),
                pool.submit(try_build, database, projects[2], "run-next", schema="staging_next"),
            ]
            found = [part.result() for part in parts]
            seen.update(found)
            # All of the live schema is of one kind, and what hangs on it belongs to it.
            counts = set(
                ask(
                    witness,
                    " union all ".join(
                        f"select turn from staging.{name}"
                        for name in ("hub", "events", "counts", "in_place")
                    ),
                )
            )
            assert len(counts) == 1, (found, counts)
            assert read_outside(witness)["turns"] == [counts.pop()[0]]
            assert all(good for _, _, good in read_outside(witness)["keys"])
            assert find_left(witness) == []
    figure(f"{rounds.done} promotions beside builds of both schemas: {tell(seen)}; no deadlock")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("folder", ["one of each", "checks of each kind"])
def test_a_builder_beside_checks(
    database: Server, witness: Connection, tmp_path: Path, figure: Figure, folder: str
) -> None:
    if folder == "one of each":
        projects = begin(database, witness, tmp_path)
    else:
        projects = dict.fromkeys(TURNS, load(tmp_path, make_files()))
        build_all(database, projects[1])
    done = threading.Event()

    def check() -> tuple[int, list[str]]:
        looks, alarms = 0, []
        while not done.is_set():
            found = find_failures(database, projects[1])
            if projects[1] is not projects[2]:  # it is right that the other one differs
                found = [each for each in found if "schema_matches_scripts" not in each]
            alarms += found
            looks += 1
        return looks, alarms

    rounds = Turns(4, 50, minutes=1.5)
    with no_deadlocks(witness), ThreadPoolExecutor(1) as pool:
        checking = pool.submit(check)
        try:
            for number in rounds:
                build_all(database, projects[TURNS[number % 2]])
        finally:
            done.set()
        looks, alarms = checking.result()
    figure(f"{looks} checks of the schema beside {rounds.done} builds: {len(alarms)} false alarms")
    assert alarms == []


@pytest.mark.timeout(600)
def test_two_schemas_in_one_database(
    database: Server, witness: Connection, tmp_path: Path, figure: Figure
) -> None:
    projects = load_turns(tmp_path)
    schemas = {1: "north", 2: "south"}
    rounds = Turns(2, 20, minutes=1.5)
    with no_deadlocks(witness), ThreadPoolExecutor(2) as pool:
        for _ in rounds:

            def start(turn: int) -> str:
                return try_build(database, projects[turn], f"run-{turn}", schema=schemas[turn])

            assert list(pool.map(start, TURNS)) == [BUILT, BUILT]
            for turn, schema in schemas.items():
                assert ask(witness, f"select distinct turn from {schema}.hub") == turn
                assert find_left(witness, schema) == []
    figure(f"{rounds.done} times two schemas at once: both built, no deadlock, nothing mixed")


@pytest.mark.timeout(600)
def test_many_tables_on_one_hub(
    database: Server, witness: Connection, tmp_path: Path, figure: Figure
) -> None:
    many = 60
    create = (
        "create table staging.t{n} (id int primary key,"
        " hub_id int not null references staging.hub (id))"
    )
    fill = "insert into staging.t{n} select id, id from staging.hub"
    files = tables(
        hub=(
            "create table staging.hub (id int primary key)",
            "insert into staging.hub select generate_series(1, 50)",
        ),
        **{f"t{n}": (create.format(n=n), fill.format(n=n)) for n in range(many)},
    )
    project = load(tmp_path, files)
    longest = 0.0
    rounds = Turns(3, 50, minutes=3)
    with no_deadlocks(witness):
        for _ in rounds:
            began = time.monotonic()
            assert try_build(database, project, "run-hub", workers=8) == BUILT
            longest = max(longest, time.monotonic() - began)
            valid = "select count(*), bool_and(convalidated) from pg_constraint where contype = 'f'"
            assert ask(witness, valid) == [(many, True)]
            assert find_left(witness) == []
    figure(
        f"{rounds.done} builds of {many} tables on one hub with 8 workers: no deadlock, no failure,"
        f" {longest:.1f} s at most"
    )
