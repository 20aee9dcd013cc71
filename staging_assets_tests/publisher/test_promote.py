from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from psycopg2 import extensions

from staging_assets.errors import BuildError, BusyError
from staging_assets.model import StagingProject
from staging_assets.postgres.client.schema_lock import SchemaLock
from staging_assets.postgres.client.server import Server
from staging_assets.publisher import (
    Author,
    Release,
    read_releases,
    run_promote,
    run_rollback,
)
from staging_assets.publisher.attached.schema_rename import rename_schema
from staging_assets_tests.support.builds import Rebuild, ask, build_all, load, tables


def files(mark: str) -> dict[str, str]:
    return {
        "create_stored_procedures/count.sql": (
            "create or replace function staging.count_them(what text default 'all')"
            " returns bigint language plpgsql as $$\n"
            "declare n bigint;\n"
            "begin\n"
            "    -- staging.t is counted\n"
            "    select count(*) into n from staging.t;\n"
            "    execute 'select count(*) from staging.t' into n;\n"
            "    return n;\n"
            "end $$;"
        ),
        **tables(
            t=(
                "create table staging.t (id serial primary key, mark text)",
                f"insert into staging.t (mark) select '{mark}' from generate_series(1, 3)",
            ),
            child=(
                "create table staging.child (t int references staging.t)",
                "insert into staging.child select id from staging.t",
            ),
        ),
    }


class Stage:
    """A live schema with mark `old`, and a finished candidate with mark `new`."""

    def __init__(self, server: Server, folder: Path, connection: extensions.connection) -> None:
        self.server = server
        self.old = load(folder / "old", files("old"))
        self.new = load(folder / "new", files("new"))
        self.connection = connection

    def build(self, project: StagingProject, schema: str) -> None:
        build_all(self.server, project, schema=schema)

    def ask(self, query: str) -> Any:
        return ask(self.connection, query)

    def mark(self, schema: str = "staging") -> str:
        return str(self.ask(f"select min(mark) from {schema}.t"))

    def releases(self) -> list[Release]:
        return read_releases(self.connection, "staging")

    def schemas(self) -> list[str]:
        return list(
            self.ask(
                "select array_agg(nspname::text order by nspname) from pg_namespace"
                " where nspname like 'staging%'"
            )
        )


@pytest.fixture
def stage(database: Server, tmp_path: Path, witness: extensions.connection) -> Iterator[Stage]:
    stage = Stage(database, tmp_path, witness)
    stage.build(stage.old, "staging")
    stage.build(stage.new, "staging_next")
    yield stage


def test_candidate_becomes_live_and_the_old_schema_is_kept(stage: Stage) -> None:
    run_promote(stage.server, stage.new, "staging")
    assert stage.mark() == "new"
    assert stage.mark("staging__previous") == "old"
    assert stage.schemas() == [
        "staging",
        "staging__build",
        "staging__previous",
        "staging__previous__build",
    ]


def test_functions_name_the_new_schema(stage: Stage) -> None:
    stage.ask("insert into staging_next.t (mark) values ('new')")
    run_promote(stage.server, stage.new, "staging")
    assert stage.ask("select staging.count_them()") == 4
    assert (
        stage.ask(
            "select prosrc like '%staging_next%' from pg_proc where pronamespace ="
            " 'staging'::regnamespace"
        )
        is False
    )
    stage.ask("drop schema staging__previous cascade")
    assert stage.ask("select staging.count_them()") == 4


def test_rollback_brings_the_old_schema_back_and_forth(stage: Stage) -> None:
    run_promote(stage.server, stage.new, "staging")
    before = stage.schemas()
    for mark in ("old", "new", "old"):
        run_rollback(stage.server, stage.new, "staging")
        assert stage.mark() == mark
        assert stage.ask("select staging.count_them()") == 3
    assert stage.schemas() == before


