"""A shadow comes out of strip, load and harden as its CREATE script says, and locks nobody out."""

from __future__ import annotations

import os
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.model import Relation, SchemaNames
from staging_assets.parser import Rewritten, find_referenced, redirect_references, rewrite
from staging_assets.postgres.client.server import Server
from staging_assets_tests.support.builds import ask, build, build_all, leftovers, load, tables

HUB = (
    "create table staging.hub (id int primary key, name text unique);",
    "insert into staging.hub select g, g::text from generate_series(1, 20000) as g;",
)
RICH = """
create extension if not exists btree_gist;
create type staging.mood as enum ('sad', 'ok');
create sequence staging.numbers start 1000;
create table staging.rich (
    id bigint generated always as identity (start with 5),
    number int default nextval('staging.numbers'),
    hub_id int constraint to_hub references staging.hub (id) on delete set null
        deferrable initially deferred,
    hub_name text references staging.hub (name) match full,
    parent bigint references staging.rich (id),
    mood staging.mood default 'ok',
    a int not null,
    b text collate "C" check (length(b) < 50),
    during tsrange,
    doubled int generated always as (a * 2) stored,
    constraint rich_key primary key (id) with (fillfactor = 70),
    constraint rich_number unique (number) deferrable,
    constraint rich_during exclude using gist (during with &&, a with =)
) with (fillfactor = 80);
alter table staging.rich add constraint loose foreign key (a) references staging.hub (id) not valid;
create unique index rich_partial on staging.rich (a, lower(b)) where a > 0;
create index rich_b on staging.rich (b desc nulls last, (a + 1)) with (fillfactor = 60);
alter index staging.rich_b alter column 2 set statistics 77;
create index rich_covering on staging.rich using btree (a) include (b);
create index rich_hash on staging.rich using hash (b);
create statistics staging.rich_stats on a, b from staging.rich;
alter table staging.rich cluster on rich_covering;
alter table staging.rich replica identity using index rich_key;
alter table staging.rich alter column b set statistics 123;
comment on table staging.rich is 'all of it';
comment on constraint rich_key on staging.rich is 'the key';
comment on constraint to_hub on staging.rich is 'to the hub';
comment on index staging.rich_key is 'the index of the key';
comment on index staging.rich_partial is 'a part';
"""
FILL = """insert into staging.rich (hub_id, hub_name, parent, a, b, during)
select g, g::text, null, g, 'b' || g, tsrange('2020-01-01', '2020-01-02')
from generate_series(1, {}) as g;
"""

# Everything about keys and indexes that pg_dump tells, in one comparable list.
DESCRIBE = """
select array(
    select k.conname || ' ' || replace(pg_get_constraintdef(k.oid), '{schema}.', '') || ' '
        || coalesce(obj_description(k.oid, 'pg_constraint'), '') || k.convalidated || k.condeferred
    from pg_constraint k where k.conrelid = '{schema}.{table}'::regclass
    union all
    select replace(pg_get_indexdef(i.indexrelid), '{schema}.', '') || ' '
        || coalesce(obj_description(i.indexrelid, 'pg_class'), '')
        || i.indisclustered || i.indisreplident || i.indisvalid
        || coalesce((
            select string_agg(a.attnum || '=' || a.attstattarget, ',') from pg_attribute a
            where a.attrelid = i.indexrelid and a.attstattarget >= 0
        ), '')
    from pg_index i where i.indrelid = '{schema}.{table}'::regclass
    union all
    select t.tgname || ' ' || t.tgenabled::text from pg_trigger t
    where t.tgrelid = '{schema}.{table}'::regclass and not t.tgisinternal
    union all
    select c.relreplident::text || c.relpersistence::text || c.relkind::text
        || coalesce(array_to_string(c.reloptions, ','), '')
    from pg_class c where c.oid = '{schema}.{table}'::regclass
    order by 1
)
"""


def describe(connection: Connection, schema: str, table: str) -> list[str]:
    return list(ask(connection, DESCRIBE.format(schema=schema, table=table)))


def make_plainly(connection: Connection, schema: str, *scripts: str) -> None:
    """Run scripts as psql would, in a schema of their own."""
    ask(connection, f"create schema {schema}")
    for script in scripts:
        ask(connection, rewrite(script, SchemaNames(), schema=schema).text)


