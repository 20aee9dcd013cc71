"""`staging-assets import`: a dump becomes a folder, whose build is equal to the original."""

from __future__ import annotations

import os
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from psycopg2.extensions import make_dsn

from staging_assets.checks import KINDS, find_checks, run_checks
from staging_assets.cli import app as cli
from staging_assets.model import StagingProject
from staging_assets.postgres import Server
from staging_assets.postgres.psql import find_variables
from staging_assets.project import load_project
from staging_assets.settings import StagingSchema
from staging_assets_tests.end_to_end.test_same_as_psql import run_psql
from staging_assets_tests.support.builds import ask, build_all
from staging_assets_tests.support.databases import fresh_database
from staging_assets_tests.support.dumps import check_same, dump
from staging_assets_tests.support.servers import find_embedded

DATA = Path(__file__).parents[1] / "data"
RICH, ODD = DATA / "dumps" / "rich.sql", DATA / "dumps" / "odd.sql"


def seed(server: Server, folder: Path, schema: str, original: Path = RICH) -> None:
    """Make a schema under some name."""
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / "original.sql"
    script.write_text(original.read_text().replace("staging", schema))
    run_psql(server, script)


def write_dump(server: Server, path: Path, *options: str) -> Path:
    subprocess.run(
        [find_embedded("pg_dump"), *options, "-f", path],
        env={"PATH": os.environ["PATH"], **find_variables(server)},
        check=True,
    )
    return path


def dump_as(server: Server, schema: str, name: str) -> str:
    """What pg_dump says of a schema, which is renamed for that."""
    with closing(server.connect("rename", autocommit=True)) as connection:
        if schema != name:
            ask(connection, f"alter schema {schema} rename to {name}")
        said = dump(server, f"--schema={name}")
        if schema != name:
            ask(connection, f"alter schema {name} rename to {schema}")
    return said


def load(new: Path, schema: str = "staging") -> StagingProject:
    staging = StagingSchema(sql_dir=new / "sql", department="main", schema_in_files=schema)
    return load_project(staging, "main", KINDS)


@pytest.fixture(params=["server", "server15"])
def either(request: pytest.FixtureRequest) -> Server:
    server = request.getfixturevalue(request.param)
    assert isinstance(server, Server)
    return server


@pytest.mark.parametrize(
    ("in_files", "built"), [("staging", "staging"), ("staging", "north"), ("mart", "mart")]
)
def test_a_dump_comes_out_as_it_went_in(
    in_files: str, built: str, either: Server, tmp_path: Path
) -> None:
    new = tmp_path / "new"
    with fresh_database(either) as theirs, fresh_database(either) as ours:
        seed(theirs, tmp_path, in_files)
        source = write_dump(theirs, tmp_path / "dump.sql", f"--schema={in_files}")
        assert cli.main(["import", str(source), str(new)]) == 0
        project = load(new, in_files)
        for nodes in (None, None, ["people", "pets", "stored_procedures/twice"]):
            build_all(ours, project, nodes, schema=built, checks=find_checks(project))
            found = dump_as(ours, built, in_files).replace(built, in_files)
            check_same(found, dump_as(theirs, in_files, in_files))
        (drift,) = run_checks(ours, project, built, ["schema:schema_matches_scripts"])
        assert drift.passed, drift.metadata


@pytest.mark.parametrize("built", ["staging", "north"])
def test_odd_things_come_out_as_they_went_in(built: str, either: Server, tmp_path: Path) -> None:
    new = tmp_path / "new"
    with fresh_database(either) as theirs, fresh_database(either) as ours:
        seed(theirs, tmp_path, "staging", ODD)
        source = write_dump(theirs, tmp_path / "dump.sql", "--schema=staging")
        assert cli.main(["import", str(source), str(new)]) == 0
        project = load(new)
        for nodes in (None, None, ["notes", "a", "logs"]):
            build_all(ours, project, nodes, schema=built, checks=find_checks(project))
            check_same(dump_as(ours, built, "staging").replace(built, "staging"), dump(theirs))


