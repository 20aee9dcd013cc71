"""Functions, types and sequences that the tables of a branch are made of, when it is promoted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.errors import BuildError
from staging_assets.postgres import Server
from staging_assets.publisher import run_promote, run_rollback
from staging_assets_tests.support.builds import Rebuild, ask, build_all, load, statuses, tables


def files(turn: int) -> dict[str, str]:
    """`leaf` differs by its rows, `priced` by a function, `moody` by nothing but a type it uses."""
    return {
        **tables(
            hub=(
                "create sequence staging.numbers;"
                "create table staging.hub (id int primary key default nextval('staging.numbers'),"
                " seen text);"
                "create trigger stamped before insert on staging.hub for each row"
                " execute function staging.stamp()",
                "insert into staging.hub select from generate_series(1, 3)",
            ),
            leaf=(
                "create table staging.leaf (id int primary key"
                " default nextval('staging.numbers'), seen text, day text"
                " default staging.steady(), constraint steady check (staging.fine(id)));"
                "create index leaf_fine on staging.leaf (staging.fine(id));"
                "create trigger stamped before insert on staging.leaf for each row"
                " execute function staging.stamp();"
                "comment on trigger stamped on staging.leaf is 'when it came'",
                f"insert into staging.leaf (seen) select '{turn}' from generate_series(1, 4)",
            ),
            priced=(
                "create table staging.priced (id int, price int default staging.price())",
                "insert into staging.priced (id) values (1)",
            ),
            moody=(
                "create table staging.moody (m staging.mood)",
                "insert into staging.moody values ('glad')",
            ),
        ),
        "create_stored_procedures/steady.sql": (
            "create or replace function staging.steady() returns text language sql"
            " as 'select ''today''';"
            "create or replace function staging.fine(i int) returns boolean language sql immutable"
            " as 'select true';"
            "create or replace function staging.stamp() returns trigger language plpgsql as"
            " 'begin new.seen := coalesce(new.seen, '''') || ''!''; return new; end'"
        ),
        "create_stored_procedures/price.sql": (
            "create or replace function staging.price() returns int language sql"
            f" as 'select {turn} * 10'"
        ),
        "create_stored_procedures/mood.sql": "create type staging.mood as enum ('glad', 'sad')",
    }


BOUND = (
    "select array(select p.pronamespace::regnamespace || '.' || p.proname from pg_depend d"
    " join pg_proc p on d.refclassid = 'pg_proc'::regclass and d.refobjid = p.oid"
    " left join pg_attrdef a on d.classid = 'pg_attrdef'::regclass and a.oid = d.objid"
    " left join pg_trigger t on d.classid = 'pg_trigger'::regclass and t.oid = d.objid"
    " left join pg_constraint k on d.classid = 'pg_constraint'::regclass and k.oid = d.objid"
    " left join pg_index i on d.classid = 'pg_class'::regclass and i.indexrelid = d.objid"
    " where coalesce(a.adrelid, t.tgrelid, k.conrelid, i.indrelid) in"
    " ('staging.leaf'::regclass, 'staging.priced'::regclass, 'staging.hub'::regclass) order by 1)"
)


def state(connection: Connection) -> Any:
    """What stands in the live schema, functions by their oid."""
    return [
        ask(
            connection,
            "select proname, oid, prosrc, proacl::text, obj_description(oid, 'pg_proc')"
            " from pg_proc where pronamespace = 'staging'::regnamespace order by 1",
        ),
        ask(
            connection,
            "select oid, relname from pg_class where relkind in ('r', 'S')"
            " and relnamespace = 'staging'::regnamespace order by 2",
        ),
        ask(
            connection,
            "select array_agg(typname || oid::text) from pg_type where typtype = 'e'"
            " and typnamespace = 'staging'::regnamespace",
        ),
        ask(connection, BOUND),
    ]


def test_tables_find_the_functions_of_the_live_schema_and_sequences_go_on(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    old, new = load(tmp_path / "old", files(1)), load(tmp_path / "new", files(2))
    build_all(database, old)
    ask(
        witness,
        "revoke execute on function staging.price() from public;"
        "comment on function staging.price() is 'by hand'",
    )
    before = state(witness)
    build_all(database, new, schema="staging_next", changed_from="staging")
    release = run_promote(database, new, "staging")
    assert release.nodes == (
        "leaf",
        "moody",
        "priced",
        "stored_procedures/mood",
        "stored_procedures/price",
    )
    after = state(witness)
    was, now = ({row[0]: row[1:] for row in each[0]} for each in (before, after))
    assert {name for name in was if was[name] == now[name]} == {"fine", "stamp", "steady"}
    assert now["price"][2:] == was["price"][2:]  # its grants and comment
    assert (
        after[3]
        == before[3]
        == [
            "staging.fine",
            "staging.fine",
            "staging.price",
            "staging.stamp",
            "staging.stamp",
            "staging.steady",
        ]
    )
    assert ask(witness, "select array_agg(price) from staging.priced") == [20]
    assert ask(witness, "insert into staging.leaf default values returning id") > 7
    assert ask(witness, "select count(*) from staging.leaf where day = 'today' and seen > ''") == 5
    assert (
        ask(
            witness,
            "select obj_description(oid, 'pg_trigger') from pg_trigger"
            " where tgrelid = 'staging.leaf'::regclass",
        )
        == "when it came"
    )
    assert ask(witness, "select array_agg(m::text) from staging.moody") == ["glad"]
    changed = statuses(build_all(database, new, rebuild=Rebuild.CHANGED))
    assert set(changed.values()) == {"unchanged"}, changed
    run_rollback(database, new, "staging")
    assert state(witness) == before
    assert ask(witness, "insert into staging.priced values (2) returning price") == 10
    run_rollback(database, new, "staging")
    assert state(witness) == after


def test_who_uses_a_function_that_is_replaced_is_named(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    build_all(database, load(tmp_path / "old", files(1)))
    new = load(tmp_path / "new", files(2))
    build_all(database, new, schema="staging_next", changed_from="staging")
    ask(
        witness,
        "create view public.prices as select staging.price() as p;"
        "create view public.both as select price, staging.price() as p from staging.priced",
    )
    with pytest.raises(BuildError) as refused:
        run_promote(database, new, "staging")
    assert "view public.prices: this uses staging.price(), which the branch replaces" in str(
        refused.value
    )
    assert "public.both" not in str(refused.value)
    ask(witness, "drop view public.prices")
    run_promote(database, new, "staging")
    assert ask(witness, "select p from public.both") == 20
    ask(witness, "drop schema staging__previous cascade")
    assert ask(witness, "select p from public.both") == 20


def test_a_column_that_is_generated_by_a_function_that_stays_is_named(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    projects = {}
    for turn in (1, 2):
        leaf = (
            "create table staging.leaf (id int, fine boolean"
            " generated always as (staging.fine(id)) stored)",
            f"insert into staging.leaf values ({turn})",
        )
        functions = {
            "create_stored_procedures/steady.sql": files(1)["create_stored_procedures/steady.sql"]
        }
        projects[turn] = load(tmp_path / str(turn), tables(leaf=leaf) | functions)
    build_all(database, projects[1])
    build_all(database, projects[2], schema="staging_next", changed_from="staging")
    with pytest.raises(BuildError, match=r"leaf.*: this hangs on staging_next, which has to make"):
        run_promote(database, projects[2], "staging")
    assert ask(witness, "select array_agg(id) from staging.leaf") == [1]
