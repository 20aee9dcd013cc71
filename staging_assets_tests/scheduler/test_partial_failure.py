"""One table fails alone: the old one stays, what depends on it waits, the rest is built."""

from __future__ import annotations

from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.checks import Check
from staging_assets.postgres.client.server import Server
from staging_assets_tests.support.builds import (
    Log,
    Rebuild,
    ask,
    build,
    build_all,
    leftovers,
    load,
    statuses,
    tables,
)

HUB = (
    "create table staging.hub (id int primary key, name text not null);",
    "insert into staging.hub select g, 'old' from generate_series(1, 10) as g;",
)
CHILD = (
    "create table staging.child (id int primary key, hub_id int references staging.hub);",
    "insert into staging.child select id, id from staging.hub;",
)
GRANDCHILD = (
    "create table staging.grandchild (id int);",
    "insert into staging.grandchild select id from staging.child;",
)
OTHER = ("create table staging.other (id int);", "insert into staging.other values (1);")
FILES = tables(hub=HUB, child=CHILD, grandchild=GRANDCHILD, other=OTHER)

# How a rebuild of `hub` can go wrong, by the stage in which it does.
BROKEN = {
    "create, syntax": ("create table staging.hub (id int primary key,, name text);", HUB[1]),
    "create, type": ("create table staging.hub (id nothing primary key, name text);", HUB[1]),
    "create, no privilege": (HUB[0] + "alter table staging.hub owner to nobody_such;", HUB[1]),
    "populate, syntax": (HUB[0], "insert into staging.hub selec 1;"),
    "populate, second statement": (HUB[0], HUB[1] + "\nselect 1/0;"),
    "populate, data": (HUB[0], "insert into staging.hub select 'x' || id, 'y' from staging.hub;"),
    "not null": (HUB[0], "insert into staging.hub values (1, null);"),
    "primary key": (HUB[0], "insert into staging.hub values (1, 'new'), (1, 'new');"),
    "check constraint": (
        "create table staging.hub (id int primary key, name text check (name <> 'new'));",
        "insert into staging.hub values (1, 'new');",
    ),
    "own foreign key": (
        "create table staging.hub (id int primary key, name text, up int references staging.hub);",
        "insert into staging.hub values (1, 'new', 99);",
    ),
    "index": (
        HUB[0] + "create index on staging.hub ((1 / (id - 1)));",
        "insert into staging.hub values (1, 'new');",
    ),
    "inbound foreign key": (HUB[0], "insert into staging.hub values (1, 'new');"),
}


@pytest.mark.parametrize("stage", BROKEN)
def test_a_failure_at_any_stage_leaves_the_old_table_exactly_as_it_was(
    database: Server, witness: Connection, tmp_path: Path, stage: str
) -> None:
    build_all(database, load(tmp_path / "good", FILES))
    ask(witness, "grant select on staging.hub to public; comment on table staging.hub is 'mine'")
    state = (
        "select c.oid, c.relfilenode, c.relacl::text, obj_description(c.oid),"
        " array(select k.oid from pg_constraint k where k.conrelid = c.oid or k.confrelid = c.oid"
        " order by 1), (select string_agg(h::text, ',') from staging.hub as h)"
        " from pg_class as c where c.oid = 'staging.hub'::regclass"
    )
    before = ask(witness, state)
    broken = load(tmp_path / "broken", {**FILES, **tables(hub=BROKEN[stage])})
    # Without child in the run, its rows still reference what the new hub lacks.
    nodes = ["hub", "other"] if stage == "inbound foreign key" else None
    results = build(database, broken, nodes)
    assert results["hub"].status == "failed", stage
    assert results["hub"].message
    assert results["other"].status == "built"
    assert ask(witness, state) == before
    assert leftovers(witness) == []


def test_what_depends_on_a_failure_is_skipped_and_the_rest_is_built(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    broken = {**FILES, **tables(hub=(HUB[0], "select 1/0;"))}
    results = build(database, load(tmp_path, broken))
    assert statuses(results) == {
        "hub": "failed",
        "child": "skipped",
        "grandchild": "skipped",
        "other": "built",
    }
    for node in ("child", "grandchild"):
        assert results[node].message == "it depends on hub, which was not built"
    assert results["hub"].sqlstate == "22012"
    assert ask(witness, "select to_regclass('staging.child')") is None


def test_after_a_repair_the_next_run_does_the_rest(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    broken = {**FILES, **tables(hub=(HUB[0], "select 1/0;"))}
    build(database, load(tmp_path, broken))
    results = build_all(database, load(tmp_path, FILES), rebuild=Rebuild.MISSING)
    assert statuses(results) == {
        "hub": "built",
        "child": "built",
        "grandchild": "built",
        "other": "unchanged",
    }
    assert ask(witness, "select count(*) from staging.grandchild") == 10


def test_a_failed_check_holds_its_descendants_back(database: Server, tmp_path: Path) -> None:
    empty = {**FILES, **tables(hub=(HUB[0], "insert into staging.hub select 1, '' where false;"))}
    check = Check("table_not_empty", "table_not_empty", "hub")
    results = build(database, load(tmp_path, empty), checks={"hub": [check]})
    assert statuses(results) == {
        "hub": "failed",
        "child": "skipped",
        "grandchild": "skipped",
        "other": "built",
    }


def test_several_failures_are_all_reported(database: Server, tmp_path: Path) -> None:
    broken = {
        **FILES,
        **tables(
            child=(CHILD[0], "select nope from staging.hub;"),
            other=(OTHER[0], "select 1/0;"),
        ),
    }
    assert statuses(build(database, load(tmp_path, broken))) == {
        "hub": "built",
        "child": "failed",
        "grandchild": "skipped",
        "other": "failed",
    }


def test_a_failed_procedure_holds_back_what_calls_it(database: Server, tmp_path: Path) -> None:
    files = {
        **tables(
            a=("create table staging.a (b int);", "insert into staging.a select staging.one();"),
            other=OTHER,
        ),
        "create_stored_procedures/one.sql": "create function staging.one() returns int as 'x'",
    }
    assert statuses(build(database, load(tmp_path, files))) == {
        "stored_procedures/one": "failed",
        "a": "skipped",
        "other": "built",
    }


@pytest.mark.parametrize("rows", [10, 3])
def test_a_key_left_for_a_table_that_then_failed_is_validated_in_the_end(
    database: Server, witness: Connection, tmp_path: Path, rows: int
) -> None:
    build_all(database, load(tmp_path / "good", FILES))
    files = {
        **FILES,
        **tables(
            hub=(HUB[0], f"insert into staging.hub select g, '' from generate_series(1, {rows}) g"),
            child=(CHILD[0], "select 1/0;"),
        ),
    }
    log = Log()
    results = build(database, load(tmp_path / "bad", files), log=log)
    assert results["hub"].status == "built"
    assert results["child"].status == "failed"
    assert ask(witness, "select count(*) from staging.child") == 10
    validated = ask(
        witness,
        "select convalidated from pg_constraint where conrelid = 'staging.child'::regclass"
        " and confrelid = 'staging.hub'::regclass",
    )
    if rows == 10:
        assert validated is True
        assert log.lines == []
    else:
        assert validated is False
        assert [level for level, _ in log.lines] == ["error"]
        assert "staging.child" in log.text