def compare(ours: Server, project: StagingProject, expected: str, schema: str = "staging") -> None:
    for _ in range(2):
        build_all(ours, project, schema=schema, checks=find_checks(project))
        check_same(dump_as(ours, schema, schema), expected)


def test_a_live_database_with_lookups_and_csv(
    either: Server,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    new = tmp_path / "new"
    with fresh_database(either) as theirs, fresh_database(either) as ours:
        seed(theirs, tmp_path, "mart")
        with closing(theirs.connect("more", autocommit=True)) as connection:
            ask(connection, "create schema small; create table small.x ()")
        monkeypatch.setenv("STAGING_DATABASE_URL", theirs.dsn)
        wanted = ["--lookups=lookup_*", "--lookups=[mO]*", "--csv=visits", "--csv=things"]
        assert cli.main(["import", "--from-database", str(new), *wanted, "--rows"]) == 0
        assert "3 tables in the lookup YAML" in capsys.readouterr().out
        rows = yaml.safe_load((new / "sql/populate_tables/lookup/lookup_tables.yaml").read_text())
        assert rows["lookup_races"]["rows"][1][:2] == [2, 'a: b, "c"']
        assert rows["lookup_races"]["rows"][2][1] == "null"
        csv = new / "sql/populate_tables/main/mart-visits.csv"
        assert csv.read_text() == "pet,day,cost\n10,2024-01-01,5.00\n11,2024-01-02,200.00\n"
        compare(ours, load(new, "mart"), dump_as(theirs, "mart", "mart"), "mart")


@pytest.mark.parametrize("option", ["--csv", "--lookups"])
@pytest.mark.parametrize("original", [RICH, ODD], ids=lambda path: path.stem)
def test_all_rows_in_another_form(
    original: Path, option: str, server: Server, tmp_path: Path
) -> None:
    new = tmp_path / "new"
    with fresh_database(server) as theirs, fresh_database(server) as ours:
        seed(theirs, tmp_path, "staging", original)
        source = write_dump(theirs, tmp_path / "dump.sql", "--schema=staging")
        assert cli.main(["import", str(source), str(new), option, "*"]) == 2
        compare(ours, load(new), dump(theirs))
    report = (new / "IMPORT.md").read_text()
    kept = "people" if original == RICH else "notes"
    assert f"- {kept}: its rows stay in its CREATE script, since its triggers" in report


def test_a_live_database_without_rows(
    database: Server, tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed(database, tmp_path, "staging")
    expected = dump(database, "--schema-only")
    monkeypatch.setenv("STAGING_HOME", str(tmp_path / "none"))
    new = tmp_path / "new"
    assert cli.main(["import", "--from-database", database.dsn, str(new)]) == 0
    assert not (new / "sql/populate_tables").exists()
    with fresh_database(server) as ours:
        build_all(ours, load(new))
        check_same(dump(ours, "--schema-only"), expected)


@pytest.mark.parametrize(
    "options",
    [
        ("--clean",),
        ("--clean", "--if-exists"),
        ("--quote-all-identifiers",),
        ("--no-comments", "--no-tablespaces", "--disable-triggers"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("original", [RICH, ODD], ids=lambda path: path.stem)
def test_a_dump_with_options(
    options: tuple[str, ...], original: Path, server: Server, tmp_path: Path
) -> None:
    new = tmp_path / "new"
    with fresh_database(server) as theirs, fresh_database(server) as ours:
        seed(theirs, tmp_path, "staging", original)
        source = write_dump(theirs, tmp_path / "dump.sql", "--schema=staging", *options)
        assert cli.main(["import", str(source), str(new)]) == 0
        said = [option for option in options if option == "--no-comments"]
        build_all(ours, load(new))
        check_same(dump(ours, *said), dump(theirs, *said))


@pytest.mark.parametrize("options", [("--inserts",), ("--column-inserts", "--rows-per-insert=2")])
def test_a_dump_of_inserts(options: tuple[str, ...], server: Server, tmp_path: Path) -> None:
    new = tmp_path / "new"
    with fresh_database(server) as theirs, fresh_database(server) as ours:
        seed(theirs, tmp_path, "staging")
        source = write_dump(theirs, tmp_path / "dump.sql", "--schema=staging", *options)
        assert cli.main(["import", str(source), str(new), "--lookups", "lookup_*"]) == 2
        compare(ours, load(new), dump(theirs))
    report = (new / "IMPORT.md").read_text()
    assert "lookup_races: its rows are not those of one plain COPY" in report


def test_many_rows_have_a_file_of_their_own(server: Server, tmp_path: Path) -> None:
    new = tmp_path / "new"
    with fresh_database(server) as theirs, fresh_database(server) as ours:
        with closing(theirs.connect("seed", autocommit=True)) as connection:
            ask(
                connection,
                'create schema staging; create table staging.it (id int, "to stdin" text);'
                "insert into staging.it select n, repeat(E'\\\\\\t;x', 5)"
                " from generate_series(1, 9999) n",
            )
        source = write_dump(theirs, tmp_path / "dump.sql")
        assert cli.main(["import", str(source), str(new)]) == 0
        script = new / "sql/populate_tables/main/POPULATE-staging-it.sql"
        assert script.read_text() == (
            "\\copy staging.it (id, \"to stdin\") FROM 'staging-it.rows'\n"
        )
        compare(ours, load(new), dump(theirs))


def test_a_folder_of_ddl_with_parameters(server: Server, tmp_path: Path) -> None:
    new, source = tmp_path / "new", DATA / "several" / "omop" / "create_tables"
    with fresh_database(server) as ours, fresh_database(server) as theirs:
        with closing(theirs.connect("schema", autocommit=True)) as connection:
            ask(connection, "create schema cdm")
        for name in ("ddl", "primary_keys", "constraints", "indices"):
            sent = tmp_path / f"{name}.sql"
            text = (source / f"OMOPCDM_postgresql_{name}.sql").read_text()
            sent.write_text(text.replace("@cdmDatabaseSchema", "cdm"))
            run_psql(theirs, sent)
        said = ["--variable", "@cdmDatabaseSchema=cdm", "--department", "north"]
        assert cli.main(["import", str(source), str(new), *said]) == 2
        assert "drop_everything.sql:1:1: `DROP TABLE IF ...`" in (new / "IMPORT.md").read_text()
        settings = (new / "settings.env").read_text()
        assert "STAGING_DEPARTMENT=north\nSTAGING_SCHEMA_IN_FILES=cdm\n" in settings
        text = (new / "sql/create_tables/CREATE-cdm-person.sql").read_text()
        assert text.startswith("--postgresql CDM DDL Specification\n--HINT DISTRIBUTE ON KEY")
        compare(ours, load(new, "cdm"), dump_as(theirs, "cdm", "cdm"), "cdm")


def test_names_without_a_schema_are_in_the_path_that_is_declared(
    server: Server, tmp_path: Path
) -> None:
    new, source = tmp_path / "new", tmp_path / "shop.sql"
    source.write_text(
        "create table customers (id serial primary key, name text);\n"
        "create table orders (id int primary key, customer int references customers);\n"
        "create view open_orders as select * from orders;\n"
        "insert into customers (name) values ('Ann'), ('Bob');\n"
        "insert into orders values (1, 2);\n"
    )
    assert cli.main(["import", str(source), str(new), "--schema", "shop"]) == 0
    assert yaml.safe_load((new / "sql/staging.yaml").read_text()) == {"search_path": ["shop"]}
    with fresh_database(server) as ours, fresh_database(server) as theirs:
        with closing(theirs.connect("schema", autocommit=True)) as connection:
            ask(connection, "create schema shop; set search_path to shop;" + source.read_text())
        compare(ours, load(new, "shop"), dump_as(theirs, "shop", "shop"), "shop")


def test_an_old_dump_that_sets_the_path(server: Server, tmp_path: Path) -> None:
    new, source = tmp_path / "new", tmp_path / "old.sql"
    source.write_text(
        "SET statement_timeout = 0;\nSET client_encoding = 'UTF8';\nCREATE SCHEMA mart;\n"
        "SET search_path = mart, pg_catalog;\n"
        "CREATE FUNCTION one() RETURNS integer LANGUAGE sql AS $$ select 1 $$;\n"
        "CREATE TABLE a (id integer DEFAULT one() NOT NULL);\n"
        "CREATE TABLE b (a integer);\n"
        "COPY a (id) FROM stdin;\n1\n2\n\\.\n\nCOPY b (a) FROM stdin;\n2\n\\.\n"
        "ALTER TABLE ONLY a ADD CONSTRAINT a_pkey PRIMARY KEY (id);\n"
        "ALTER TABLE ONLY b ADD CONSTRAINT b_a_fkey FOREIGN KEY (a) REFERENCES a(id);\n"
    )
    assert cli.main(["import", str(source), str(new)]) == 0
    with fresh_database(server) as ours, fresh_database(server) as theirs:
        run_psql(theirs, source)
        compare(ours, load(new, "mart"), dump_as(theirs, "mart", "mart"), "mart")


def test_of_a_whole_database_one_schema_is_taken_and_the_others_are_named(
    server: Server, tmp_path: Path
) -> None:
    with fresh_database(server) as theirs, fresh_database(server) as ours:
        seed(theirs, tmp_path, "mart")
        with closing(theirs.connect("more", autocommit=True)) as connection:
            ask(
                connection,
                "create schema etl; create table etl.x (id int); create schema staging__build;"
                "create table staging__build.y (); create function etl.f() returns int language sql"
                " as 'select 1'; create operator etl.@@@ (function = int4pl, leftarg = int,"
                " rightarg = int); create function public.g() returns int language sql as"
                " 'select 1'; comment on schema etl is 'sources'",
            )
        source = write_dump(theirs, tmp_path / "dump.sql", "--no-owner")
        assert cli.main(["import", str(source), str(tmp_path / "new")]) == 2
        left = (tmp_path / "new" / "IMPORT.md").read_text().partition("a person\n\n")[2]
        assert left == (
            "- schema etl: 4 statements left out; import it by itself with --schema\n"
            "- schema public: 1 statement left out; import it by itself with --schema\n"
        )
        compare(ours, load(tmp_path / "new", "mart"), dump_as(theirs, "mart", "mart"), "mart")
    assert cli.main(["import", str(source), str(tmp_path / "etl"), "--schema", "etl"]) == 1


def test_owners_and_grants_can_be_left_out(tmp_path: Path) -> None:
    source = tmp_path / "x.sql"
    source.write_text(
        "create table staging.a (id int);\nalter table staging.a owner to somebody;\n"
        "grant select on staging.a to others with grant option;\n"
        'alter default privileges in schema staging grant select on tables to "The Others";\n'
    )
    assert cli.main(["import", str(source), str(tmp_path / "all")]) == 0
    report = (tmp_path / "all" / "IMPORT.md").read_text()
    assert "which the server must have: The Others, others, somebody\n" in report
    said = ["--no-owner", "--no-privileges"]
    assert cli.main(["import", str(source), str(tmp_path / "less"), *said]) == 0
    assert "must have" not in (tmp_path / "less" / "IMPORT.md").read_text()
    script = tmp_path / "less/sql/create_tables/CREATE-staging-a.sql"
    assert script.read_text() == "create table staging.a (id int);\n"


def test_what_is_left_to_a_person_is_said(tmp_path: Path) -> None:
    source = tmp_path / "x.sql"
    source.write_text(
        "create table staging.a (id int);\ncreate table staging.b (id int);\n"
        "create table elsewhere.c (id int);\ninsert into elsewhere.c values (4711);\n"
        "do $$ begin insert into staging.a values (4711); delete from staging.b; end $$;\n"
        "create publication p;\n"
    )
    assert cli.main(["import", str(source), str(tmp_path / "new")]) == 2
    report = (tmp_path / "new" / "IMPORT.md").read_text()
    left = report.partition("## For a person\n\n")[2].splitlines()
    assert left[0] == (
        "- schema elsewhere: 2 statements left out; import it by itself with --schema"
    )
    assert [line.partition("x.sql:")[2][:6] for line in left[1:]] == ["5:1: `", "6:1: `"]
    assert "4711" not in report


def test_all_is_written_or_nothing_and_nothing_is_written_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, new = tmp_path / "x.sql", tmp_path / "new"
    source.write_text("create table staging.a (id int);\ncreate table staging.b (id int);\n")
    taken = new / "sql" / "create_tables" / "CREATE-staging-b.sql"
    taken.parent.mkdir(parents=True)
    taken.write_text("mine")
    assert cli.main(["import", str(source), str(new)]) == 1
    assert "CREATE-staging-b.sql is there already" in capsys.readouterr().err
    assert [path for path in new.rglob("*") if path.is_file()] == [taken]
    taken.unlink()
    (new / "sql" / "keep.txt").write_text("mine")
    (new / "sql" / "create_tables").rmdir()
    (new / "sql" / "create_tables").write_text("a file where a folder has to be")
    assert cli.main(["import", str(source), str(new)]) == 1
    assert "nothing was written" in capsys.readouterr().err
    there = {path.name for path in new.rglob("*")}
    assert there == {"sql", "keep.txt", "create_tables"}
    (new / "sql" / "create_tables").unlink()
    assert cli.main(["import", str(source), str(new)]) == 0
    assert (new / "sql" / "keep.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("text", "options", "code", "said"),
    [
        (b"PGDMP\x01\x0e", [], 1, "is no text. Unpack it first: pg_restore -f"),
        (b"\x1f\x8b\x08", [], 1, "Unpack it first: gunzip"),
        (b"select 1;", [], 1, "makes no table. Name a dump"),
        (b"create table x.a ();", ["--schema", "y"], 1, "makes no table in a schema y"),
        (b"create table staging.a (b text default '\xe9');", [], 3, "x.sql:1:"),
        (b"create table staging.a ();\n\\connect other\n", [], 3, "x.sql:2:1:"),
        (b"create table staging.a (t text default 'x);", [], 3, "x.sql:1:40"),
        (b"create table staging.a ();", ["--lookups", "b*"], 1, "no such table. There are: a."),
        (b"create table staging.a ();", ["--variable", "b"], 1, "write NAME=VALUE"),
        (b"create table staging.a ();", ["--department", "a/b"], 1, "is no name of a folder"),
    ],
)
def test_what_cannot_be_imported_is_said(
    text: bytes,
    options: list[str],
    code: int,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    source = tmp_path / "x.sql"
    source.write_bytes(text)
    assert cli.main(["import", str(source), str(tmp_path / "new"), *options]) == code
    assert said in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_wrong_places_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, code, said in (
        ([str(tmp_path / "none.sql"), str(tmp_path / "new")], 1, "No such file"),
        ([str(tmp_path), str(tmp_path / "new")], 1, "there is no .sql file in"),
        ([str(tmp_path / "x.sql")], 64, "name the dump and the new folder"),
        ([], 64, "name the dump and the new folder"),
    ):
        assert cli.main(["import", *arguments]) == code
        assert said in capsys.readouterr().err


def test_a_server_that_cannot_be_dumped_is_said(
    database: Server,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    new = str(tmp_path / "new")
    assert cli.main(["import", "--from-database", database.dsn, new]) == 1
    assert "there is no table in that database" in capsys.readouterr().err
    url = "postgresql://nobody:geheim@127.0.0.1:9/none"
    assert cli.main(["import", "--from-database", url, new]) == 1
    assert "geheim" not in capsys.readouterr().err
    with closing(database.connect("seed", autocommit=True)) as connection:
        ask(
            connection,
            "create schema staging; create table staging.a (); drop role if exists import_reader;"
            "create role import_reader login; grant usage on schema staging to import_reader",
        )
        try:
            dsn = make_dsn(database.dsn, user="import_reader")
            assert cli.main(["import", "--from-database", dsn, new]) == 1
        finally:
            ask(connection, "drop owned by import_reader; drop role import_reader")
    assert "permission denied" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()
