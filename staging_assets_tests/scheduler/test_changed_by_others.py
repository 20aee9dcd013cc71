"""What other people and other sessions do beside the builds, and what a run makes of it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from staging_assets.postgres.client.server import Server
from staging_assets_tests.support.builds import ask, tables
from staging_assets_tests.support.changes import NOTHING, Place
from staging_assets_tests.support.servers import fresh_role

POPULATE = "insert into staging.x select a from etl.a;"


def make(database: Server, folder: Path, sql: str, yaml: str = "") -> Place:
    """One table, built once, that reads `etl.a`; `sql` makes that."""
    place = Place(database, folder / "folder")
    place.files = tables(x=("create table staging.x (a int);", POPULATE))
    if yaml:
        place.files["staging.yaml"] = yaml
    place.ask(f"create schema etl; {sql}")
    assert place.build() == {"x"}
    return place


FILE = """
create extension file_fdw;
create server files foreign data wrapper file_fdw;
create foreign table etl.{name} (a int) server files options (program 'echo 1', format 'csv');
"""
NEVER_STILL = {
    "a foreign table": (FILE.replace("{name}", "a"), "foreign table"),
    "a view of a foreign table": (
        FILE.replace("{name}", "f") + "create view etl.a as select a from etl.f",
        "foreign table",
    ),
    "a partition that is a foreign table": (
        "create table etl.a (a int) partition by list (a);"
        + FILE.replace("{name}", "f")
        + "alter table etl.a attach partition etl.f for values in (1)",
        "foreign table",
    ),
}


@pytest.mark.parametrize("case", NEVER_STILL)
def test_what_postgres_cannot_count_is_changed_always(
    database: Server, tmp_path: Path, case: str
) -> None:
    sql, told = NEVER_STILL[case]
    place = make(database, tmp_path, sql)
    for _ in range(2):
        assert place.build() == {"x"}
        assert told in str(place.plan().build["x"])
    assert place.stale() == {}


def test_rows_that_a_policy_shows_are_changed_always_to_those_whom_it_binds(
    database: Server, tmp_path: Path
) -> None:
    secured = (
        "create table etl.a as select 1 as a; grant usage on schema etl to public;"
        "grant select on etl.a to public; create policy all_of_it on etl.a using (true);"
        "alter table etl.a enable row level security"
    )
    with fresh_role(database) as builder:
        Place(database, tmp_path).ask(f"create schema etl; {secured}")
        place = Place(builder, tmp_path / "folder")
        place.files = tables(x=("create table staging.x (a int);", POPULATE))
        assert place.build() == place.build() == {"x"}
        assert "row security" in str(place.plan().build["x"])
        Place(database, tmp_path).ask("alter table etl.a disable row level security")
        assert place.build() == {"x"}
        assert place.build() == NOTHING


def test_what_a_session_that_goes_on_has_committed_is_found_when_it_ends_and_by_a_hash_at_once(
    database: Server, tmp_path: Path
) -> None:
    place = make(database, tmp_path, "create table etl.a as select 1 as a")
    with closing(database.connect("somebody", autocommit=True)) as connection:
        # It is never idle in between, so Postgres counts nothing until it ends.
        ask(connection, "begin; insert into etl.a values (2); commit; begin; select 1")
        assert place.build() == NOTHING
        place.files["staging.yaml"] = "sources: {etl.a: hash}\n"
        assert place.build() == {"x"}
        del place.files["staging.yaml"]
        assert place.build() == {"x"}  # by another mode it is another state
        ask(connection, "commit; begin; insert into etl.a values (3); commit; begin; select 1")
        place.build()
    assert place.build() == {"x"}
    assert place.ask("select array_agg(a order by a) from staging.x") == [1, 2, 3]
    assert place.build() == NOTHING


def test_a_table_that_postgres_counts_anew_has_changed(database: Server, tmp_path: Path) -> None:
    place = make(database, tmp_path, "create table etl.a as select 1 as a")
    place.ask("insert into etl.a values (2)")
    assert place.build() == {"x"}
    place.ask("select pg_stat_reset_single_table_counters('etl.a'::regclass)")
    assert "etl.a may have changed" in str(place.plan().build["x"])
    assert place.build() == {"x"}
    assert place.build() == NOTHING


MADE = (
    "create table staging.x (a int primary key, b int);\n"
    "create index x_b on staging.x (b);\n"
    "create trigger x_t before insert on staging.x for each row execute function staging.t();\n"
)
BY_HAND: dict[str, tuple[str, set[str]]] = {
    "a trigger of the script dropped": ("drop trigger x_t on staging.x", {"x"}),
    "a trigger of the script altered": (
        "create or replace trigger x_t before delete on staging.x"
        " for each row execute function staging.t()",
        {"x"},
    ),
    "an index of the script altered": (
        "drop index staging.x_b; create index x_b on staging.x (b desc)",
        {"x"},
    ),
    "a key of the script dropped": ("alter table staging.x drop constraint x_pkey cascade", {"x"}),
    "a trigger of somebody's": (
        "create trigger own before insert on staging.x for each row execute function staging.t()",
        NOTHING,
    ),
    "a key of somebody's": ("alter table staging.x add constraint own unique (a, b)", NOTHING),
    "a foreign key of somebody's": (
        "create table public.mine (x int references staging.x (a))",
        NOTHING,
    ),
    "a view of somebody's": ("create view public.seen as select a from staging.x", NOTHING),
    "a grant": ("grant select on staging.x to public", NOTHING),
}


@pytest.mark.parametrize("case", BY_HAND)
def test_what_was_altered_by_hand_is_built_again_and_what_people_added_stays(
    database: Server, tmp_path: Path, case: str
) -> None:
    place = Place(database, tmp_path / "folder")
    place.files = tables(x=(MADE, "insert into staging.x select a, a from etl.a;"))
    place.ask("create schema etl; create table etl.a as select 1 as a")
    place.files["create_stored_procedures/t.sql"] = (
        "create or replace function staging.t() returns trigger language plpgsql"
        " as 'begin return new; end';"
    )
    assert place.build() == {"x", "stored_procedures/t"}
    statement, expected = BY_HAND[case]
    for part in statement.split("; "):
        place.ask(part)
    assert place.build() == expected
    # What was carried over is part of what the build has left, and no drift of the next one.
    place.ask("insert into etl.a values (2)")
    assert place.build() == {"x"}
    assert place.build() == NOTHING
