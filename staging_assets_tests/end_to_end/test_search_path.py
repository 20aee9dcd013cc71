"""Trees that name no schema: built into any schema, beside a live one, checked."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from staging_assets.checks import find_checks
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
