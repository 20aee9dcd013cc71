"""Trees that name no schema: built into any schema, beside a live one, checked."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from staging_assets.checks import find_checks, run_checks
from staging_assets.model import Procedures
from staging_assets.parser import quote_identifier
from staging_assets.postgres.client.server import Server
from staging_assets.project.load import load_project
from staging_assets_tests.end_to_end.test_same_as_psql import seed
from staging_assets_tests.support.builds import Log, ask, build_all, leftovers, load, tables
from staging_assets_tests.support.dumps import dump

TREES = Path(__file__).parents[1] / "data" / "trees"


@pytest.mark.parametrize("tree", ["unqualified", "set_path"])
def test_the_tree_is_the_same_in_another_schema(tree: str, database: Server) -> None:
    project = load_project(TREES / tree, "demo")
    seed(database, TREES / tree)
    build_all(database, project)
    with closing(database.connect("rename", autocommit=True)) as connection:
        expected = dump(database)
        ask(connection, "drop schema staging cascade; drop schema staging__build cascade")
        build_all(database, project, schema="north")
        assert ask(connection, "select to_regnamespace('staging') is null")
        assert leftovers(connection, "north") == []
        ask(connection, "alter schema north rename to staging")
    assert dump(database).replace("north", "staging") == expected


@pytest.mark.parametrize("tree", ["unqualified", "set_path"])
def test_its_checks_hold(tree: str, database: Server) -> None:
    project = load_project(TREES / tree, "demo")
    seed(database, TREES / tree)
    results = build_all(database, project, checks=find_checks(project))
    failed = [c for r in results.values() for c in r.checks if not c.passed]
    assert not failed


def test_nothing_that_is_live_is_touched_before_it_is_published(
    database: Server, tmp_path: Path
) -> None:
    files = {
        **tables(
            x=(
                "drop table if exists x cascade;\ncreate table x (a int);",
                "truncate x; insert into x values (1);",
            )
        ),
        "staging.yaml": "search_path: [staging]",
    }
    build_all(database, load(tmp_path, files))
    bad = {"populate_tables/demo/POPULATE-staging-x.sql": "truncate x; insert into x select 1/0;"}
    project = load(tmp_path, {**files, **bad})
    with pytest.raises(AssertionError, match="division by zero"):
        build_all(database, project, log=Log())
    with closing(database.connect("look", autocommit=True)) as connection:
        assert ask(connection, "select a from staging.x") == 1


BARE = {
    **tables(
        officers=(
            "create table officers (badge int primary key, name text);",
            "insert into officers values (1, 'a'), (2, 'b');",
        ),
        arrests=(
            "create table arrests (id serial primary key, badge int, year int);",
            "insert into arrests (badge) select 1 + g % 3 from generate_series(1, 5) g;",
        ),
    ),
    "create_stored_procedures/known.sql": "create function known(b int) returns boolean"
    " language sql as 'select exists (select from officers where badge = b)';",
}
CHECKS = """
search_path: [staging, etl]
checks:
  arrests_cleanup:
    - column_value: badge in (select badge from officers)
    - column_value: known(badge)
    - sql: select * from arrests a left join officers o using (badge) where o is null
      name: all_known
    - sql: select * from arrests where id > (select count(*) from arrests) + 99
      name: counted
"""
CLEANUPS = {
    "its own table": """
        update arrests set year = 2024
        delete from arrests where not known(badge)
        insert into arrests (badge, year) select badge, id from arrests
        """,
    "the catalog": """
        update arrests set year = (select relnatts from pg_class where oid = 'arrests'::regclass)
        select setval('arrests_id_seq', 40)
        insert into arrests (badge) values (2)
        delete from arrests where not known(badge)
        """,
    "made while it runs": """
        do $$ begin execute 'update ' || 'arrests set year = 7'; end $$
        delete from arrests where badge not in (select badge from officers)
        """,
    "another table": """
        update officers set name = name || '!'
        update arrests set year = length(name) from officers where officers.badge = arrests.badge
        delete from arrests where not known(badge)
        """,
}


@pytest.mark.parametrize("schema", ["staging", "North"])
@pytest.mark.parametrize("kind", CLEANUPS)
def test_cleanups_and_checks_find_names_as_scripts_do(
    kind: str, schema: str, database: Server, tmp_path: Path
) -> None:
    statements = [line.strip() for line in CLEANUPS[kind].strip().splitlines()]
    calls = "".join(f"    pgw.execute({text!r})\n" for text in statements)
    files = {
        **BARE,
        "populate_tables/demo/staging-arrests-cleanup.py": f"def main(pgw):\n{calls}",
        "staging.yaml": CHECKS,
    }
    project = load(tmp_path, files)
    for _ in range(2):  # the second time there are live tables, which are not meant
        results = build_all(database, project, checks=find_checks(project), schema=schema)
        assert [c.summary for r in results.values() for c in r.checks if not c.passed] == []
    late = [r for r in run_checks(database, project, schema) if not r.passed]
    assert [f"{r.name}: {r.summary}" for r in late] == []
    scripts = [*project.procedures.values(), project.tables["officers"], project.tables["arrests"]]
    with closing(database.connect("psql", autocommit=True)) as connection:
        ask(connection, "create schema expected; set search_path to expected, etl")
        for each in scripts:
            made = [each.script] if isinstance(each, Procedures) else [each.create, each.populate]
            for script in filter(None, made):
                ask(connection, "set check_function_bodies to off")
                ask(connection, script.text)
        for text in statements:
            ask(connection, text)
        for table in ("arrests", "officers"):
            query = "select * from {}.{} order by 1"
            expected = ask(connection, query.format("expected", table))
            assert ask(connection, query.format(quote_identifier(schema), table)) == expected
