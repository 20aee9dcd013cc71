"""Scripts say `staging`; built under another name, data stays data and names are sent along."""

from __future__ import annotations

import os
import re
import subprocess
from contextlib import closing

import pytest

from staging_assets.checks import Check
from staging_assets.checks.schema.drift import evaluate_drift
from staging_assets.postgres.client.server import Server
from staging_assets.postgres.psql import find_variables
from staging_assets.project.load import load_project
from staging_assets_tests.end_to_end.test_same_as_psql import DATA, run_by_psql, seed
from staging_assets_tests.support.builds import build_all
from staging_assets_tests.support.databases import fresh_database
from staging_assets_tests.support.dumps import check_same
from staging_assets_tests.support.servers import find_embedded

TREES = ("aliases", "search_path", "sources", "texts")
ROWS = re.compile(r"(?ms)^(COPY [^\n]*;)\n(.*?)^\\\.$")


def find_parts(text: str, schema: str) -> tuple[str, dict[str, list[str]]]:
    """What a dump defines, and the rows of each table, with `staging` for the schema's name."""
    rows = {
        head.replace(f"COPY {schema}.", "COPY staging."): sorted(
            data.replace(f"\t{schema}.", "\tstaging.").splitlines()  # values of type regclass
        )
        for head, data in ROWS.findall(text)
    }
    return ROWS.sub("", text).replace(schema, "staging"), rows


def dump_of(server: Server, schema: str) -> str:
    done = subprocess.run(
        [find_embedded("pg_dump"), f"--schema={schema}"],
        env={"PATH": os.environ["PATH"], **find_variables(server)},
        capture_output=True,
        text=True,
        check=True,
    )
    return re.sub(r"(?m)^\\(un)?restrict .*\n", "", done.stdout)


@pytest.mark.parametrize("tree", TREES)
def test_a_tree_under_another_name_is_as_psql_makes_it(tree: str, server: Server) -> None:
    folder = DATA / "trees" / tree
    project = load_project(folder, "demo")
    with fresh_database(server) as ours, fresh_database(server) as theirs:
        for each in (ours, theirs):
            seed(each, folder)
        run_by_psql(theirs, project)
        expected, expected_rows = find_parts(dump_of(theirs, "staging"), "staging")
        for _ in range(2):
            build_all(ours, project, schema="build2")
            text = dump_of(ours, "build2")
            assert "build2.data" not in text
            found, rows = find_parts(text, "build2")
            check_same(found, expected)
            assert rows == expected_rows


@pytest.mark.parametrize("tree", TREES)
def test_a_tree_is_as_its_scripts_say_after_a_build(tree: str, server: Server) -> None:
    folder = DATA / "trees" / tree
    project = load_project(folder, "demo")
    check = Check("schema_matches_scripts", "schema_matches_scripts", "schema")
    with fresh_database(server) as ours:
        seed(ours, folder)
        for schema in ("staging", "build2"):
            build_all(ours, project, schema=schema)
            with closing(ours.connect("drift")) as connection:
                result = evaluate_drift(connection, check, project, schema)
            assert result.passed, result.summary
