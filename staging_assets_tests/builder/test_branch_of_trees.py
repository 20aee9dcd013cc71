"""Of every tree: a branch in which a table differs holds what a full candidate would.

The first table, one in the middle and the last one differ in turn, so that tables come and go back.
"""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.model import Relation, StagingProject
from staging_assets.parser import quote
from staging_assets.postgres import Server
from staging_assets.project.load import load_project
from staging_assets_tests.builder.test_branch import find_hanging
from staging_assets_tests.end_to_end.test_same_as_psql import DATA, seed
from staging_assets_tests.support.builds import ask, build_all
from staging_assets_tests.support.databases import fresh_database

TREES = sorted((DATA / "trees").iterdir())


def read_rows(connection: Connection, schema: str, table: str) -> Any:
    found = ask(connection, f"select t::text from {quote(Relation(schema, table))} as t order by 1")
    return re.sub(rf"\b{schema}\b", "staging", str(found))


def differ(project: StagingProject, table: str) -> StagingProject:
    """The folder as if the table's CREATE script had been changed."""
    content = project.contents[table]
    other = replace(content, parts={**content.parts, "create": "another"})
    return replace(project, contents={**project.contents, table: other})


@pytest.mark.parametrize("tree", TREES, ids=lambda tree: tree.name)
def test_a_branch_holds_what_a_full_candidate_would(tree: Path, server: Server) -> None:
    project = load_project(tree, "demo")
    with fresh_database(server) as database, closing(database.connect("look")) as witness:
        witness.autocommit = True
        seed(database, tree)
        build_all(database, project)
        build_all(database, project, schema="whole")
        live = {table: read_rows(witness, "staging", table) for table in project.tables}
        tables = [node for node in project.nodes if node in project.tables]
        for table in dict.fromkeys((tables[0], tables[len(tables) // 2], tables[-1])):
            build_all(database, differ(project, table), schema="next", changed_from="staging")
            assert find_hanging(witness, "next", "staging") == []
            for each in project.tables:
                assert read_rows(witness, "next", each) == read_rows(witness, "whole", each), (
                    table,
                    each,
                )
        assert live == {table: read_rows(witness, "staging", table) for table in project.tables}
        build_all(database, project)
