"""How a source is seen to change: by counters, files, watermarks, hashes."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from staging_assets.errors import BuildError
from staging_assets.model import Relation
from staging_assets.postgres.client.server import Server
from staging_assets.postgres.embedded.server import EmbeddedServer
from staging_assets.publisher import run_promote, run_rollback
from staging_assets.sources import run_csv_load
from staging_assets_tests.support.builds import Rebuild, build_all, tables
from staging_assets_tests.support.changes import ALL, BELOW_HUB, NOTHING, SOURCES, Place

POPULATE = "insert into staging.x select a from etl.a;"
X = ("create table staging.x (a int);", POPULATE)


def make(
    database: Server, folder: Path, *, sql: str = "", yaml: str = "", populate: str = ""
) -> Place:
    """A folder of one table, built once; `sql` makes what it reads."""
    place = Place(database, folder / "folder")
    place.files = tables(x=(X[0], populate or POPULATE))
    if yaml:
        place.files["staging.yaml"] = yaml
    place.ask("create schema etl;" + (sql or "create table etl.a as select 1 as a, 1 as b;"))
    assert place.build() == {"x"}
    return place


STEADY = {
    "nothing of the kind": "insert into staging.x select a from etl.a where a > 0",
    "functions that hold still": "insert into staging.x select length(to_char(a, '9')) from etl.a",
    "a sequence": "insert into staging.x select nextval('etl.s') from etl.a",
}
RESTLESS = {
    "now()": "insert into staging.x select a from etl.a where now() > '2020-01-01'",
    "current_date": "insert into staging.x select a from etl.a where current_date > '2020-01-01'",
    "random()": "insert into staging.x select random() * a from etl.a",
    "a uuid": "insert into staging.x select length(gen_random_uuid()::text) from etl.a",
    "clock_timestamp()": "insert into staging.x select 1 where clock_timestamp() > '2020-01-01'",
    "a file": "insert into staging.x select length(pg_read_file('PG_VERSION'))",
    "a volatile function of others": "insert into staging.x select public.f(a) from etl.a",
    "a view with a clock": "insert into staging.x select a from etl.clock",
    "a view with random()": "insert into staging.x select a from etl.dice",
    "a view over such a view": "insert into staging.x select a from etl.over_dice",
    "the catalog": "insert into staging.x select count(*) from pg_catalog.pg_class",
    "a view on the catalog": "insert into staging.x select a from etl.tables",
}
OUTSIDE = """
create table etl.a as select 1 as a;
create sequence etl.s;
create function public.f(a int) returns int language sql as 'select a';
create view etl.clock as select a from etl.a where current_date > '2020-01-01';
create view etl.dice as select a from etl.a where random() >= 0;
create view etl.over_dice as select a from etl.dice;
create view etl.tables as select count(*)::int as a from pg_catalog.pg_class;
"""


def test_what_never_holds_still_is_built_by_every_run(database: Server, tmp_path: Path) -> None:
    place = Place(database, tmp_path / "folder")
    place.ask(f"create schema etl; {OUTSIDE}")
    cases = {f"t{n}": text for n, text in enumerate([*STEADY.values(), *RESTLESS.values()])}
    place.files = tables(
        **{
            name: (
                f"create table staging.{name} (a int);",
                text.replace("staging.x", f"staging.{name}"),
            )
            for name, text in cases.items()
        }
    )
    assert place.build() == set(cases)
    expected = {f"t{n}" for n in range(len(STEADY), len(cases))}
    named = dict(zip(cases, [*STEADY, *RESTLESS], strict=True))
    assert {named[node] for node in place.build()} == {named[node] for node in expected}
    # What a view does is said of the view, and not of the table.
    place.files["staging.yaml"] = "sources: {staging.*: never, etl.*: never}\n"
    place.build()
    assert place.build() == NOTHING


SEEN: dict[str, tuple[str, str, str]] = {
    "a partition of a partition": (
        "create table etl.a (a int) partition by list (a);"
        "create table etl.a1 partition of etl.a for values in (1, 2) partition by list (a);"
        "create table etl.a11 partition of etl.a1 for values in (1);"
        "insert into etl.a values (1)",
        "insert into etl.a values (1)",
        "insert into etl.other values (1)",
    ),
    "a new partition": (
        "create table etl.a (a int) partition by list (a);"
        "create table etl.a1 partition of etl.a for values in (1); insert into etl.a values (1)",
        "create table etl.a2 partition of etl.a for values in (2)",
        "insert into etl.other values (1)",
    ),
    "a child table": (
        "create table etl.a (a int); create table etl.c () inherits (etl.a)",
        "insert into etl.c values (1)",
        "insert into etl.other values (1)",
    ),
    "a table below views": (
        "create table etl.t (a int, b int); create view etl.v as select a from etl.t;"
        "create view etl.a as select a from etl.v",
        "insert into etl.t values (1)",
        "insert into etl.other values (1)",
    ),
    "another definition of a view": (
        "create table etl.t (a int, b int); create view etl.a as select a from etl.t",
        "create or replace view etl.a as select b as a from etl.t",
        "insert into etl.other values (1)",
    ),
    "a materialized view": (
        "create table etl.t (a int); create materialized view etl.a as select a from etl.t",
        "insert into etl.t values (1); refresh materialized view etl.a",
        "insert into etl.t values (1)",
    ),
    "another table of that name": (
        "create table etl.a (a int); insert into etl.a values (1)",
        "drop table etl.a; create table etl.a (a int); insert into etl.a values (1)",
        "analyze etl.a; vacuum etl.a",
    ),
    "a sequence": (
        "create sequence etl.q; create view etl.a as select last_value::int as a from etl.q",
        "select nextval('etl.q')",
        "insert into etl.other values (1)",
    ),
}


@pytest.mark.parametrize("case", SEEN)
def test_a_change_is_seen_wherever_the_rows_come_from(
    database: Server, tmp_path: Path, case: str
) -> None:
    sql, change, other = SEEN[case]
    place = make(database, tmp_path, sql=f"create table etl.other (a int); {sql}")
    assert place.build() == NOTHING
    for statement in other.split(";"):
        place.ask(statement)
    assert place.build() == NOTHING
    place.ask(change)
    assert place.build() == {"x"}
    assert place.build() == NOTHING


def test_on_a_server_that_counts_nothing_everything_is_always_changed(
    database: Server, tmp_path: Path
) -> None:
    place = make(database, tmp_path)
    name = place.ask("select current_database()")
    place.ask(f'alter database "{name}" set track_counts to off')
    assert place.build() == {"x"}
    assert "counts nothing" in str(place.plan().build["x"])
    place.ask(f'alter database "{name}" reset track_counts')
    assert place.build() == {"x"}
    assert place.build() == NOTHING


def test_a_watermark_sees_its_column_and_the_number_of_rows(
    database: Server, tmp_path: Path
) -> None:
    place = make(database, tmp_path, yaml="sources: {etl.a: {watermark: b}}\n")
    place.ask("vacuum full etl.a")
    place.ask("select pg_stat_reset()")
    assert place.build() == NOTHING
    place.ask("update etl.a set a = 2")
    assert place.build() == NOTHING  # as the documentation says: this it misses
    place.ask("update etl.a set b = 2")
    assert place.build() == {"x"}
    place.ask("insert into etl.a values (0, 0)")
    assert place.build() == {"x"}


def test_a_hash_sees_rows_and_nothing_else(database: Server, tmp_path: Path) -> None:
    place = make(database, tmp_path, yaml="sources: {etl.*: hash}\n")
    place.ask("vacuum full etl.a")
    place.ask("select pg_stat_reset(); update etl.a set a = a")
    assert place.build() == NOTHING
    place.ask("begin; insert into etl.a select * from etl.a; delete from etl.a; rollback")
    assert place.build() == NOTHING
    place.ask("update etl.a set b = 7")
    assert place.build() == {"x"}
    assert "7" not in str(place.plan())


def test_rows_of_a_staging_table_changed_by_hand_are_found_where_they_are_hashed(
    database: Server, tmp_path: Path
) -> None:
    place = make(database, tmp_path)
    place.ask("update staging.x set a = 7")
    assert place.build() == NOTHING
    place.files["staging.yaml"] = "sources: {staging.x: hash}\n"
    assert place.build() == NOTHING  # nothing is known of the rows that the last build left
    place.ask("insert into etl.a values (2, 2)")
    assert place.build() == {"x"}
    assert place.build() == NOTHING
    place.ask("update staging.x set a = 7 where a = 2")
    assert "its rows were changed by hand" in str(place.plan().build)
    assert place.build() == {"x"}
    assert place.build() == NOTHING


def test_always_and_never_are_taken_at_their_word(database: Server, tmp_path: Path) -> None:
    place = make(database, tmp_path, yaml="sources: {etl.*: never}\n")
    place.ask("insert into etl.a values (5)")
    assert place.build() == NOTHING
    place.files["staging.yaml"] = "sources: {etl.*: always}\n"
    assert place.build() == {"x"}
    assert place.build() == {"x"}
    place.files["staging.yaml"] = "sources: {staging.x: always}\n"
    assert place.build() == {"x"}
    assert "declared in" in str(place.plan().build["x"])


@pytest.mark.parametrize(
    ("yaml", "told"),
    [
        ("{watermark: nosuch}", "the watermark of etl.a cannot be read: column t.nosuch does not"),
        ("{watermark: j}", "the watermark of etl.a cannot be read"),
    ],
)
def test_a_declaration_that_does_not_fit_is_told_with_its_place(
    database: Server, tmp_path: Path, yaml: str, told: str
) -> None:
    place = make(database, tmp_path, sql="create table etl.a as select 1 as a, '{}'::json as j;")
    place.files["staging.yaml"] = f"sources:\n  etl.a: {yaml}\n"
    for look in (place.plan, place.build):
        with pytest.raises(BuildError) as error:
            look()
        assert told in str(error.value)
        assert "staging.yaml:2: " in str(error.value)
        assert "Correct the line under `sources`" in str(error.value)


def test_a_source_that_is_missing_and_comes_back_is_a_change(
    database: Server, tmp_path: Path
) -> None:
    populate = (
        "do $$begin if to_regclass('etl.b') is not null then"
        " execute 'insert into staging.x select a from etl.b'; end if; end$$"
    )
    place = make(database, tmp_path, populate=populate)
    assert place.build() == NOTHING
    place.ask("create table etl.b as select 1 as a")
    assert place.build() == {"x"}
    assert place.build() == NOTHING


@pytest.fixture
def csv(database: Server, tmp_path: Path) -> tuple[Place, Callable[[str], Any]]:
    place = Place(database, tmp_path / "folder")
    place.files = tables(
        x=("create table staging.x (a text);", "insert into staging.x select a from etl.a")
    )

    def load(text: str) -> None:
        path = tmp_path / "a.csv"
        path.write_text(text)
        run_csv_load(database, path, Relation("etl", "a"))

    load("a,b\n1,2\n3,4\n")
    assert place.build() == {"x"}
    return place, load


def test_a_csv_file_loaded_again_alike_is_no_change(
    csv: tuple[Place, Callable[[str], Any]],
) -> None:
    place, load = csv
    assert place.build() == NOTHING
    load("a,b\n1,2\n3,4\n")
    assert place.build() == NOTHING
    load("a,b\n1,2\n3,5\n")
    assert place.build() == {"x"}
    load("a,c\n1,2\n3,5\n")
    assert place.build() == {"x"}
    assert place.ask("select count(*) from etl__build.__loads") == 1


@pytest.mark.parametrize(
    "change",
    [
        "insert into etl.a values (5, 6)",
        "update etl.a set a = 'x' where a = '1'",
        "delete from etl.a where a = '1'",
        "truncate etl.a",
        "alter table etl.a add c text",
    ],
)
def test_rows_that_somebody_changes_after_a_load_are_seen(
    csv: tuple[Place, Callable[[str], Any]], change: str
) -> None:
    place, load = csv
    place.ask(change)
    assert place.build() == {"x"}
    assert place.build() == NOTHING
    load("a,b\n1,2\n3,4\n")
    assert place.build() == {"x"}


def test_a_row_that_comes_while_a_build_reads_is_found_by_the_next_run(
    database: Server, tmp_path: Path
) -> None:
    place = make(database, tmp_path, populate="select pg_sleep(1);" + POPULATE)
    place.ask("insert into etl.a values (2)")
    thread = threading.Timer(0.7, lambda: place.ask("insert into etl.a values (3)"))
    thread.start()
    project = place.project
    results = build_all(database, project, rebuild=Rebuild.CHANGED)
    thread.join()
    assert results["x"].status == "built"
    assert place.build() == {"x"}
    assert place.build() == NOTHING
    assert place.ask("select count(*) from staging.x") == 3


def test_a_promotion_takes_the_records_along(database: Server, tmp_path: Path) -> None:
    place = Place(database, tmp_path / "folder")
    place.ask(SOURCES)
    for schema in ("staging", "staging_next"):
        place.schema = schema
        assert place.build() == ALL
        assert place.build() == NOTHING
    place.schema = "staging"
    run_promote(database, place.project, "staging")
    assert place.build() == NOTHING
    place.ask("insert into etl.events values (1000, 1, 'more')")
    assert place.build() == {"events", "counts"}
    run_rollback(database, place.project, "staging")
    assert place.build() == {"events", "counts"}
    assert place.build() == NOTHING


@pytest.mark.server
def test_a_crash_of_the_server_counts_as_a_change(tmp_path: Path) -> None:
    home = tmp_path / "home"
    embedded = EmbeddedServer(home)
    place = Place(embedded.start(), tmp_path / "folder")
    try:
        place.ask("drop schema if exists etl cascade;" + SOURCES)
        assert place.build() == ALL
        place.ask("checkpoint")
        embedded.stop()
        place.server = embedded.start()
        assert place.build() == NOTHING  # a stop in good order loses nothing
        pid = embedded.status().pid
        assert pid is not None
        os.kill(pid, signal.SIGQUIT)
        place.server = embedded.start()
        expected = BELOW_HUB | {"apart", "apart_cleanup"}
        assert place.build() == expected
        assert "counters began anew" in str(place.plan().build) or place.build() == NOTHING
    finally:
        embedded.stop()