def test_second_promotion_drops_the_older_previous_schema(stage: Stage) -> None:
    run_promote(stage.server, stage.new, "staging")
    newer = load(Path(stage.new.sql_dir).parent / "newer", files("newer"))
    stage.build(newer, "staging_next")
    run_promote(stage.server, newer, "staging")
    assert (stage.mark(), stage.mark("staging__previous")) == ("newer", "new")


def test_promoted_schema_can_be_built_again(stage: Stage) -> None:
    run_promote(stage.server, stage.new, "staging")
    stage.build(stage.old, "staging")
    assert stage.mark() == "old"
    results = build_all(stage.server, stage.new, schema="staging_next")
    assert results["t"].rows == 3


def test_memory_of_builds_goes_with_the_schema(stage: Stage) -> None:
    run_promote(stage.server, stage.new, "staging")
    results = build_all(stage.server, stage.new, rebuild=Rebuild.CHANGED)
    assert {node: r.status for node, r in results.items()}["t"] == "unchanged"


def test_tables_that_reference_each_other_go_and_come_back_together(
    database: Server, tmp_path: Path, witness: extensions.connection
) -> None:
    def files(mark: int) -> dict[str, str]:
        return tables(
            dept=(
                "create table staging.dept (id int primary key, boss int references staging.emp)",
                f"insert into staging.dept values ({mark}, {mark})",
            ),
            emp=(
                "create table staging.emp (id int primary key, dept int references staging.dept)",
                f"insert into staging.emp values ({mark}, {mark})",
            ),
        )

    old, new = load(tmp_path / "old", files(1)), load(tmp_path / "new", files(2))
    build_all(database, old)
    build_all(database, new, schema="staging_next")
    joined = "select d.id from staging.dept d join staging.emp e on e.id = d.boss"
    keys = (
        "select array_agg(confrelid::regclass::text order by confrelid::regclass::text)"
        " from pg_constraint where contype = 'f' and convalidated"
        " and connamespace = 'staging'::regnamespace"
    )
    for turn, mark in ((run_promote, 2), (run_rollback, 1), (run_promote, 2)):
        turn(database, new, "staging") if mark == 2 else turn(database, old, "staging")
        assert ask(witness, joined) == mark
        assert ask(witness, keys) == ["staging.dept", "staging.emp"]
        if mark == 1:
            build_all(database, new, schema="staging_next")
    build_all(database, old)
    assert ask(witness, joined) == 1


def test_first_promotion_needs_no_live_schema(
    database: Server, tmp_path: Path, witness: extensions.connection
) -> None:
    stage = Stage(database, tmp_path, witness)
    stage.build(stage.new, "staging_next")
    run_promote(database, stage.new, "staging")
    assert stage.mark() == "new"
    with pytest.raises(BuildError, match="there is no schema staging__previous to go back to"):
        run_rollback(database, stage.new, "staging")


def test_what_the_planner_was_told_by_hand_survives_both_ways(stage: Stage) -> None:
    stage.ask(
        "alter table staging.t alter column mark set statistics 7;"
        "alter table staging.t cluster on t_pkey;"
        "create statistics staging.both on id, mark from staging.t"
    )
    told = (
        "select (select attstattarget from pg_attribute where attrelid = 'staging.t'::regclass"
        " and attname = 'mark') || (select i.indexrelid::regclass::text from pg_index i"
        " where i.indrelid = 'staging.t'::regclass and i.indisclustered)"
        " || (select stxname from pg_statistic_ext x join pg_statistic_ext_data d"
        " on d.stxoid = x.oid where x.stxrelid = 'staging.t'::regclass)"
    )
    run_promote(stage.server, stage.new, "staging")
    assert stage.mark() == "new"
    assert stage.ask(told) == "7staging.t_pkeyboth"
    stage.ask("alter table staging.t alter column mark set statistics 8")
    run_rollback(stage.server, stage.new, "staging")
    assert stage.mark() == "old"
    # What the old one was told itself stays.
    assert stage.ask("analyze staging.t") == []
    assert stage.ask(told) == "7staging.t_pkeyboth"


