"""Types of one table's script that another table uses: every run goes as the first did."""

from __future__ import annotations

from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.postgres import Server
from staging_assets_tests.support.builds import ask, build, build_all, load, tables

TYPES = (
    """create type staging.mood as enum ('sad', 'ok');
    create type staging.pair as (a int, b text);
    create domain staging.good as staging.mood default 'ok' check (value <> 'sad');
    create type staging.span as range (subtype = int4);
    create table staging.types (id int);""",
    "insert into staging.types select 1",
)
COLUMNS = {
    "enum": "m staging.mood default 'ok'",
    "enum array": "m staging.mood[] default '{ok}'",
    "composite": "m staging.pair default row(1, 'x')",
    "composite array": "m staging.pair[] default array[row(1, 'x')::staging.pair]",
    "domain": "m staging.good default 'ok'",
    "domain array": "m staging.good[] default '{ok}'",
    "range": "m staging.span default '[1,2)'",
    "range of another": "m staging.span[] default array[staging.span(1, 2)]",
    "text": "m text default ('ok'::staging.mood)::text, k staging.mood",
    "row type": "m staging.types default row(1)",
    "check": "m staging.mood default 'ok' check (m <> 'sad')",
    "generated": "m staging.mood default 'ok', g boolean generated always as (m = 'ok') stored",
    "two": "m staging.mood default 'ok', n staging.pair default row(1, 'x'), o text default 'x'",
}
MORE = {
    "index": "create index on staging.uses (m) where m = 'ok'",
    "policy": "create policy p on staging.uses using (m = 'ok');"
    " alter table staging.uses enable row level security",
    "trigger": "create trigger t before update on staging.uses for each row when (new.m = 'ok')"
    " execute function suppress_redundant_updates_trigger()",
    "rule": "create rule r as on insert to staging.uses where new.m = 'sad' do also nothing",
    "domain of another script": "create domain staging.own as staging.mood check (value <> 'sad');"
    " create type staging.both as (m staging.mood, o staging.own);"
    " alter table staging.uses add o staging.own default 'ok', add b staging.both",
}
BY_HAND = {
    "policy": MORE["policy"],
    "trigger": MORE["trigger"],
    "rule": MORE["rule"],
    "view": "create view staging.v as select * from staging.uses where m = 'ok'",
    "view of both": "create view staging.v as select u.m, t.id, 'staging__old.mood' as said"
    " from staging.uses u join staging.types t on u.m = 'ok'; grant select on staging.v to public",
    "view on a view": "create view staging.w as select * from staging.uses where m = 'ok';"
    " create view staging.v as select m, 'ok'::staging.mood as n from staging.w",
    "view with a constant": "create view staging.v as select 'ok'::staging.mood as m from"
    " staging.uses",
    "materialized view": "create materialized view staging.v as select * from staging.uses"
    " where m = 'ok'; create unique index on staging.v (m)",
    "function": "create function staging.f(staging.mood) returns int language sql as 'select 1'",
    "default": "alter table staging.uses alter column m set default 'sad'",
}
STATE = """
select array(
    select a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' '
        || coalesce(pg_get_expr(d.adbin, d.adrelid), '')
    from pg_attribute a
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = 'staging.uses'::regclass and a.attnum > 0
)
"""


def make_uses(columns: str, more: str = "") -> dict[str, str]:
    create = f"create table staging.uses (id serial, {columns}); {more};"
    return tables(types=TYPES, uses=(create, "insert into staging.uses default values"))


def check_clean(witness: Connection) -> None:
    """Nothing old is left, and nothing hangs on it."""
    left = "select array(select nspname::text from pg_namespace where nspname ~ '^staging__o')"
    assert ask(witness, left) == []


@pytest.mark.parametrize("columns", COLUMNS)
def test_a_default_of_a_type_from_another_script(
    database: Server, witness: Connection, tmp_path: Path, columns: str
) -> None:
    project = load(tmp_path, make_uses(COLUMNS[columns]))
    build_all(database, project)
    first, rows = ask(witness, STATE), ask(witness, "select u::text from staging.uses u")
    for _ in range(2):
        build_all(database, project)
        assert ask(witness, STATE) == first
        assert ask(witness, "select u::text from staging.uses u") == rows
        check_clean(witness)


@pytest.mark.parametrize("more", MORE)
def test_what_the_script_makes_with_such_a_type(
    database: Server, witness: Connection, tmp_path: Path, more: str
) -> None:
    project = load(tmp_path, make_uses("m staging.mood default 'ok'", MORE[more]))
    for _ in range(3):
        build_all(database, project)
        assert ask(witness, "select m::text from staging.uses") == "ok"
        check_clean(witness)


@pytest.mark.parametrize("by_hand", BY_HAND)
def test_what_was_made_by_hand_with_such_a_type_comes_along(
    database: Server, witness: Connection, tmp_path: Path, by_hand: str
) -> None:
    project = load(tmp_path, make_uses("m staging.mood default 'ok'"))
    build_all(database, project)
    ask(witness, BY_HAND[by_hand])
    for _ in range(2):
        build_all(database, project)
        ask(witness, "insert into staging.uses default values")
        check_clean(witness)
        if "view" in by_hand:
            assert ask(witness, "select distinct m::text from staging.v") == "ok"
        if by_hand == "view of both":
            assert ask(witness, "select distinct said from staging.v") == "staging__old.mood"
            assert ask(witness, "select has_table_privilege('public', 'staging.v', 'select')")


def test_a_table_that_the_run_does_not_build_keeps_the_old_type(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    project = load(tmp_path, make_uses("m staging.mood default 'ok'"))
    build_all(database, project)
    failed = build(database, project, ["types"])["types"]
    assert failed.status == "failed"
    assert "table staging.uses" in (failed.message or "")
    ask(witness, "insert into staging.uses default values")
    assert ask(witness, "select count(*) from staging.uses where m = 'ok'") == 2
