"""In a branch names go to one schema or the other: where they are read, and never to be written."""

from __future__ import annotations

import pytest

from staging_assets.model import Relation, SchemaNames
from staging_assets.parser import rewrite

SCHEMAS = SchemaNames(live="prod", lives=frozenset(("hub", "old")))
BARE = SchemaNames(path=("staging",), live="prod", lives=frozenset(("hub", "old")))

# What is the branch's goes to `next`, or where it is being made; what is not, to `prod`.
CASES = [
    ("select h.id from staging.hub h join staging.a using (id)",
     "select h.id from prod.hub h join shadow.a using (id)"),
    ("select * from staging.hub tablesample system (1)",
     "select * from prod.hub tablesample system (1)"),
    ("select * from staging.hub for key share", "select * from prod.hub for key share"),
    ("create table staging.a (id int references staging.hub (id))",
     "create table shadow.a (id int references prod.hub (id))"),
    ("create table staging.a (m staging.hub[])", "create table shadow.a (m prod.hub[])"),
    ("select 'staging.hub'::regclass, 'staging.a'::regclass",
     "select 'prod.hub'::regclass, 'shadow.a'::regclass"),
    ("select nextval('staging.hub_id_seq')", "select nextval('next.hub_id_seq')"),
    ("select staging.f(1)", "select next.f(1)"),
    ("create function staging.f() returns bigint language sql set search_path = staging, public"
     " as $$ select count(*) from staging.hub, staging.a $$",
     "create function next.f() returns bigint language sql set search_path = next, prod, public"
     " as $$ select count(*) from prod.hub, next.a $$"),
    ("set search_path = 'staging', public", "set search_path = 'next', prod, public"),
    ("set schema 'staging'", "set schema 'next'"),
    ("select set_config('search_path', 'staging,public', true)",
     "select set_config('search_path', 'next, prod,public', true)"),
    ("do $$ begin execute 'select * from staging.hub'; execute 'delete from staging.hub';"
     " execute format('delete from staging.%I', 'hub'); end $$",
     "do $$ begin execute 'select * from prod.hub'; execute 'delete from next.hub';"
     " execute format('delete from next.%I', 'hub'); end $$"),
]  # fmt: skip

WRITING = [
    "insert into staging.hub select * from prod.old",
    "update staging.hub set id = 1",
    "delete from staging.hub",
    "with gone as (delete from staging.hub returning *) table gone",
    "merge into staging.hub using shadow.a on true when matched then delete",
    "truncate staging.hub",
    "copy staging.hub from stdin",
    "select * into staging.hub from prod.old",
    "create table if not exists staging.hub (id int)",
    "drop table staging.hub",
    "alter table staging.hub add x int",
    "create index i on staging.hub (id)",
    "create trigger t before insert on staging.hub for each row execute function next.f()",
    "create rule r as on insert to staging.hub do nothing",
    "create policy p on staging.hub",
    "comment on table staging.hub is ''",
    "lock table staging.hub",
    "explain analyze delete from staging.hub",
    "prepare p as delete from staging.hub",
]


def send(text: str, schemas: SchemaNames = SCHEMAS, *, bare: bool = False) -> str:
    return rewrite(text, schemas, schema="next", shadow="shadow", own={"a"}, bare=bare).text


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[text[:40] for text, _ in CASES])
def test_a_name_goes_where_its_table_is(text: str, expected: str) -> None:
    assert send(text) == expected


@pytest.mark.parametrize("text", WRITING)
def test_what_writes_goes_to_the_branch_where_a_view_refuses_it(text: str) -> None:
    assert send(text) == text.replace("staging.hub", "next.hub")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select h.id from hub h join a using (id)",
         "select h.id from prod.hub h join shadow.a using (id)"),
        ("delete from hub", "delete from hub"),
        ("create table a (id int references hub (id))",
         "create table shadow.a (id int references prod.hub (id))"),
        ("create function f() returns int language sql as $$ select count(*) from hub, a $$",
         "create function f() returns int language sql as $$ select count(*) from prod.hub, a $$"),
        ("set search_path = staging; select * from hub",
         "set search_path = shadow, next, prod; select * from prod.hub"),
    ],
)  # fmt: skip
def test_a_name_without_a_schema_is_read_in_the_live_one_too(text: str, expected: str) -> None:
    assert send(text, BARE, bare=True) == expected


def test_a_branch_may_be_called_as_the_scripts_call_their_schema() -> None:
    text = "select * from staging.hub, staging.a"
    assert rewrite(text, SCHEMAS, schema="staging").text == "select * from prod.hub, staging.a"


def test_both_schemas_are_called_as_scripts_call_them() -> None:
    assert SCHEMAS.in_scripts("next", "next") == "staging"
    assert SCHEMAS.in_scripts("prod", "next") == "staging"
    assert SCHEMAS.in_scripts("", "next") == ""
    assert SchemaNames().in_scripts("", "next") == "", "no schema is none, and not the live one"
    assert SCHEMAS.find_real(Relation("staging", "hub"), "next") == Relation("prod", "hub")
    assert SCHEMAS.find_real(Relation("staging", "a"), "next") == Relation("next", "a")
