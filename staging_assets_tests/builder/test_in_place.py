from __future__ import annotations

import threading
from pathlib import Path

import pytest
from psycopg2 import extensions

from staging_assets.postgres.client.server import Server
from staging_assets.settings import SessionSettings
from staging_assets_tests.support.builds import (
    Log,
    ask,
    build,
    build_all,
    leftovers,
    load,
    statuses,
    tables,
)

TABLE = "create table staging.t (id serial primary key, note text not null);"
PROCEDURE = {
    "create_stored_procedures/fill.sql": (
        "create or replace procedure staging.fill(what text) language plpgsql as $$ begin"
        " insert into staging.t (note) select what || n from generate_series(1, 3) n; end $$;"
    )
}


def fill_by_call(what: str) -> dict[str, str]:
    return {**PROCEDURE, **tables(t=(TABLE, f"call staging.fill('{what}')"))}


def notes(witness: extensions.connection) -> list[str]:
    return ask(witness, "select array_agg(note order by id) from staging.t")


def test_table_filled_inside_a_procedure_is_built_in_place(
    database: Server, witness: extensions.connection, tmp_path: Path
) -> None:
    project = load(tmp_path, fill_by_call("a"))
    assert project.tables["t"].in_place
    for _ in range(2):
        results = build_all(database, project)
    assert results["t"].rows == 3
    assert notes(witness) == ["a1", "a2", "a3"]
    assert ask(witness, "select last_value from staging.t_id_seq") == 3
    assert leftovers(witness) == []


def test_table_filled_by_dynamic_sql_is_built_in_place(
    database: Server, witness: extensions.connection, tmp_path: Path
) -> None:
    populate = (
        "do $$ begin execute 'insert into ' || 'staging' || '.t (note) select ''dynamic'''; end $$"
    )
    project = load(tmp_path, tables(t=(TABLE, populate)))
    assert project.tables["t"].in_place
    for _ in range(2):
        build_all(database, project)
    assert notes(witness) == ["dynamic"]


def test_table_that_fills_another_one_as_well_is_built_in_place(
    database: Server, witness: extensions.connection, tmp_path: Path
) -> None:
    populate = (
        "insert into staging.t (note) values ('a'); insert into staging.log values ('t was filled')"
    )
    project = load(
        tmp_path, tables(log="create table staging.log (line text)", t=(TABLE, populate))
    )
    assert project.tables["t"].in_place
    for _ in range(2):
        build_all(database, project)
    assert ask(witness, "select line from staging.log") == "t was filled"
    assert notes(witness) == ["a"]


def test_declared_table_is_built_in_place(
    database: Server, witness: extensions.connection, tmp_path: Path
) -> None:
    files = {
        **tables(t=(TABLE, "insert into staging.t (note) values ('a')")),
        "staging.yaml": "in_place: [t]\n",
    }
    project = load(tmp_path, files)
    assert project.tables["t"].in_place
    for _ in range(2):
        build_all(database, project)
    assert notes(witness) == ["a"]


def test_failure_in_the_middle_leaves_the_old_table_with_all_that_hangs_on_it(
    database: Server, witness: extensions.connection, tmp_path: Path
) -> None:
    build_all(database, load(tmp_path / "good", fill_by_call("a")))
    ask(
        witness,
        "create view public.seen as select note from staging.t;"
        "create table public.child (t int references staging.t);"
        "insert into public.child values (2);"
        "comment on table staging.t is 'by hand'",
    )
    before = ask(witness, "select 'staging.t'::regclass::oid")
    bad = tables(t=(TABLE, "call staging.fill('b'); select 1 / 0"))
    results = build(database, load(tmp_path / "bad", {**PROCEDURE, **bad}))
    assert results["t"].status == "failed"
    assert "division by zero" in (results["t"].message or "")
    assert notes(witness) == ["a1", "a2", "a3"]
    assert ask(witness, "select 'staging.t'::regclass::oid") == before
    assert ask(witness, "select count(*) from public.seen") == 3
    assert leftovers(witness) == []


