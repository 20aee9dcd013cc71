"""Scripts on trial: what psql takes is taken, what it refuses is told, and nothing stays."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.checks import (
    FUNCTIONS_WORK,
    KINDS,
    ScriptFaults,
    find_checks,
    find_script_faults,
    run_given_checks,
)
from staging_assets.model import StagingProject
from staging_assets.postgres.client.server import Server
from staging_assets.project.load import load_project
from staging_assets_tests.end_to_end.test_same_as_psql import (
    SOURCES,
    TREES,
    find_cases,
    run_by_psql,
    run_psql,
    seed,
)
from staging_assets_tests.end_to_end.test_several_tables import DATA, RICH, write_dump
from staging_assets_tests.support.builds import ask, build_all, load, tables
from staging_assets_tests.support.databases import fresh_database


def find(server: Server, project: StagingProject, schema: str = "staging") -> ScriptFaults:
    with closing(server.connect_own("validate")) as connection:
        return find_script_faults(connection, project, schema)


def read_everything(server: Server) -> object:
    """All that is in the catalogs, by number and version."""
    catalogs = ("class", "proc", "type", "namespace", "constraint", "trigger", "extension")
    with closing(server.connect("look", autocommit=True)) as connection:
        return [
            ask(connection, f"select array_agg(xmin::text || oid order by oid) from pg_{name}")
            for name in catalogs
        ]


@pytest.fixture(params=["server", "server15"])
def either(request: pytest.FixtureRequest) -> Server:
    server = request.getfixturevalue(request.param)
    assert isinstance(server, Server)
    return server


@pytest.mark.parametrize("at_once", [150, 2])
@pytest.mark.parametrize("folder", TREES, ids=lambda folder: folder.name)
def test_nothing_is_said_of_what_psql_takes(
    folder: Path, at_once: int, either: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("staging_assets.checks.scripts.find.TABLES_AT_ONCE", at_once)
    project = load_project(folder, "demo", KINDS)
    with fresh_database(either) as database:
        seed(database, folder)
        before = read_everything(database)
        for schema in ("staging", "Odd one"):
            assert find(database, project, schema) == ScriptFaults()
        assert read_everything(database) == before


@pytest.mark.parametrize("folder", find_cases(), ids=lambda folder: folder.name)
def test_cases_of_the_loader_are_judged_as_by_psql(folder: Path, server: Server) -> None:
    project = load_project(folder, "demo", KINDS)
    with fresh_database(server) as ours, fresh_database(server) as theirs:
        for each in (ours, theirs):
            with closing(each.connect("seed", autocommit=True)) as connection:
                ask(connection, f"create schema etl; {SOURCES.get(folder.name, '')}")
        try:
            run_by_psql(theirs, project)
        except AssertionError as refused:
            pytest.skip(f"psql cannot run it: {str(refused).strip()[-150:]}")
        assert find(ours, project).problems == ()


@pytest.mark.parametrize("rich", RICH, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_nothing_is_said_of_a_dump(rich: Path, database: Server, tmp_path: Path) -> None:
    folder = tmp_path / "sql"
    run_psql(database, rich)
    write_dump(database, folder / "create_tables" / "rich.sql")
    with closing(database.connect("drop", autocommit=True)) as connection:
        ask(connection, "drop schema staging cascade")
    project = load_project(folder, "demo", KINDS)
    assert find(database, project, "north") == ScriptFaults()
    checks = {"schema": [c for c in find_checks(project)["schema"] if c.kind == FUNCTIONS_WORK]}
    build_all(database, project)
    for check in checks["schema"]:
        (result,) = run_given_checks(database, project, "staging", [check])
        assert (result.passed, result.warnings) == (True, ()), result.summary


def test_nothing_is_said_of_keys_and_indexes_in_files_of_their_own(database: Server) -> None:
    project = load_project(DATA / "omop", "demo", KINDS)
    assert find(database, project) == ScriptFaults()


WRONG = {
    **tables(
        dogs=(
            """create table staging.dogs (
    id intger primary key,
    name varchr(20) not null,
    born timestamptz default nwo(),
    spot geometry(Point)
);
create index on staging.dogs (nme);
comment on column staging.dogs.brn is 'when';
""",
            """insert into staging.dogs (id, nmae)
select l.id, staging.cleen(l.nam) from etl.licenses l;
""",
        ),
        owners=(
            "create table staging.owners (id int primary key,\n"
            "    dog int references staging.dog (id));",
            """create temp table t as select id, id as one from staging.dogs;
insert into staging.owners
select t.id, t.on from t join staging.dogz d using (id) where coalesc(t.one, 1) = 1;
analyze staging.owners;
do $$ begin perform 1 from staging.nowhere; end $$;
""",
        ),
        kinds="create table staging.kinds (code int, value text);",
    ),
    "create_stored_procedures/clean.sql": """create function staging.clean(t text) returns text
language sql as $$ select btrim(t) from staging.ownerz $$;
create view staging.v as select idd from staging.dogs;
""",
    "populate_tables/lookup/lookup_tables.yaml": "kinds: {columns: [code, value], rows: []}\n",
    "staging.yaml": """checks:
  owners:
    - column_value: dogg is not null
    - {sql: "select * from staging.dgos", name: none}
