"""What a build leaves is what psql leaves when it runs the same scripts in order."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from staging_assets.builder.cleanups.run import run_cleanup
from staging_assets.builder.shadow.lookup_rows import run_load_lookup
from staging_assets.checks import KINDS, find_checks, run_checks
from staging_assets.errors import ProjectError
from staging_assets.model import Kind, Relation, StagingProject
from staging_assets.postgres.client.server import Server
from staging_assets.postgres.psql import find_psql, find_variables
from staging_assets.project.load import load_project
from staging_assets.sources.load_csv import run_csv_load
from staging_assets.sources.seed import seed_demo
from staging_assets_tests.support.builds import ask, build_all
from staging_assets_tests.support.databases import fresh_database
from staging_assets_tests.support.dumps import check_same, dump

DATA = Path(__file__).parents[1] / "data"
ROOT = Path(__file__).parents[2]
CHICAGO = ROOT.parent / "shared" / "data" / "chicago"
TREES = sorted((DATA / "trees").iterdir())
SOURCES = {
    "luigi": "create table etl.people as select unnest(array['N', 'B', 'o', null]) as race",
    "views": "create table etl.a (id int)",
}
"""What the loader's cases read; the others read nothing, or cannot be run at all."""


def find_cases() -> list[Path]:
    """The folders of the loader's tests that have no problems."""
    cases = []
    for folder in sorted((DATA / "projects").iterdir()):
        try:
            load_project(folder, "demo")
        except ProjectError:
            continue
        cases.append(folder)
    return cases


