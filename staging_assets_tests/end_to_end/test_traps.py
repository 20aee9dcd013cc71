"""Nothing that anybody puts into `public`, or into a temporary schema, is run by us."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from psycopg2 import errors
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.checks import find_checks, run_checks
from staging_assets.cli import app as cli
from staging_assets.model import Relation
from staging_assets.postgres import OWN_PATH, Server
from staging_assets.publisher import run_promote, run_rollback
from staging_assets.sources import run_csv_load
from staging_assets_tests.support.builds import Log, Rebuild, ask, build_all, load, tables

TRAPS = (Path(__file__).parents[1] / "support" / "traps.sql").read_text()
HIDDEN = (
    *("pg_class", "pg_namespace", "pg_roles", "pg_description", "pg_depend"),
    *("pg_constraint", "pg_index", "pg_proc", "pg_type", "pg_attrdef", "pg_trigger", "pg_policy"),
    *("pg_locks", "pg_stat_activity", "pg_settings", "pg_sequence", "pg_inherits", "pg_operator"),
)
TEMPORARY = ";".join(
    [
        "create temporary table pg_attribute (attrelid oid, attname name)",
        *(f"create temporary table {n} as select * from pg_catalog.{n} limit 0" for n in HIDDEN),
    ]
)
CLEANUP = """
def main(pgw):
    assert pgw.check_schema_exists("staging")
    assert not pgw.check_table_exists("absent", "staging")
    assert pgw.check_table_has_nrows("plain", "staging", 1)
    assert pgw.check_column_exists("note", "plain", "staging")
    assert pgw.get_column_type("day", "plain", "staging") == "text"
    assert pgw.get_column_names("plain", "staging")
    pgw.drop_empty_columns("plain", "staging")
    pgw.prettify_date("day", "plain", "staging")
    pgw.cast_column("number", "plain", "staging", "numeric(10, 2)")
    pgw.copy_table("plain", "staging", "public")
    pgw.left_join("plain", "hub", "hub_id", "id", "staging", "staging", "staging.joined")
    pgw.drop_table("joined", "staging")
    pgw.drop_table("plain", "public")
    pgw.execute("update staging.plain set note = 'clean'")
"""
ON_SHADOW = """
def main(pgw):
    assert len(pgw.execute("table information_schema.columns")) > 9
    assert pgw.execute("select 1 from pg_class join pg_constraint on conrelid = pg_class.oid")
    assert pgw.get_column_type("word", "big", "staging") == "text"
    pgw.execute("create index word_index on staging.big (word); drop index staging.word_index")
    pgw.execute("update staging.big set word = h.word from staging.hub h")
    pgw.execute("insert into staging.big values (0, 1, 'a')")
    pgw.cast_column("word", "big", "staging", "varchar(9)")