""",
}
TOLD = """\
clean.sql:2:41: function staging.clean cannot work: relation "staging.ownerz" does not exist. Did you mean staging.owners?
clean.sql:3:33: column "idd" does not exist. Did you mean id?
CREATE-staging-dogs.sql:2:8: type "intger" does not exist. Did you mean integer or interval?
CREATE-staging-dogs.sql:3:10: type "varchr" does not exist. Did you mean varchar?
CREATE-staging-dogs.sql:4:30: function nwo() does not exist. Did you mean now?
CREATE-staging-dogs.sql:5:10: type "geometry" does not exist. Correct the script.
CREATE-staging-dogs.sql:7:31: column "nme" does not exist. Did you mean name?
CREATE-staging-dogs.sql:8:27: column "brn" of relation "staging.dogs" does not exist. Did you mean born?
CREATE-staging-owners.sql:2:24: relation "staging.dog" does not exist. Did you mean staging.dogs?
POPULATE-staging-dogs.sql:1:31: column "nmae" of relation "dogs" does not exist. Did you mean name?
POPULATE-staging-dogs.sql:2:14: function staging.cleen(text) does not exist. Did you mean staging.clean?
POPULATE-staging-dogs.sql:2:28: column l.nam does not exist. Did you mean name?
POPULATE-staging-dogs.sql:2:40: relation "etl.licenses" does not exist. Did you mean etl.licences?
POPULATE-staging-owners.sql:3:14: column t.on does not exist. Did you mean one or born?
POPULATE-staging-owners.sql:3:31: relation "staging.dogz" does not exist. Did you mean staging.dogs?
POPULATE-staging-owners.sql:3:63: function coalesc(integer, integer) does not exist. Did you mean coalesce or scale?
staging.yaml:3:1: check dogg_is_not_null of owners: column "dogg" does not exist. Did you mean dog?
staging.yaml:4:1: check none of owners: relation "staging.dgos" does not exist. Did you mean staging.dogs?
"""  # noqa: E501


@pytest.mark.parametrize("schema", ["staging", "Odd one"])
def test_everything_that_is_misspelt_is_told_at_once(
    schema: str, database: Server, tmp_path: Path
) -> None:
    with closing(database.connect("etl", autocommit=True)) as connection:
        ask(connection, "create schema etl; create table etl.licences (id int, name text)")
    before = read_everything(database)
    found = find(database, load(tmp_path, WRONG), schema)
    told = [str(each).rpartition("/sql/")[2].rpartition("/")[2] for each in found.problems]
    for line in told:
        print(line)
    assert told == TOLD.splitlines(), "\n".join(told)
    assert read_everything(database) == before


def test_it_waits_for_nobody_and_touches_nothing_that_is_live(
    database: Server, tmp_path: Path
) -> None:
    files = tables(
        x=(
            "create table staging.x (id int references etl.s (id));",
            "insert into staging.x select id from etl.s;",
        ),
        y="create table staging.y (id int);",
    )
    project = load(tmp_path, files)
    with (
        closing(database.connect("etl", autocommit=True)) as connection,
        closing(database.connect("busy")) as busy,
    ):
        ask(connection, "create schema etl; create table etl.s (id int primary key)")
        build_all(database, project)
        ask(busy, "lock table staging.x, staging.y in access exclusive mode")
        assert find(database, project) == ScriptFaults()
        ask(busy, "lock table etl.s in access exclusive mode")
        started = time.monotonic()
        found = find(database, project)
        assert time.monotonic() - started < 5
        assert found.problems == ()
        assert [each.partition(": ")[2] for each in found.warnings] == [
            "not all of it could be planned in time: something else holds what it reads. Try again."
        ] * 2
        busy.rollback()
        # Nothing that it locks outside is held on to.
        ask(connection, "set lock_timeout = '50ms'")
        held = lock_while(database, project, connection)
        assert held == 0


def lock_while(database: Server, project: StagingProject, connection: Connection) -> int:
    """How often a source cannot be locked within a moment while scripts are on trial."""
    trials = threading.Thread(target=lambda: [find(database, project) for _ in range(5)])
    trials.start()
    failed = 0
    while trials.is_alive():
        try:
            ask(connection, "begin; lock table etl.s in access exclusive mode; commit")
        except psycopg2.errors.LockNotAvailable:
            failed += 1
            ask(connection, "rollback")
        time.sleep(0.005)
    trials.join()
    return failed


def test_what_a_script_changes_is_there_for_the_next(database: Server, tmp_path: Path) -> None:
    files = tables(
        a=(
            "create table staging.a (id int);",
            "insert into staging.a values (1);\nalter table staging.a add column more int;\n"
            "update staging.a set more = 2;",
        ),
        b=("create table staging.b (id int);", "insert into staging.b select more from staging.a;"),
        c=(
            "create table staging.c (id int);",
            "insert into staging.c select cleaned from staging.b;",
        ),
    )
    files["populate_tables/demo/staging-b-cleanup.py"] = (
        "def main(pgw):\n    pgw.execute('alter table staging.b add cleaned int')\n"
    )
    files["staging.yaml"] = "checks: {b_cleanup: [{column_value: cleaned > 0}]}"
    assert find(database, load(tmp_path, files)) == ScriptFaults()
    files["staging.yaml"] = "checks: {b_cleanup: [{column_value: cleane > 0}]}"
    (problem,) = find(database, load(tmp_path / "other", files)).problems
    assert 'check cleane_above_0 of b_cleanup: column "cleane" does not exist' in problem.what


def test_a_schema_of_others_with_nothing_in_it_is_a_warning(
    database: Server, tmp_path: Path
) -> None:
    project = load(tmp_path, tables(x=("create table staging.x (id int);", "table etl.s;")))
    found = find(database, project)
    assert found.problems == ()
    (warning,) = found.warnings
    assert warning.startswith("schema etl: there is nothing in it, so that what reads it could not")
    assert "POPULATE-staging-x.sql. Load the sources first." in warning
    with closing(database.connect("etl", autocommit=True)) as connection:
        ask(connection, "create schema etl; create table etl.other ()")
    (problem,) = find(database, project).problems
    assert 'POPULATE-staging-x.sql:1:7: relation "etl.s" does not exist' in str(problem)