def test_views_and_foreign_keys_elsewhere_turn_to_the_new_tables(stage: Stage) -> None:
    stage.ask(
        "create view public.seen as select mark, staging.count_them() as n from staging.t;"
        "create materialized view public.stored as select max(mark) as mark from public.seen;"
        "create table public.outside (t int references staging.t); insert into public.outside"
        " values (1);"
        "grant select on public.seen to public; comment on view public.seen is 'why'"
    )
    run_promote(stage.server, stage.new, "staging")
    assert stage.ask("select distinct mark from public.seen") == "new"
    assert stage.ask("select mark from public.stored") == "new"
    assert (
        stage.ask(
            "select confrelid::regclass::text || convalidated from pg_constraint where conrelid"
            " = 'public.outside'::regclass"
        )
        == "staging.ttrue"
    )
    assert stage.ask("select obj_description('public.seen'::regclass)") == "why"
    run_rollback(stage.server, stage.new, "staging")
    assert stage.ask("select distinct mark from public.seen") == "old"
    stage.ask("drop schema staging__previous cascade")
    assert stage.ask("select count(*) from public.seen") == 3


def test_grants_and_comments_made_by_hand_are_carried_over(stage: Stage) -> None:
    stage.ask(
        "grant usage on schema staging to public; grant select on staging.t to public;"
        "comment on schema staging is 'ours'; comment on column staging.t.mark is 'by hand';"
        "alter default privileges in schema staging grant select on tables to public"
    )
    run_promote(stage.server, stage.new, "staging")
    assert stage.ask("select has_schema_privilege('public', 'staging', 'usage')")
    assert stage.ask("select has_table_privilege('public', 'staging.t', 'select')")
    assert stage.ask("select obj_description('staging'::regnamespace)") == "ours"
    assert stage.ask("select col_description('staging.t'::regclass, 2)") == "by hand"
    assert (
        stage.ask(
            "select count(*) from pg_default_acl where defaclnamespace = 'staging'::regnamespace"
        )
        == 1
    )


def test_foreign_key_elsewhere_that_would_break_stops_the_promotion(stage: Stage) -> None:
    stage.ask(
        "insert into staging.t values (77, 'old');"
        "create table public.outside (t int references staging.t); insert into public.outside"
        " values (77)"
    )
    with pytest.raises(BuildError, match=r"1 rows of public\.outside \(t\)"):
        run_promote(stage.server, stage.new, "staging")
    assert stage.mark() == "old"


def test_what_cannot_be_turned_is_named(stage: Stage) -> None:
    stage.ask("create table public.heir () inherits (staging.t)")
    with pytest.raises(BuildError, match=r"table public\.heir: this hangs on staging"):
        run_promote(stage.server, stage.new, "staging")
    assert stage.mark() == "old"


def test_user_of_a_function_is_named_and_not_destroyed(stage: Stage) -> None:
    stage.ask("create view public.counted as select staging.count_them() as n")
    with pytest.raises(BuildError, match=r"view public\.counted"):
        run_promote(stage.server, stage.new, "staging")
    assert stage.ask("select n from public.counted") == 3


def test_statistics_of_its_own_by_its_own_function_go_with_the_schema(stage: Stage) -> None:
    for schema in ("staging", "staging_next"):
        stage.ask(
            f"create function {schema}.f(int) returns int immutable language sql as 'select $1';"
            f" create statistics {schema}.s on {schema}.f(id), mark from {schema}.t;"
            " select 1"
        )
    run_promote(stage.server, stage.new, "staging")
    assert stage.mark() == "new"


def test_what_hangs_on_the_older_previous_schema_is_not_destroyed(stage: Stage) -> None:
    run_promote(stage.server, stage.new, "staging")
    stage.ask("create view public.history as select mark from staging__previous.t")
    stage.build(stage.new, "staging_next")
    with pytest.raises(BuildError, match=r"view public\.history"):
        run_promote(stage.server, stage.new, "staging")
    assert stage.ask("select count(*) from public.history") == 3


