"""A script may take another role, which has the rights in the build that psql would find."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.builder.shadow.roles import find_roles
from staging_assets.postgres import Server
from staging_assets_tests.support.builds import ask, build, build_all, load, tables


@pytest.fixture
def role(witness: Connection) -> Iterator[str]:
    """A role that may create tables in `staging`."""
    name = f"ana_{uuid.uuid4().hex[:8]}"
    ask(
        witness, f"create role {name}; create schema staging; grant all on schema staging to {name}"
    )
    yield name
    ask(witness, f"drop owned by {name} cascade; drop role {name}")


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("set role ana; select 1", {"ana"}),
        ('SET LOCAL ROLE \'Ana\'; set session role "B""c"', {"Ana", 'B"c'}),
        ("set role to ana; set role = bob; reset role; set role none", {"ana", "bob"}),
        ("set session authorization ana; set local session authorization default", {"ana"}),
        ("select set_config('role', 'ana', true)", {"ana"}),
        ("insert into staging.role select 1", set()),
    ],
)
def test_roles_that_scripts_take_are_found(text: str, roles: set[str]) -> None:
    assert find_roles(text, "") == roles


HUB = ("create table staging.hub (id int primary key)", "insert into staging.hub select 1")


@pytest.mark.parametrize(
    ("create", "populate", "owner"),
    [
        (
            "set role {role}; create table staging.x (id serial primary key, v text)",
            "insert into staging.x (v) values ('a')",
            "{role}",
        ),
        (
            "create table staging.x (id serial, v text); grant insert on staging.x to {role};"
            " grant usage on sequence staging.x_id_seq to {role}",
            "set local role {role}; insert into staging.x (v) values ('a')",
            None,
        ),
        (
            "set role {role};"
            " create table staging.x (id int references staging.hub, v text unique)",
            "set role {role}; insert into staging.x values (1, 'a')",
            "{role}",
        ),
        (
            "select set_config('role', '{role}', false); create type staging.t as enum ('a');"
            " create table staging.x (id int, v staging.t); create index on staging.x (v)",
            "insert into staging.x values (1, 'a')",
            "{role}",
        ),
        (
            "set role {role}; create table staging.x (id int, v text)",
            "do $$begin execute 'insert into staging.x values (1, ''a'')'; end$$",
            "{role}",
        ),
    ],
)
def test_a_script_with_a_role_builds_as_with_psql(
    database: Server,
    witness: Connection,
    role: str,
    tmp_path: Path,
    create: str,
    populate: str,
    owner: str | None,
) -> None:
    me = ask(witness, "select current_user")
    ask(witness, f"alter default privileges in schema staging grant references on tables to {role}")
    files = tables(hub=HUB, x=(create.format(role=role), populate.format(role=role)))
    project = load(tmp_path, files)
    for _ in range(2):
        build_all(database, project)
        assert ask(witness, "select id, v::text from staging.x") == [(1, "a")]
        assert ask(
            witness,
            "select pg_get_userbyid(relowner)::text from pg_class"
            " where oid = 'staging.x'::regclass",
        ) == (owner.format(role=role) if owner else me)
    granted = (
        "select array(select n.nspname || ' ' || a.privilege_type from pg_namespace n,"
        f" aclexplode(n.nspacl) a where a.grantee = '{role}'::regrole order by 1)"
    )
    assert ask(witness, granted) == ["staging CREATE", "staging USAGE"]


def test_default_privileges_let_a_role_fill_the_table(
    database: Server, witness: Connection, role: str, tmp_path: Path
) -> None:
    ask(witness, f"alter default privileges in schema staging grant all on tables to {role}")
    files = tables(
        x=("create table staging.x (v int)", f"set role {role}; insert into staging.x select 1")
    )
    build_all(database, load(tmp_path, files))
    assert ask(witness, "select v from staging.x") == 1


def test_a_role_without_rights_in_the_schema_gets_none(
    database: Server, witness: Connection, role: str, tmp_path: Path
) -> None:
    ask(witness, f"revoke all on schema staging from {role}")
    files = tables(x=f"set role {role}; create table staging.x (v int)")
    failed = build(database, load(tmp_path, files))["x"]
    assert failed.status == "failed"
    assert failed.sqlstate == "42501"
    assert ask(witness, "select to_regclass('staging.x') is null")