"""
FOLDER = {
    **tables(
        hub=("create table staging.hub (id int primary key, word text unique)",
             "insert into staging.hub values (1, 'a'), (2, 'b')"),
        plain=("""create table staging.plain (
                id serial primary key, hub_id int references staging.hub, note text, day text,
                number text, same text, check (id > 0)
            );
            create index on staging.plain (lower(note));
            comment on table staging.plain is 'said by the script';""",
            f"{TEMPORARY}; insert into staging.plain (hub_id, note, day, number)"
            " values (1, 'x', '20200102', '5'), (2, 'y', '20200103', '6')"),
        big=("create table staging.big (id int primary key, hub_id int references staging.hub,"
             " word text)",
             "insert into staging.big select g, 1 from generate_series(1, 20000) g"),
        placed=("create table staging.placed (id serial, hub_id int references staging.hub)",
                "do $$begin execute 'insert into staging.placed (hub_id) values (1)'; end$$"),
        placed_id="create table staging.placed_id (id_seq serial, seq serial)",
    ),
    "create_stored_procedures/add.sql": "drop function if exists staging.add(int) cascade;"
    " create function staging.add(a int) returns int language sql as 'select a';",
    "populate_tables/lookup/lookup_tables.yaml": "codes:\n  columns: [code]\n  rows: [[1], [2]]\n",
    "create_tables/CREATE-staging-codes.sql": "create table staging.codes (code int primary key)",
    "populate_tables/demo/staging-plain-cleanup.py": CLEANUP,
    "populate_tables/demo/staging-big-cleanup.py": ON_SHADOW,
    "staging.yaml": "checks:\n  plain:\n    - min_rows: 1\n    - unique: id\n"
    "    - not_null: hub_id\ncleanups:\n  plain: note\n",
}  # fmt: skip


def set_traps(server: Server) -> Connection:
    """Put traps into public; give a connection that steps into none."""
    witness = server.connect("witness", autocommit=True)
    ask(witness, f"set search_path to {OWN_PATH}")
    touch, separator, operators = TRAPS.partition("do $do$")
    ask(witness, touch)
    ask(witness, separator + operators)
    return witness


def check_untouched(witness: Connection) -> None:
    assert ask(witness, "select is_called from public.touched") is False


@pytest.fixture(params=["database", "database15"])
def place(request: pytest.FixtureRequest) -> Server:
    found: Server = request.getfixturevalue(request.param)
    return found


def test_the_traps_work(database: Server) -> None:
    with closing(set_traps(database)) as witness:
        ask(witness, "set search_path to public")
        for query in (
            "select from pg_class c where c.oid = 'pg_class'::regclass",
            "select quote_ident(relname) from pg_class",
            "select format('%I', relname) from pg_class",
            "select unnest(proargtypes::oid[]) from pg_proc",
        ):
            with pytest.raises(errors.RaiseException, match="TRAP"):
                ask(witness, query)


def test_no_trap_is_touched_and_nothing_is_lost(place: Server, tmp_path: Path) -> None:
    project = load(tmp_path, FOLDER)
    checks = find_checks(project)
    with closing(set_traps(place)) as witness:
        build_all(place, project, checks=checks)
        ask(witness, "create view staging.seen as select id, note from staging.plain")
        ask(witness, "create materialized view staging.kept as select id from staging.plain")
        ask(witness, "create unique index on staging.kept (id)")
        ask(witness, "grant select on staging.plain, staging.kept to public")
        ask(witness, "comment on column staging.plain.id is 'by hand'")
        ask(witness, "create schema other; create table other.child (h int references staging.hub)")
        ask(witness, "create policy p on staging.big using (id > 0)")
        for rebuild in (Rebuild.ALL, Rebuild.MISSING, Rebuild.CHANGED):
            log = Log()
            build_all(place, project, checks=checks, rebuild=rebuild, log=log)
            assert "TRAP" not in log.text
            assert "big_cleanup: runs" not in log.text
        found = run_checks(place, project, "staging")
        assert [f"{each.name}: {each.summary}" for each in found if not each.passed] == []
        assert ask(
            witness,
            "select array(select privilege_type::text from pg_class c, aclexplode(c.relacl) a"
            " where c.oid = 'staging.plain'::regclass and a.grantee = 0)",
        ) == ["SELECT"]
        assert ask(witness, "select col_description('staging.plain'::regclass, 1)") == "by hand"
        assert ask(witness, "select count(*) from pg_policy") == 1
        check_untouched(witness)
        build_all(place, project, checks=checks, schema="staging_next")
        run_promote(place, project, "staging", log=Log())
        run_rollback(place, project, "staging", log=Log())
        path = tmp_path / "c.csv"
        path.write_text("a,b\n1,2\n")
        for _ in range(2):
            run_csv_load(place, path, Relation("etl", "c"))
            ask(witness, "create index if not exists c_a on etl.c (lower(a))")
        check_untouched(witness)


@pytest.mark.parametrize(
    "command",
    [
        *("doctor", "show hub", "plan", "prune", "releases", "diff staging staging"),
        "validate --database",
        "check --select schema",
    ],
)
def test_no_command_touches_a_trap(
    database: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    wrong = {
        "create_stored_procedures/wrong.sql": "create function staging.wrong() returns int"
        " language sql as 'select idd from staging.hubb';\ncreate function staging.wrong2()"
        " returns int language plpgsql as 'begin return (select idd from staging.hub); end';",
        "create_tables/CREATE-staging-wrong.sql": "create table staging.wrong (a itn, b nummeric);"
        "comment on column staging.wrong.aa is ''",
        "populate_tables/demo/POPULATE-staging-wrong.sql": "insert into staging.wrong"
        " select h.idd, staging.ad(1), lowr('') from staging.hubb h join etl.nothing using (id)",
    }
    project = load(tmp_path, {**FOLDER, **wrong})
    monkeypatch.setenv("STAGING_DATABASE_URL", database.dsn)
    monkeypatch.setenv("STAGING_SQL_DIR", str(project.sql_dir))
    monkeypatch.setenv("STAGING_HOME", str(tmp_path / "home"))
    with closing(set_traps(database)) as witness:
        build_all(database, project, ["schema", "hub", "stored_procedures/wrong"])
        ask(witness, "create schema etl")
        assert cli.main(command.split()) in (0, 2)
        check_untouched(witness)
