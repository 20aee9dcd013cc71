"""A run: order, workers, retries, and what it remembers."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.errors import BusyError, DatabaseError
from staging_assets.postgres.client.server import Server
from staging_assets.scheduler.run import NodeResult
from staging_assets.settings import SessionSettings
from staging_assets_tests.support.builds import (
    Log,
    ask,
    build,
    build_all,
    leftovers,
    load,
    start,
    statuses,
    tables,
)
from staging_assets_tests.support.servers import own_server

NOTE = "insert into public.seen (node, at) select '{0}', clock_timestamp();"


def noting(name: str, reads: str | None = None, seconds: float = 0.0) -> tuple[str, str]:
    """A table whose POPULATE script notes when it begins, and takes a while."""
    source = f"from staging.{reads}" if reads else ""
    return (
        f"create table staging.{name} (id int, began timestamptz, ended timestamptz);",
        f"insert into staging.{name} select 1, clock_timestamp(), null {source} limit 1;"
        f"select pg_sleep({seconds});"
        f"update staging.{name} set ended = clock_timestamp();",
    )


def test_two_workers_build_at_the_same_time_and_one_does_not(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    project = load(tmp_path, tables(a=noting("a", seconds=0.4), b=noting("b", seconds=0.4)))
    overlap = "select a.began < b.ended and b.began < a.ended from staging.a, staging.b"
    build_all(database, project, workers=2)
    assert ask(witness, overlap) is True
    build_all(database, project, workers=1)
    assert ask(witness, overlap) is False


def test_nothing_begins_before_what_it_reads_is_published(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    files = tables(
        a=noting("a", seconds=0.1),
        b=noting("b", "a", seconds=0.1),
        c=noting("c", "a"),
        d=noting("d", "b"),
        e=noting("e"),
    )
    results = list(build_all(database, load(tmp_path, files), workers=4))
    for before, after in (("a", "b"), ("a", "c"), ("b", "d")):
        query = f"select x.ended < y.began from staging.{before} x, staging.{after} y"
        assert ask(witness, query) is True
        assert results.index(before) < results.index(after)


def test_a_result_comes_as_soon_as_its_node_has_ended(database: Server, tmp_path: Path) -> None:
    project = load(tmp_path, tables(a=noting("a"), b=noting("b", "a", seconds=1.5)))
    began = time.monotonic()
    came = {r.node: time.monotonic() - began for r in start(database, project)}
    assert came["a"] < 1.2
    assert came["b"] > 1.5


def test_building_goes_on_while_nobody_takes_the_results(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    files = tables(a=noting("a"), b=noting("b", "a"), c=noting("c", "b"), d=noting("d", "c"))
    run = start(database, load(tmp_path, files))
    next(run)  # the schema; Dagster may be storing it for a while
    until = time.monotonic() + 20
    while ask(witness, "select to_regclass('staging.d') is null") and time.monotonic() < until:
        time.sleep(0.05)
    assert ask(witness, "select count(*) from staging.d") == 1
    assert [result.node for result in run] == ["a", "b", "c", "d"]


def test_one_connection_a_worker_serves_the_whole_run(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    create = "create table staging.{0} (pid int, name text);"
    fill = "insert into staging.{0} select pg_backend_pid(), current_setting('application_name');"
    names = [f"t{n}" for n in range(12)]
    files = tables(**{n: (create.format(n), fill.format(n)) for n in names})
    build_all(database, load(tmp_path, files), workers=2)
    union = " union all ".join(f"select pid, name from staging.{n}" for n in names)
    rows = ask(witness, union)
    assert 1 <= len({pid for pid, _ in rows}) <= 2
    assert {name for _, name in rows} == {f"staging_assets test-run {n}" for n in names}


def test_a_long_run_id_leaves_room_for_the_table(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    fill = "insert into staging.officers_hub select current_setting('application_name');"
    files = tables(officers_hub=("create table staging.officers_hub (name text);", fill))
    log = Log()
    run_id = "0f8fad5b-d9cb-469f-a165-70867728950e"
    build_all(database, load(tmp_path, files), run_id=run_id, log=log)
    assert ask(witness, "select name from staging.officers_hub") == (
        "staging_assets 0f8fad5b officers_hub"
    )
    assert log.lines == []


def test_the_longest_chain_of_the_last_run_begins_first(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    files = tables(
        a=noting("a"), b=noting("b"), c=noting("c"), y=noting("y"), z=noting("z", "y", 0.7)
    )
    project = load(tmp_path, files)
    build_all(database, project, workers=1)
    build_all(database, project, workers=1)
    first = "select began from staging.{}"
    began = {name: ask(witness, first.format(name)) for name in "abcyz"}
    assert began["y"] == min(began.values())


def test_a_declared_priority_comes_first(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    files = {
        **tables(a=noting("a"), b=noting("b"), z=noting("z")),
        "staging.yaml": "priorities: {z: 5, b: 1}\n",
    }
    build_all(database, load(tmp_path, files), workers=1)
    rows = ask(
        witness,
        "select name from (select 'a' as name, began from staging.a union all"
        " select 'b', began from staging.b union all select 'z', began from staging.z) as t"
        " order by began",
    )
    assert [name for (name,) in rows] == ["z", "b", "a"]


DEADLOCK = (
    "create table staging.{0} (id int);",
    "update public.pair set n = n + 1 where id = {1}; select pg_sleep(0.5);"
    "update public.pair set n = n + 1 where id = {2}; insert into staging.{0} values (1);",
)


def test_a_deadlock_is_mended_by_trying_again_and_said(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    ask(
        witness,
        "create table public.pair (id int primary key, n int);"
        "insert into public.pair values (1, 0), (2, 0)",
    )
    files = tables(
        a=tuple(text.format("a", 1, 2) for text in DEADLOCK),  # type: ignore[arg-type]
        b=tuple(text.format("b", 2, 1) for text in DEADLOCK),  # type: ignore[arg-type]
    )
    log = Log()
    build_all(database, load(tmp_path, files), log=log)
    assert ask(witness, "select array_agg(n) from public.pair") == [2, 2]
    assert any("a deadlock (try 1 of" in text for _, text in log.lines)
    assert leftovers(witness) == []


def test_a_lost_connection_is_mended_by_trying_again(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    fill = (
        "insert into staging.a values (1);"
        "select pg_sleep(case when nextval('public.turns') = 1 then 30 else 0 end);"
    )
    ask(witness, "create sequence public.turns")
    project = load(tmp_path, tables(a=("create table staging.a (id int primary key);", fill)))
    log = Log()

    def terminate() -> None:
        for _ in range(200):
            time.sleep(0.05)
            if ask(
                witness,
                "select count(pg_terminate_backend(pid)) from pg_stat_activity where"
                " application_name = 'staging_assets test-run a' and query like '%pg_sleep%'"
                " and datname = current_database()",
            ):
                return

    thread = threading.Thread(target=terminate)
    thread.start()
    results = build_all(database, project, log=log)
    thread.join()
    assert results["a"].rows == 1
    assert any("(try 1 of 5)" in text for _, text in log.lines)
    assert leftovers(witness) == []


@pytest.mark.server
def test_a_restart_of_the_server_is_waited_out(tmp_path: Path, run_folder: Path) -> None:
    with own_server(run_folder) as embedded:
        server = embedded.start()
        fill = "insert into staging.{0} values (1); select pg_sleep({1});"
        create = "create table staging.{0} (id int primary key);"
        files = tables(
            a=(create.format("a"), fill.format("a", 0)),
            b=(create.format("b"), "select 1 from staging.a;" + fill.format("b", 1.5)),
            c=(create.format("c"), "insert into staging.c select id from staging.b;"),
        )
        log = Log()
        results = start(server, load(tmp_path, files), log=log)
        taken = [next(results).node, next(results).node]
        assert taken == ["schema", "a"]
        time.sleep(0.3)
        embedded.stop()
        timer = threading.Timer(1.0, embedded.start)
        timer.start()
        rest = {r.node: r for r in results}
        timer.join()
        assert statuses(rest) == {"b": "built", "c": "built"}, rest
        assert "try 1 of 5" in log.text
        with closing(server.connect("witness", autocommit=True)) as witness:
            assert ask(witness, "select count(*) from staging.c") == 1


def test_a_statement_that_takes_too_long_is_ended(database: Server, tmp_path: Path) -> None:
    slow = ("create table staging.a (id int);", "select 1;\nselect pg_sleep(20);")
    began = time.monotonic()
    results = build(
        database,
        load(tmp_path, tables(a=slow)),
        sessions=SessionSettings(statement_timeout="300ms"),
    )
    assert time.monotonic() - began < 5
    assert "statement timeout" in (results["a"].message or "")
    assert "POPULATE-staging-a.sql:2:1" in (results["a"].message or "")
    assert "STAGING_STATEMENT_TIMEOUT" in (results["a"].message or "")


def test_other_errors_are_not_tried_again(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    ask(witness, "create sequence public.turns")
    fill = "select 1 / (nextval('public.turns') - nextval('public.turns') + 1);"
    log = Log()
    results = build(
        database, load(tmp_path, tables(a=("create table staging.a (id int);", fill))), log=log
    )
    assert results["a"].status == "failed"
    assert ask(witness, "select last_value from public.turns") == 2
    assert log.lines == []


def test_a_second_run_on_the_same_schema_stops_at_once(database: Server, tmp_path: Path) -> None:
    project = load(tmp_path, tables(a=noting("a")))
    first = start(database, project, run_id="the-first")
    next(first)
    began = time.monotonic()
    with pytest.raises(BusyError, match="run the-first"):
        list(start(database, project, run_id="the-second"))
    assert time.monotonic() - began < 3
    list(first)
    build_all(database, project)


def test_a_second_run_on_another_schema_goes_on(database: Server, tmp_path: Path) -> None:
    project = load(tmp_path, tables(a=noting("a")))
    first = start(database, project)
    next(first)
    build_all(database, project, schema="staging_dev")
    list(first)


def test_a_second_run_can_wait(database: Server, tmp_path: Path) -> None:
    project = load(tmp_path, tables(a=noting("a", seconds=0.5)))
    first = start(database, project, run_id="the-first")
    next(first)
    second: list[NodeResult] = []
    log = Log()

    def run() -> None:
        second.extend(start(database, project, run_id="second", wait_for_lock=20.0, log=log))

    thread = threading.Thread(target=run)
    thread.start()
    list(first)
    thread.join()
    assert [r.status for r in second] == ["built", "built"]
    assert "the-first" in log.text


def test_an_unreachable_server_is_one_clear_error(tmp_path: Path) -> None:
    project = load(tmp_path, tables(a=noting("a")))
    with pytest.raises(DatabaseError):
        build(Server("host=/nowhere dbname=x"), project)


def test_nobody_is_left_connected_after_a_run(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    build_all(database, load(tmp_path, tables(a=noting("a"), b=noting("b"))), workers=4)
    for _ in range(50):
        left = ask(
            witness,
            "select count(*) from pg_stat_activity where application_name like 'staging_assets%'"
            " and datname = current_database()",
        )
        if not left:
            break
        time.sleep(0.02)
    assert left == 0


def test_every_node_is_reported_once_in_a_large_run(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    files = {}
    for n in range(120):
        source = f"from staging.t{n // 3}" if n else ""
        files |= tables(
            **{
                f"t{n}": (
                    f"create table staging.t{n} (id int primary key);",
                    f"insert into staging.t{n} select 1 {source};",
                )
            }
        )
    results = build_all(database, load(tmp_path, files), workers=4)
    assert len(results) == 121
    assert ask(witness, "select count(*) from staging__build.__builds") == 121
    assert leftovers(witness) == []


def test_a_build_schema_that_belongs_to_another_is_a_clear_error(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    ask(witness, "drop role if exists test_builder; create role test_builder login")
    try:
        ask(witness, "create schema staging__build; create schema staging")
        project = load(tmp_path, tables(a=noting("a")))
        poor = (
            Server(f"{database.dsn}{'&' if '?' in database.dsn else '?'}user=test_builder")
            if ("://" in database.dsn)
            else Server(f"{database.dsn} user=test_builder")
        )
        with pytest.raises((DatabaseError, Exception), match="staging__build"):
            build(poor, project)
    finally:
        ask(witness, "drop role if exists test_builder")


def test_of_new_tables_those_that_read_the_most_begin_first(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    ask(
        witness,
        "create schema etl; create table etl.small as select 1 as id;"
        "create table etl.large as select g as id from generate_series(1, 100000) as g;"
        "analyze etl.large",
    )
    files = tables(
        a=noting("a"),
        b=(noting("b")[0], noting("b", "b")[1].replace("from staging.b", "from etl.small")),
        c=(noting("c")[0], noting("c", "c")[1].replace("from staging.c", "from etl.large")),
    )
    build_all(database, load(tmp_path, files), workers=1)
    began = {name: ask(witness, f"select began from staging.{name}") for name in "abc"}
    assert began["c"] == min(began.values())


def test_what_a_single_table_lacks_is_said(database: Server, tmp_path: Path) -> None:
    files = tables(a=noting("a"), b=noting("b", "a"))
    result = build(database, load(tmp_path, files), ["b"])["b"]
    assert result.status == "failed"
    assert "It needs staging/a, which this run does not build. Select +staging/b." in (
        result.message or ""
    )


def test_a_lookup_table_built_the_same_again_does_not_count_as_a_change(
    database: Server, tmp_path: Path
) -> None:
    files = {
        "create_tables/CREATE-staging-lookup_a.sql": (
            "create table staging.lookup_a (code int primary key);"
        ),
        "populate_tables/lookup/lookup_tables.yaml": (
            "lookup_a: {columns: [code], rows: [[0], [1]]}\n"
        ),
        **tables(
            b=(
                "create table staging.b (a int references staging.lookup_a);",
                "insert into staging.b select code from staging.lookup_a;",
            )
        ),
    }
    from staging_assets.scheduler.run import Rebuild

    project = load(tmp_path, files)
    build_all(database, project)
    build_all(database, project, ["lookup_a"])
    results = build_all(database, project, rebuild=Rebuild.CHANGED)
    assert statuses(results) == {"lookup_a": "unchanged", "b": "unchanged"}