def run_psql(
    server: Server, script: Path, folder: Path | None = None, path: tuple[str, ...] = ()
) -> None:
    """Run a script as people do, from the folder of scripts; stop at its first error.

    Args:
        path: the `search_path` that the database has, if it is not the usual one.
    """
    options = {"PGOPTIONS": f"-c search_path={','.join(path)}"} if path else {}
    done = subprocess.run(
        [find_psql(), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", script],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **find_variables(server), **options},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise AssertionError(f"{script.name}: {done.stderr}")


def run_by_psql(server: Server, project: StagingProject) -> None:
    """Run every script of the folder in dependency order; rows of lookups as the YAML has them.

    A cleanup that needs no published table comes right after its table.
    """
    done: set[Path] = set()
    with closing(server.connect("psql", autocommit=True)) as connection:
        for node in project.nodes:
            kind = project.kind(node)
            if kind is Kind.SCHEMA:
                ask(connection, "create schema staging")
            elif kind is Kind.PROCEDURES:
                script = project.procedures[node.split("/", 1)[1]].script
                run_psql(server, script.path, project.sql_dir, project.schemas.path)
            elif kind in (Kind.TABLE, Kind.LOOKUP):
                table = project.tables[node]
                if table.create.path not in done:  # it may make several tables
                    done.add(table.create.path)
                    run_psql(server, table.create.path, project.sql_dir, project.schemas.path)
                if table.lookup:
                    with connection.cursor() as cursor:
                        run_load_lookup(cursor, Relation("staging", table.name), table.lookup)
                if table.populate:
                    run_psql(server, table.populate.path, project.sql_dir, project.schemas.path)
            cleanup = project.cleanups.get(project.node(node).name)
            if cleanup is not None and (kind is Kind.CLEANUP) == (cleanup.after is not None):
                with closing(server.connect("cleanup")) as cleaner:
                    run_cleanup(
                        cleaner, cleanup.script, "staging", server=server, schemas=project.schemas
                    )
                    cleaner.commit()


def seed(server: Server, folder: Path) -> None:
    if (folder / "etl.sql").exists():
        run_psql(server, folder / "etl.sql")


@pytest.fixture(params=["server", "server15"])
def either(request: pytest.FixtureRequest) -> Server:
    server = request.getfixturevalue(request.param)
    assert isinstance(server, Server)
    return server


@pytest.mark.parametrize("folder", TREES, ids=lambda folder: folder.name)
def test_tree_is_as_psql_makes_it(folder: Path, either: Server) -> None:
    project = load_project(folder, "demo")
    with fresh_database(either) as ours, fresh_database(either) as theirs:
        for server in (ours, theirs):
            seed(server, folder)
        run_by_psql(theirs, project)
        build_all(ours, project)
        expected = dump(theirs)
        assert len(expected) > 500
        check_same(dump(ours), expected)
        works = find_checks(project)["schema"]
        named = [f"schema:{each.name}" for each in works if each.name == "functions_work"]
        assert [
            r.summary for r in run_checks(ours, project, "staging", named) if named and not r.passed
        ] == []
        # And once more, over what is there.
        build_all(ours, project)
        check_same(dump(ours), expected)


@pytest.mark.parametrize("folder", find_cases(), ids=lambda folder: folder.name)
def test_case_of_the_loader_is_as_psql_makes_it(folder: Path, server: Server) -> None:
    project = load_project(folder, "demo")
    with fresh_database(server) as ours, fresh_database(server) as theirs:
        for each in (ours, theirs):
            with closing(each.connect("seed", autocommit=True)) as connection:
                ask(connection, f"create schema etl; {SOURCES.get(folder.name, '')}")
        try:
            run_by_psql(theirs, project)
        except AssertionError as refused:
            assert folder.name not in SOURCES, refused
            pytest.skip(f"psql cannot run it: {str(refused).strip()[-150:]}")
        build_all(ours, project)
        check_same(dump(ours), dump(theirs))


def fingerprint(server: Server) -> str:
    """The schema as pg_dump has it, and a hash over the rows of every table."""
    lines = [dump(server, "--schema-only")]
    with closing(server.connect("fingerprint", autocommit=True)) as connection:
        # A column that the clock fills differs with every run.
        tables = ask(
            connection,
            "select quote_ident(c.relname), string_agg(quote_ident(a.attname), ', '"
            " order by a.attnum) from pg_class c join pg_attribute a on a.attrelid = c.oid"
            " left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum"
            " where c.relkind in ('r', 'p') and c.relnamespace = 'staging'::regnamespace"
            " and a.attnum > 0 and not a.attisdropped"
            " and coalesce(pg_get_expr(d.adbin, c.oid), '') <> 'CURRENT_TIMESTAMP'"
            " group by c.relname order by 1",
        )
        for name, columns in tables:
            rows = f"select row({columns})::text as r from staging.{name}"
            query = f"select count(*), sum(hashtextextended(r, 0)) from ({rows}) t"
            lines.append(f"{name}: {ask(connection, query)}")
        positions = "select sequencename, last_value from pg_sequences order by 1"
        lines.append(str(ask(connection, positions)))
    return "\n".join(lines)


def check_department(
    server: Server, department: str, load: Callable[[Server], object], rounds: int
) -> None:
    project = load_project(ROOT / "sql", department, KINDS)
    with fresh_database(server) as one:
        load(one)
        run_by_psql(one, project)
        expected = fingerprint(one)
        with closing(one.connect("clear", autocommit=True)) as connection:
            ask(connection, "drop schema staging cascade")
        for _ in range(rounds):
            build_all(one, project)
            check_same(fingerprint(one), expected)


@pytest.mark.timeout(900)
def test_demo_department_is_as_psql_makes_it(server: Server) -> None:
    check_department(server, "demo", lambda each: seed_demo(each, ROOT / "sql", "demo", 0.002), 2)


@pytest.mark.timeout(900)
@pytest.mark.skipif(not CHICAGO.exists(), reason=f"no data of Chicago in {CHICAGO}")
@pytest.mark.skipif(
    "STAGING_TEST_SLOW" not in os.environ, reason="takes minutes: set STAGING_TEST_SLOW=1"
)
def test_chicago_is_as_psql_makes_it(server: Server) -> None:
    def load(each: Server) -> None:
        for path in sorted(CHICAGO.glob("*.csv.gz")):
            run_csv_load(each, path, Relation("etl", path.name.removesuffix(".csv.gz")))

    check_department(server, "chicago", load, 1)
