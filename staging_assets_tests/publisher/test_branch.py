"""The tables of a branch take the places of the live ones, together, and give them back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from psycopg2 import extensions

from staging_assets.errors import BuildError
from staging_assets.model import StagingProject
from staging_assets.postgres import (
    Server,
)
from staging_assets.publisher import read_releases, run_promote, run_rollback
from staging_assets_tests.support.builds import Rebuild, ask, build_all, load, statuses, tables
from staging_assets_tests.support.databases import fresh_database
from staging_assets_tests.support.one_of_each import (
    HUNG,
    find_left,
    load_mixed,
    load_turns,
    read_outside,
    read_tables,
)


def files(mark: str, **more: tuple[str, str | None] | str) -> dict[str, str]:
    """`hub` and `other` never differ; `child` does, which both reference and are referenced by."""
    made: dict[str, tuple[str, str | None] | str] = {
        "hub": (
            "create table staging.hub (id int primary key)",
            "insert into staging.hub select generate_series(1, 3)",
        ),
        "child": (
            "create table staging.child (id serial primary key, hub int references staging.hub,"
            " mark text); create index child_mark on staging.child (mark);"
            "comment on table staging.child is 'of the script'",
            f"insert into staging.child (hub, mark) select id, '{mark}' from staging.hub",
        ),
        "grandchild": (
            "create table staging.grandchild (child int references staging.child, mark text)",
            "insert into staging.grandchild select id, mark from staging.child",
        ),
        "other": ("create table staging.other (id int)", "insert into staging.other values (1)"),
        **more,
    }
    return tables(**made)


class Stage:
    """A live schema, and a branch in which `child` and what depends on it differ."""

    def __init__(self, server: Server, folder: Path, connection: extensions.connection) -> None:
        self.server, self.folder, self.connection = server, folder, connection
        self.old = load(folder / "old", files("old"))
        self.new = load(folder / "new", files("new"))

    def ask(self, query: str) -> Any:
        return ask(self.connection, query)

    def branch(self, project: StagingProject, schema: str = "staging_next") -> None:
        """Build what differs of it from the live schema."""
        build_all(self.server, project, schema=schema, changed_from="staging")

    def marks(self) -> list[str]:
        return [self.ask(f"select min(mark) from staging.{t}") for t in ("child", "grandchild")]

    def schemas(self) -> list[str]:
        return list(
            self.ask(
                "select array_agg(nspname::text order by nspname) from pg_namespace"
                " where nspname like 'staging%'"
            )
        )

    def state(self) -> Any:
        """All that is there of the live schema, by oid and file."""
        return [
            self.ask(query)
            for query in (
                "select oid, relname, relfilenode, relkind from pg_class where relnamespace ="
                " 'staging'::regnamespace order by relname",
                "select conname, conrelid::regclass::text, pg_get_constraintdef(oid),"
                " convalidated from pg_constraint where connamespace = 'staging'::regnamespace"
                " and contype <> 'n'"
                " order by 2, 1",
                "select node, content, made_of, as_left from staging__build.__builds order by node",
                "select proname, oid, prosrc from pg_proc where pronamespace ="
                " 'staging'::regnamespace order by 1",
            )
        ]


BUILT = ("child", "grandchild")


@pytest.fixture
def stage(database: Server, tmp_path: Path, witness: extensions.connection) -> Iterator[Stage]:
    stage = Stage(database, tmp_path, witness)
    build_all(database, stage.old)
    yield stage


def test_only_the_built_tables_change_places(stage: Stage) -> None:
    before = {row[1]: row[0] for row in stage.state()[0]}
    stage.branch(stage.new)
    release = run_promote(stage.server, stage.new, "staging")
    assert stage.marks() == ["new", "new"]
    after = {row[1]: row[0] for row in stage.state()[0]}
    assert {name for name in before if before[name] == after[name]} == {"hub", "hub_pkey", "other"}
    assert stage.schemas() == [
        "staging",
        "staging__build",
        "staging__previous",
        "staging__previous__build",
    ]
    assert release.nodes == BUILT
    assert release.after == {"child": 3, "grandchild": 3}
    assert stage.state()[1] == [
        ("child_hub_fkey", "staging.child", "FOREIGN KEY (hub) REFERENCES staging.hub(id)", True),
        ("child_pkey", "staging.child", "PRIMARY KEY (id)", True),
        (
            "grandchild_child_fkey",
            "staging.grandchild",
            "FOREIGN KEY (child) REFERENCES staging.child(id)",
            True,
        ),
        ("hub_pkey", "staging.hub", "PRIMARY KEY (id)", True),
    ]


def test_nothing_is_left_to_build_afterwards(stage: Stage) -> None:
    stage.ask("create schema etl; create table etl.source as select 1 as id")
    read = (
        "create table staging.read (id int)",
        "insert into staging.read select id from etl.source",
    )
    more = (read[0], f"{read[1]} where id > 0")
    stage.old = load(stage.folder / "old", files("old", read=read))
    stage.new = load(stage.folder / "new", files("new", read=more))
    build_all(stage.server, stage.old)
    stage.branch(stage.new)
    run_promote(stage.server, stage.new, "staging")
    results = build_all(stage.server, stage.new, rebuild=Rebuild.CHANGED)
    assert set(statuses(results).values()) == {"unchanged"}, results


def test_a_rollback_gives_exactly_the_state_before(stage: Stage) -> None:
    before = stage.state()
    stage.branch(stage.new)
    run_promote(stage.server, stage.new, "staging")
    between = stage.state()
    for state in (before, between, before):
        run_rollback(stage.server, stage.new, "staging")
        assert stage.state() == state
    assert [r.action for r in read_releases(stage.connection, "staging")] == [
        "rollback",
        "rollback",
        "rollback",
        "promote",
    ]


def test_it_leaves_what_the_promotion_of_a_full_candidate_leaves(
    database: Server, server: Server, witness: extensions.connection, tmp_path: Path
) -> None:
    projects, mixed = load_turns(tmp_path), load_mixed(tmp_path)
    build_all(database, projects[1])
    ask(witness, HUNG)
    before = read_tables(witness), read_outside(witness)
    build_all(database, mixed, schema="staging_next", changed_from="staging")
    run_promote(database, mixed, "staging")
    promoted = read_tables(witness), read_outside(witness)
    with (
        fresh_database(server) as other,
        closing(other.connect("witness", autocommit=True)) as seer,
    ):
        build_all(other, projects[1])
        ask(seer, HUNG)
        build_all(other, mixed, schema="staging_next")
        run_promote(other, mixed, "staging")
        assert (read_tables(seer), read_outside(seer)) == promoted
    assert find_left(witness) == []
    run_rollback(database, mixed, "staging")
    assert (read_tables(witness), read_outside(witness)) == before
    run_rollback(database, mixed, "staging")
    assert (read_tables(witness), read_outside(witness)) == promoted
    build_all(database, mixed)
    assert find_left(witness) == []


def refused(stage: Stage, schema: str = "staging_next") -> str:
    """What a promotion says, which changes nothing."""
    before, schemas = stage.state(), stage.schemas()
    with pytest.raises(BuildError) as error:
        run_promote(stage.server, stage.new, "staging", schema)
    assert (stage.state(), stage.schemas()) == (before, schemas)
    assert f"staging: {schema} cannot take its place. Nothing was changed." in str(error.value)
    return str(error.value)


def test_what_was_built_in_the_live_schema_since_is_named(stage: Stage) -> None:
    stage.branch(stage.new)
    build_all(stage.server, stage.old, ["hub"])
    told = refused(stage)
    assert (
        "\n  hub: it was built in staging since staging_next has read it for child\n"
        "Build the branch again, which builds only what that concerns: staging-assets build"
        " --schema staging_next --changed-from staging --rebuild changed"
    ) in told
    # What the branch has not read, and what it replaces anyway, is in nobody's way.
    stage.branch(stage.new)
    build_all(stage.server, stage.old, ["other", "child", "grandchild"])
    run_promote(stage.server, stage.new, "staging")
    assert stage.marks() == ["new", "new"]


def test_other_scripts_in_the_live_schema_and_what_is_not_finished_are_named(stage: Stage) -> None:
    stage.branch(stage.new)
    newer = load(stage.folder / "newer", files("newer"))
    build_all(stage.server, newer, ["child"])
    stage.ask(
        "update staging_next__build.__builds set failed = 'x' where node = 'child';"
        "delete from staging_next__build.__builds where node = 'grandchild';"
        "drop table staging_next.grandchild"
    )
    told = refused(stage)
    for line in (
        "child: its last build failed in staging_next",
        "grandchild: it is not built in staging_next",
        "grandchild: the table is gone from staging_next",
        "child: it was built in staging of other scripts since staging_next was planned",
    ):
        assert f"\n  {line}" in told, told
    assert "--changed-from staging" in told


def test_everything_in_the_way_is_named_at_once(stage: Stage) -> None:
    stage.branch(stage.new)
    stage.ask(
        "alter table staging_next.child drop column mark;"
        "create view public.seen as select mark from staging.child;"
        "create view public.ahead as select id from staging_next.other;"
        "insert into staging.child (id) values (77); create table public.outside (c int"
        " constraint outside_c references staging.child); insert into public.outside values (77);"
        "create table public.heir () inherits (staging.grandchild);"
        "alter table staging.hub disable trigger all; delete from staging.hub where id = 3"
    )
    told = refused(stage)
    for line in (
        "1 rows of public.outside (c) have no row in the new child: foreign key outside_c",
        "view public.seen: column",
        "view public.ahead: this hangs on staging_next",
        "table public.heir: this hangs on staging and cannot be turned to staging_next",
        "1 rows of staging_next.child (hub) have no row in staging.hub: foreign key child_hub_fkey",
    ):
        assert f"\n  {line}" in told, told


def test_old_tables_do_not_come_back_to_rows_that_were_built_since(stage: Stage) -> None:
    stage.branch(stage.new)
    run_promote(stage.server, stage.new, "staging")
    build_all(stage.server, stage.new)
    before = stage.state()
    with pytest.raises(BuildError, match="hub: it was built in staging since") as refused:
        run_rollback(stage.server, stage.new, "staging")
    assert "Go back to the scripts of that time, and build what they change" in str(refused.value)
    assert stage.state() == before


def test_a_branch_is_promoted_where_it_comes_from(stage: Stage) -> None:
    stage.branch(stage.new)
    with pytest.raises(BuildError, match="a branch of staging, and holds only what differs"):
        run_promote(stage.server, stage.new, "elsewhere", "staging_next")


def test_what_is_kept_is_in_no_nights_way(
    database: Server, witness: extensions.connection, tmp_path: Path
) -> None:
    hub = (
        "create table staging.hub (id int primary key, extra int)",
        "insert into staging.hub values (1)",
    )
    slim = (
        "create table staging.hub (id int primary key)",
        "insert into staging.hub values (1), (2)",
    )
    old = {
        "shown": "create view staging.shown as select id, extra from staging.hub",
        "leaf": (
            "create table staging.leaf (id int references staging.hub, n int)",
            "insert into staging.leaf values (1, 1)",
        ),
    }
    new = {
        "shown": "create view staging.shown as select 1 as id",
        "leaf": (old["leaf"][0], "insert into staging.leaf values (1, 2)"),
    }
    build_all(database, load(tmp_path / "1", tables(hub=hub, **old)))
    second = load(tmp_path / "2", tables(hub=hub, **new))
    build_all(database, second, schema="staging_next", changed_from="staging")
    reader = database.connect("report")
    reader.cursor().execute("select * from staging.hub")
    assert run_promote(database, second, "staging").nodes == ("leaf", "shown")
    # Somebody reads the hub, so that the old key to it could not be taken off at once.
    keys = "select count(*) from pg_constraint where conrelid = 'staging__previous.leaf'::regclass"
    assert ask(witness, f"{keys} and contype = 'f'") == 1
    assert ask(witness, "select count(*) from staging__previous.shown") == 1
    reader.close()
    build_all(database, load(tmp_path / "3", tables(hub=slim, **new)))
    build_all(database, load(tmp_path / "3", tables(hub=slim, **new)))
    assert ask(witness, "select count(*) from staging.hub") == 2
    assert ask(witness, f"{keys} and contype = 'f'") == 0
    assert ask(witness, "select extra from staging__previous.shown") is None
    # The next promotion has room for what it keeps, whatever hangs there.
    third = load(tmp_path / "4", tables(hub=slim, **(new | {"leaf": old["leaf"]})))
    build_all(database, third, schema="staging_next", changed_from="staging")
    run_promote(database, third, "staging")
    assert ask(witness, "select n from staging__previous.leaf") == 2
    assert ask(witness, "select to_regclass('staging__previous.shown') is null")