def test_what_hangs_on_the_table_is_carried_over(
    database: Server, witness: extensions.connection, tmp_path: Path
) -> None:
    build_all(database, load(tmp_path / "a", fill_by_call("a")))
    ask(
        witness,
        "create view public.seen as select note from staging.t;"
        "grant select on public.seen to public;"
        "create materialized view public.stored as select count(*) as n from public.seen;"
        "create table public.child (t int references staging.t on delete cascade);"
        "insert into public.child values (2);"
        "grant select on staging.t to public; comment on table staging.t is 'by hand'",
    )
    build_all(database, load(tmp_path / "b", fill_by_call("b")))
    assert ask(witness, "select array_agg(note order by 1) from public.seen") == ["b1", "b2", "b3"]
    assert ask(witness, "select n from public.stored") == 3
    assert ask(witness, "select relacl::text from pg_class where relname = 'seen'")
    assert ask(witness, "select obj_description('staging.t'::regclass)") == "by hand"
    assert ask(witness, "select has_table_privilege('public', 'staging.t', 'select')")
    assert (
        ask(witness, "select convalidated from pg_constraint where conrelid = 'child'::regclass")
        is True
    )


def test_rows_that_lose_their_target_fail_the_table(
    database: Server, witness: extensions.connection, tmp_path: Path
) -> None:
    build_all(database, load(tmp_path / "a", fill_by_call("a")))
    ask(
        witness,
        "create table public.child (t int references staging.t);"
        "insert into public.child values (3)",
    )
    fewer = PROCEDURE["create_stored_procedures/fill.sql"].replace("(1, 3)", "(1, 2)")
    files = {**fill_by_call("b"), "create_stored_procedures/fill.sql": fewer}
    results = build(database, load(tmp_path / "b", files))
    assert statuses(results)["t"] == "failed"
    assert "1 rows of public.child (t)" in (results["t"].message or "")
    assert notes(witness) == ["a1", "a2", "a3"]


def test_nothing_of_an_unfinished_build_is_seen(
    database: Server, witness: extensions.connection, tmp_path: Path
) -> None:
    """Another session waits for the commit; meanwhile the old table is still the one there is."""
    build_all(database, load(tmp_path / "a", fill_by_call("a")))
    slow = {
        **PROCEDURE,
        **tables(t=(TABLE, "call staging.fill('b'); select pg_sleep(0.5); call staging.fill('c')")),
    }
    project = load(tmp_path / "b", slow)
    seen: list[list[str]] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.append(notes(witness))

    thread = threading.Thread(target=read)
    thread.start()
    build_all(database, project)
    done.set()
    thread.join()
    new = ["b1", "b2", "b3", "c1", "c2", "c3"]
    assert all(rows in (["a1", "a2", "a3"], new) for rows in seen)
    assert notes(witness) == new


def test_foreign_keys_of_the_table_itself_are_there_and_valid(
    database: Server, witness: extensions.connection, tmp_path: Path
) -> None:
    create = (
        "create table staging.t (id serial primary key, note text,"
        " hub int not null default 1 references staging.hub);"
    )
    hub = ("create table staging.hub (id int primary key)", "insert into staging.hub values (1)")
    files = {**PROCEDURE, **tables(hub=hub, t=(create, "call staging.fill('a')"))}
    project = load(tmp_path, files)
    for _ in range(2):
        build_all(database, project)
    assert ask(
        witness,
        "select convalidated and confrelid = 'staging.hub'::regclass from pg_constraint"
        " where conname = 't_hub_fkey'",
    )
    assert (
        ask(witness, "select count(*) from pg_namespace where nspname like 'staging\\_\\_o%'") == 0
    )


def test_a_reader_that_keeps_its_lock_is_named(
    database: Server, witness: extensions.connection, tmp_path: Path
) -> None:
    build_all(database, load(tmp_path / "a", fill_by_call("a")))
    reader = database.connect("long report")
    reader.cursor().execute("select * from staging.t")
    log = Log()
    results = build(
        database,
        load(tmp_path / "b", fill_by_call("b")),
        log=log,
        sessions=SessionSettings(lock_timeout="1s"),
    )
    assert results["t"].status == "failed"
    assert "long report" in (results["t"].message or "")
    assert notes(witness) == ["a1", "a2", "a3"]
    reader.close()


@pytest.mark.parametrize("name", ["database", "database15"])
def test_keys_stand_while_the_table_fills(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """What the script relies on while it runs (here ON CONFLICT in dynamic SQL) works."""
    server = request.getfixturevalue(name)
    create = "create table staging.t (id int primary key, n int default 0)"
    populate = (
        "do $$ begin for i in 1..4 loop execute 'insert into staging' || '.t values (' || i % 2 ||"
        " ') on conflict (id) do update set n = staging.t.n + 1'; end loop; end $$"
    ).replace("staging.t.n", "t.n")
    build_all(server, load(tmp_path, tables(t=(create, populate))))
    connection = server.connect("witness", autocommit=True)
    assert ask(connection, "select id, n from staging.t order by 1") == [(0, 1), (1, 1)]
    connection.close()