@pytest.mark.parametrize("rows", [100, 20_000])
@pytest.mark.parametrize("which", ["database", "database15"])
def test_keys_and_indexes_are_as_plain_sql_makes_them(
    request: pytest.FixtureRequest, tmp_path: Path, rows: int, which: str
) -> None:
    database: Server = request.getfixturevalue(which)
    fill = FILL.format(rows)
    project = load(tmp_path, tables(hub=HUB, rich=(RICH, fill)))
    results = build_all(database, project)
    assert results["rich"].rows == rows
    with closing(database.connect("witness", autocommit=True)) as witness:
        make_plainly(witness, "plain", *HUB, RICH, fill)
        assert describe(witness, "staging", "rich") == describe(witness, "plain", "rich")
        assert len(describe(witness, "staging", "rich")) > 15
        digest = "select md5(string_agg(t::text, ',' order by id)) from {}.rich as t"
        assert ask(witness, digest.format("staging")) == ask(witness, digest.format("plain"))
        assert ask(witness, "select min(id), max(number) from staging.rich") == [(5, 999 + rows)]
        assert leftovers(witness) == []


PARTITIONED = """
create table staging.parts (
    id int, day date not null, hub_id int references staging.hub (id), primary key (id, day)
) partition by range (day);
create table staging.parts_2020 partition of staging.parts
    for values from ('2020-01-01') to ('2021-01-01');
create table staging.parts_rest partition of staging.parts default;
create index parts_day on staging.parts (day);
"""
INHERITED = """
create table staging.parent (id int primary key, a int);
create table staging.parent_child (b int references staging.hub, unique (a))
    inherits (staging.parent);
create index on staging.parent (a);
"""
TRIGGERED = """
create unlogged table staging.noted (id int primary key, note text);
create index noted_note on staging.noted (note);
create trigger noting before insert on staging.noted
    for each row execute function staging.note();
"""
NOTE = (
    "create or replace function staging.note() returns trigger language plpgsql as"
    " $$ begin new.note = 'noted ' || new.id; return new; end $$;"
)