def test_missing_candidate_is_said(stage: Stage) -> None:
    with pytest.raises(BuildError, match="staging_dev: there is no such schema to promote"):
        run_promote(stage.server, stage.new, "staging", "staging_dev")


def test_incomplete_candidate_is_named_and_nothing_happens(stage: Stage) -> None:
    stage.ask("drop table staging_next.child; drop function staging_next.count_them")
    with pytest.raises(BuildError, match=r"missing: child, count_them\(\)"):
        run_promote(stage.server, stage.new, "staging")
    assert stage.mark() == "old"


def test_running_build_of_the_candidate_stops_the_promotion(stage: Stage) -> None:
    with SchemaLock(
        stage.server,
        "staging_next",
        "nightly",
        wait=0,
        log=lambda level, text: None,
        cancelled=threading.Event(),
    ):
        began = time.monotonic()
        with pytest.raises(BusyError, match="nightly"):
            run_promote(stage.server, stage.new, "staging")
        assert time.monotonic() - began < 2


def test_readers_in_a_transaction_do_not_hold_it_up(stage: Stage) -> None:
    reader = stage.server.connect("report")
    reader.cursor().execute("select * from staging.t")
    began = time.monotonic()
    run_promote(stage.server, stage.new, "staging")
    assert time.monotonic() - began < 2
    with reader.cursor() as cursor:
        cursor.execute("select min(mark) from staging.t")
        assert cursor.fetchone() == ("new",)
    reader.close()


def test_hostile_schema_names_are_harmless(
    database: Server, tmp_path: Path, witness: extensions.connection
) -> None:
    stage = Stage(database, tmp_path, witness)
    for project, name in ((stage.old, 'My "Stage'), (stage.new, 'My "Stage_next')):
        stage.build(project, name)
    run_promote(database, stage.new, 'My "Stage')
    assert stage.mark('"My ""Stage"') == "new"
    assert stage.ask('select "My ""Stage".count_them()') == 3
    run_rollback(database, stage.new, 'My "Stage')
    assert stage.mark('"My ""Stage"') == "old"


def test_name_that_is_too_long_is_said(database: Server, tmp_path: Path) -> None:
    project = load(tmp_path, files("a"))
    with pytest.raises(BuildError, match="at most 46 bytes"):
        run_promote(database, project, "s" * 50)


def test_everything_in_the_way_is_named_at_once_and_nothing_is_changed(stage: Stage) -> None:
    run_promote(stage.server, stage.new, "staging")
    stage.build(stage.new, "staging_next")
    stage.ask(
        "alter table staging_next.t drop column mark cascade;"
        "insert into staging.t values (77, 'old'), (78, 'old');"
        # A key that would break, a key whose table is missing, views that do not fit any more, one
        # upon another, a view that uses a function alone, an heir, a view of what is dropped.
        "create table public.outside (t int references staging.t);"
        "insert into public.outside values (77), (78);"
        "create table staging.extra (id int primary key);"
        "create table public.further (e int references staging.extra);"
        "create view public.seen as select mark from staging.t;"
        "create view public.upon as select mark from public.seen;"
        "create materialized view public.stored as select mark, id from staging.t;"
        "create view public.counted as select staging.count_them() as n;"
        "create table public.heir () inherits (staging.child);"
        "create view public.history as select mark from staging__previous.t"
    )
    before = stage.schemas()
    with pytest.raises(BuildError) as refused:
        run_promote(stage.server, stage.new, "staging")
    told = str(refused.value)
    for line in (
        "2 rows of public.outside (t) have no row in the new t: foreign key outside_t_fkey",
        "foreign key further_e_fkey of public.further: staging_next has no table extra",
        "view public.seen: column",
        "view public.upon: ",
        "materialized view public.stored: column",
        "view public.counted: this hangs on staging and cannot be turned to staging_next",
        "table public.heir: this hangs on staging",
        "view public.history: this hangs on staging__previous, which has to make room",
    ):
        assert f"\n  {line}" in told, told
    assert "Nothing was changed." in told
    assert stage.schemas() == before
    assert stage.ask("select count(*) from public.seen") == 5
    assert stage.ask("select count(*) from public.history") == 3
    assert [release.number for release in stage.releases()] == [1]


