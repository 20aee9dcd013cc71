"""A name that Postgres does not know: the message says which one may be meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.postgres import Server
from staging_assets_tests.support.builds import ask, build, load, tables

OWNERS = ("create table staging.owners (owner_id int);", "insert into staging.owners values (1);")


@pytest.mark.parametrize(
    ("populate", "told"),
    [
        ("select owner_id from owners", "Did you mean staging.owners? Scripts name the schema"),
        ("select owner_id from staging.ownerz", "Did you mean staging.owners?"),
        ("select id from licences", "Did you mean etl.licences? Scripts name the schema"),
        ("select id from etl.licenses", "Did you mean etl.licences?"),
        ("select one(1)", "Did you mean staging.one? Scripts name the schema"),
        ("select staging.oone(1)", "Did you mean staging.one?"),
        ("select 1::intger", "Did you mean integer or interval?"),
        ("select length(lowr('a'))", "Did you mean lower or lowrite?"),
    ],
)
@pytest.mark.parametrize("schema", ["staging", "other"])
def test_what_is_meant_is_named(
    database: Server,
    witness: Connection,
    tmp_path: Path,
    populate: str,
    told: str,
    schema: str,
) -> None:
    ask(witness, "create schema etl; create table etl.licences (id int)")
    made = tables(
        owners=OWNERS,
        dogs=("create table staging.dogs (id int);", f"insert into staging.dogs {populate};"),
    )
    made["create_stored_procedures/one.sql"] = (
        "create function staging.one(int) returns int language sql as 'select 1';"
    )
    message = build(database, load(tmp_path, made), schema=schema)["dogs"].message or ""
    assert told in message


def test_nothing_is_guessed_where_nothing_is_like_it(database: Server, tmp_path: Path) -> None:
    made = tables(
        owners=OWNERS,
        dogs=("create table staging.dogs (id int);", "insert into staging.dogs table etl.zebra;"),
    )
    message = build(database, load(tmp_path, made))["dogs"].message or ""
    assert 'relation "etl.zebra" does not exist' in message
    assert "Did you mean" not in message