def test_partitions_inheritance_and_triggers_are_kept(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    fill_parts = (
        "insert into staging.parts select g, date '2020-06-01' + g from generate_series(1, 500) g;"
    )
    fill_noted = "insert into staging.noted select g from generate_series(1, 10) g;"
    fill_parent = "insert into staging.parent select g, g from generate_series(1, 10) g;"
    files = {
        **tables(
            hub=HUB,
            parts=(PARTITIONED, fill_parts),
            noted=(TRIGGERED, fill_noted),
            parent=(INHERITED, fill_parent),
        ),
        "create_stored_procedures/note.sql": NOTE,
    }
    project = load(tmp_path, files)
    for _ in range(2):
        build_all(database, project)
    plain = [NOTE, *HUB, PARTITIONED, TRIGGERED, INHERITED, fill_parts, fill_noted]
    make_plainly(witness, "plain", *plain)
    for table in ("parts", "parts_2020", "parts_rest", "noted", "parent", "parent_child"):
        assert describe(witness, "staging", table) == describe(witness, "plain", table), table
    assert ask(witness, "select count(*) from staging.parts_2020") == 213
    assert ask(witness, "select count(*) from staging.noted where note = 'noted ' || id") == 10


def test_on_conflict_works_as_keys_are_kept_for_it(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    fill = (
        "insert into staging.a select g % 10, 1 from generate_series(1, 100) as g"
        " on conflict (id) do nothing;"
    )
    create = "create table staging.a (id int primary key, b int); create index on staging.a (b);"
    results = build_all(database, load(tmp_path, tables(a=(create, fill))))
    assert results["a"].rows == 10
    assert ask(witness, "select count(*) from pg_index where indrelid = 'staging.a'::regclass") == 2


def test_a_script_that_itself_needs_the_key_keeps_it_on(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    # Grouping by the key alone makes the policy depend on it.
    create = (
        "create table staging.a (id int primary key, b text);"
        "create policy mine on staging.a using"
        " (exists (select z.id, z.b from staging.a as z group by z.id));"
    )
    build_all(database, load(tmp_path, tables(a=(create, "insert into staging.a values (1, 'x')"))))
    assert ask(witness, "select count(*) from pg_policy where polname = 'mine'") == 1
    assert ask(witness, "select b from staging.a where id = 1") == "x"


def test_a_large_partitioned_table_gets_its_foreign_key(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    fill = (
        "insert into staging.parts"
        " select g, date '2020-06-01' + g % 500, g from generate_series(1, 15000) as g;"
    )
    project = load(tmp_path, tables(hub=HUB, parts=(PARTITIONED, fill)))
    build_all(database, project)
    assert (
        ask(
            witness,
            "select count(*) from pg_constraint where contype = 'f' and convalidated"
            " and conrelid = 'staging.parts'::regclass and confrelid = 'staging.hub'::regclass",
        )
        == 1
    )


@pytest.mark.parametrize("rows", [10, 20_000])
def test_deferred_triggers_fire_before_the_keys_are_put_on(
    database: Server, witness: Connection, tmp_path: Path, rows: int
) -> None:
    create = (
        "create table staging.a (id int primary key);"
        "create constraint trigger later after insert on staging.a deferrable initially deferred"
        " for each row execute function staging.count_one();"
    )
    files = {
        **tables(a=(create, f"insert into staging.a select generate_series(1, {rows});")),
        "create_stored_procedures/count_one.sql": (
            "create or replace function staging.count_one() returns trigger language plpgsql as"
            " $$ begin perform nextval('public.fired'); return null; end $$;"
        ),
    }
    ask(witness, "create sequence public.fired")
    build_all(database, load(tmp_path, files))
    assert ask(witness, "select last_value from public.fired") == rows


@pytest.mark.parametrize("rows", [100, 20_000])
def test_building_waits_for_no_reader_of_a_referenced_table(
    database: Server, witness: Connection, tmp_path: Path, rows: int
) -> None:
    events = (
        "create table staging.events (id int primary key, hub_id int references staging.hub);",
        f"insert into staging.events select g, g from generate_series(1, {rows}) as g;",
    )
    project = load(tmp_path, tables(hub=HUB, events=events))
    build_all(database, project, ["schema", "hub"])
    witness.autocommit = False
    ask(witness, "select count(*) from staging.hub")  # and keeps its lock
    began = time.monotonic()
    build_all(database, project, ["events"])
    assert time.monotonic() - began < 5
    witness.rollback()


def test_readers_of_a_referenced_table_never_wait(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    # Somebody's long query holds the hub; whatever a build asks for must not queue up in front
    # of those who come to read.
    project = load(
        tmp_path,
        tables(
            hub=HUB,
            **{
                f"e{n}": (
                    f"create table staging.e{n} (id int primary key, h int"
                    " references staging.hub);",
                    f"insert into staging.e{n} select g, g from generate_series(1, 12000) as g;",
                )
                for n in range(6)
            },
        ),
    )
    build_all(database, project, ["schema", "hub"])
    witness.autocommit = False
    ask(witness, "select count(*) from staging.hub")
    longest, done = 0.0, threading.Event()

    def read() -> None:
        nonlocal longest
        with closing(database.connect("reader", autocommit=True)) as reader:
            while not done.is_set():
                began = time.monotonic()
                ask(reader, "select name from staging.hub where id = 77")
                longest = max(longest, time.monotonic() - began)

    thread = threading.Thread(target=read)
    thread.start()
    try:
        build_all(database, project, [f"e{n}" for n in range(6)])
    finally:
        done.set()
        thread.join()
        witness.rollback()
    assert longest < 1


def test_a_load_leaves_no_write_ahead_log_where_the_server_allows_it(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    if os.environ.get("STAGING_TEST_SERVER") and ask(witness, "show wal_level") != "minimal":
        pytest.skip("this server is set up to log everything")
    assert ask(witness, "show wal_level") == "minimal"
    big = (
        "create table staging.big (id int primary key, text text);",
        "insert into staging.big select g, repeat('x', 200) from generate_series(1, 100000) g;",
    )
    project = load(tmp_path, tables(big=big))
    build_all(database, project, ["schema"])
    before = ask(witness, "select pg_current_wal_lsn()")
    build_all(database, project, ["big"])
    written = ask(witness, "select pg_wal_lsn_diff(pg_current_wal_lsn(), %s)", before)
    # The server is shared with other tests; without the trick it would be more than 25 MB.
    assert written < 12_000_000


def test_a_table_that_the_script_does_not_make_is_a_clear_failure(
    database: Server, tmp_path: Path
) -> None:
    create = "do $$ begin if false then create table staging.a (b int); end if; end $$;"
    project = load(tmp_path, tables(a=("create table staging.a (b int);", None)))
    table = project.tables["a"]
    object.__setattr__(table.create, "text", create)
    result = build(database, project)["a"]
    assert result.status == "failed"
    assert "there is no table a" in (result.message or "")


def test_references_are_found_and_redirected_and_places_traced_back() -> None:
    text = (
        'create table staging.a (b int references staging.hub, "references" text,\n'
        '  c int references Staging . "Odd One" (x), -- references staging.hub\n'
        "  d text default 'references staging.hub', e int references staging.hub (id));"
    )
    hub, odd = Relation("staging", "hub"), Relation("staging", "Odd One")
    found = find_referenced(text)
    assert [each.relation for each in found] == [hub, odd, hub]
    stands = {hub: "x.y", odd: "something.much_longer"}
    sent = redirect_references(Rewritten(text), found, stands)
    assert sent.text.count("x.y") == 2
    assert "references something.much_longer (x)" in sent.text
    assert "-- references staging.hub" in sent.text
    assert "'references staging.hub'" in sent.text
    for word in ("create", '"references"', "c int", "(x)", "d text", "e int", "(id)"):
        assert sent.source_offset(sent.text.index(word)) == text.index(word), word
    assert sent.source_offset(sent.text.index("x.y") + 1) == text.index("staging.hub")