def test_releases_are_noted_with_who_and_rows_in_the_same_transaction(stage: Stage) -> None:
    stage.ask("insert into staging_next.t (mark) values ('new')")
    author = Author("ada", "run-1")
    first = run_promote(stage.server, stage.new, "staging", author=author)
    back = run_rollback(stage.server, stage.new, "staging")
    again = run_rollback(stage.server, stage.new, "staging", author=Author("eve"))
    stage.ask(
        "drop table staging.child cascade; create view public.counted as"
        " select staging.count_them() as n"
    )
    with pytest.raises(BuildError):
        run_rollback(stage.server, stage.new, "staging")
    assert stage.releases() == [again, back, first]
    assert (first.number, first.action, first.who, first.run_id) == (1, "promote", "ada", "run-1")
    assert (first.source, first.kept) == ("staging_next", "staging__previous")
    assert first.before == {"child": 3, "t": 3}
    assert first.after == {"child": 3, "t": 4}
    assert (back.action, back.source, back.before, back.after) == (
        "rollback",
        "staging__previous",
        first.after,
        first.before,
    )
    assert "@" in back.who
    assert back.role == stage.ask("select current_user::text")


def test_releases_survive_builds_and_later_promotions(stage: Stage) -> None:
    for _ in range(2):
        run_promote(stage.server, stage.new, "staging")
        stage.build(stage.old, "staging")
        stage.build(stage.new, "staging_next")
    run_promote(stage.server, stage.new, "staging")
    assert [release.number for release in stage.releases()] == [3, 2, 1]


def test_the_last_schemas_are_kept_as_many_as_are_asked_for(stage: Stage) -> None:
    for place in range(1, 5):
        stage.ask(f"update staging_next.t set mark = '{place}'")
        run_promote(stage.server, stage.new, "staging", keep=3)
        if place < 4:
            stage.build(stage.new, "staging_next")
    names = ["staging", "staging__previous", "staging__previous_2", "staging__previous_3"]
    assert [stage.mark(name) for name in names] == ["4", "3", "2", "1"]
    assert [name for name in stage.schemas() if not name.endswith("__build")] == names
    # An older one comes back by a promotion; what was live takes its turn.
    run_promote(stage.server, stage.new, "staging", "staging__previous_2", keep=3)
    assert [stage.mark(name) for name in names] == ["2", "4", "3", "1"]
    assert stage.ask("select staging.count_them()") == 3
    # Fewer are kept from now on.
    stage.build(stage.new, "staging_next")
    run_promote(stage.server, stage.new, "staging", keep=1)
    assert [name for name in stage.schemas() if not name.endswith("__build")] == names[:2]
    with pytest.raises(BuildError, match="Give a number from 1 to 20"):
        run_promote(stage.server, stage.new, "staging", keep=0)


@pytest.mark.parametrize(
    ("text", "renamed"),
    [
        ("select from next.t", "select from live.t"),
        ("select from next_week.t, my_next.t", "select from next_week.t, my_next.t"),
        ("where table_schema = 'next'", "where table_schema = 'live'"),
        ("nextval('next.seq')", "nextval('live.seq')"),
        ('select from "next".t', "select from live.t"),
    ],
)
def test_schema_is_renamed_in_the_text_of_functions(text: str, renamed: str) -> None:
    assert rename_schema(text, "next", "live") == renamed


def test_name_that_has_to_be_quoted_is_quoted_in_the_text_of_functions() -> None:
    assert rename_schema("select from next.t", "next", "My Own") == 'select from "My Own".t'
    assert rename_schema("table_schema = 'next'", "next", "My Own") == "table_schema = 'My Own'"
    assert rename_schema('from "My Own_next".t', "My Own_next", "My Own") == 'from "My Own".t'
