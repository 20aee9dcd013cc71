"""A cleanup runs on the new table before anybody reads it, and leaves what psql's order leaves."""

from __future__ import annotations

import textwrap
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.builder.cleanups.run import run_cleanup
from staging_assets.checks import find_checks
from staging_assets.model import Script, StagingProject
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

PATH = "populate_tables/demo/staging-bites-cleanup.py"
DOGS = (
    "create table staging.dogs (dog_id serial primary key, name text not null unique);",
    "insert into staging.dogs (name) values ('Rex'), ('Ada'), ('Bo');",
)
BITES = (
    "create table staging.bites (bite_id serial primary key,"
    " dog_id int not null references staging.dogs (dog_id), note text, tidy text, at text,"
    ' blank text, "Odd Name" int default 3, unique (note));\n'
    "create index bites_dog_idx on staging.bites (dog_id);\n"
    "comment on column staging.bites.note is 'as it was written';\n",
    "insert into staging.bites (dog_id, note, at)"
    " select 1 + g % 3, ' Ouch ' || g || ' ', '201508162359' || lpad((g % 60)::text, 2, '0')"
    " from generate_series(1, 90) as g;",
)
CHARGES = (
    "create table staging.charges (bite_id int primary key references staging.bites (bite_id),"
    " said text);",
    "insert into staging.charges select bite_id, tidy from staging.bites;",
)
FUNCTION = {
    "create_stored_procedures/tidy.sql": (
        "create or replace function staging.tidied(a text) returns text language sql as"
        " $$ select lower(trim(a)) $$;"
    )
}


def write(body: str) -> dict[str, str]:
    head = "import pandas as pd\nimport sqlalchemy as sa\n\n\ndef main(pgw):\n"
    return {PATH: head + textwrap.indent(textwrap.dedent(body).strip("\n"), "    ") + "\n"}


def folder(body: str, **more: tuple[str, str | None] | str) -> dict[str, str]:
    return {**tables(dogs=DOGS, bites=BITES, **more), **FUNCTION, **write(body)}


def read_table(connection: Connection, table: str = "staging.bites") -> dict[str, Any]:
    """All that a cleanup may have made of a table."""
    return {
        "columns": ask(
            connection,
            "select attname, format_type(atttypid, atttypmod), attnotnull,"
            " pg_get_expr(adbin, adrelid) from pg_attribute"
            " left join pg_attrdef on adrelid = attrelid and adnum = attnum"
            f" where attrelid = '{table}'::regclass and attnum > 0 and not attisdropped"
            " order by attnum",
        ),
        "keys": ask(
            connection,
            "select conname::text, pg_get_constraintdef(oid) from pg_constraint"
            f" where conrelid = '{table}'::regclass order by 1",
        ),
        "indexes": ask(
            connection,
            f"select pg_get_indexdef(indexrelid) from pg_index where indrelid = '{table}'::regclass"
            " order by 1",
        ),
        "rows": ask(connection, f"select t::text from {table} as t order by 1"),
        "next": ask(connection, "select last_value, is_called from staging.bites_bite_id_seq"),
        "acl": ask(connection, f"select relacl from pg_class where oid = '{table}'::regclass"),
    }


def run_as_psql(server: Server, connection: Connection, project: StagingProject) -> dict[str, Any]:
    """CREATE, POPULATE, then the cleanup on the table that is there; nothing stays."""
    ask(connection, "drop schema if exists staging cascade; create schema staging")
    for procedures in project.procedures.values():
        ask(connection, procedures.script.text.replace("%", "%%"))
    for node in project.nodes:
        if node in project.tables:
            table = project.tables[node]
            ask(connection, table.create.text)
            ask(connection, table.populate.text if table.populate else "")
        elif node == "bites_cleanup":
            with closing(server.connect("cleanup")) as cleaner:
                script: Script = project.cleanups["bites"].script
                run_cleanup(cleaner, script, "staging", server=server)
                cleaner.commit()
    found = read_table(connection)
    ask(connection, "drop schema staging cascade")
    return found


def is_later(log: Log) -> bool:
    return "bites_cleanup: runs when its table is published" in log.text


ON_SHADOW = {
    "update": 'pgw.execute("update staging.bites set tidy = lower(trim(note)) || 1")',
    "quoted names": (
        'pgw.execute(\'update "staging"."bites" set tidy = "Odd Name"::text where bite_id < 9\')'
    ),
    "upstream": """
        pgw.execute(
            "update staging.bites b set tidy = d.name from staging.dogs d where d.dog_id = b.dog_id"
        )
    """,
    "function": 'pgw.execute("update staging.bites set tidy = staging.tidied(note)")',
    "block": """
        pgw.execute(
            "do $$ begin update staging.bites set tidy = 'x' where bite_id = 2;"
            " execute 'delete from staging.bites where bite_id = 3'; end $$"
        )
    """,
    "put together": """
        table = "bites"
        pgw.execute(f"update staging.{table} set tidy = %s" % "note")
        pgw.execute("insert into staging." + table + " (dog_id, note) values (1, 'new')")
    """,
    "columns, index, key, grant": """
        pgw.execute("alter table staging.bites add column size int default 7")
        pgw.execute("alter table staging.bites add column again serial")
        pgw.execute("create index on staging.bites (size)")
        pgw.execute("create index bites_tidy on staging.bites (tidy)")
        pgw.execute("drop index staging.bites_tidy; drop index staging.bites_dog_idx")
        pgw.execute("alter table staging.bites add check (size > 1)")
        pgw.execute("grant select on staging.bites to public")
    """,
    "conflict": """
        pgw.execute(
            "insert into staging.bites (bite_id, dog_id, note) values (1, 2, 'twice')"
            " on conflict (bite_id) do update set note = excluded.note, tidy = 'kept'"
        )
        pgw.execute("select setval('staging.bites_bite_id_seq', 500)")
    """,
    "own methods": """
        assert pgw.check_table_exists("bites", "staging")
        assert pgw.check_table_has_nrows("bites", "staging", 90)
        assert not pgw.check_table_has_nrows("bites", "staging", 91)
        assert pgw.get_column_type("at", "bites", "staging") == "text"
        assert pgw.check_column_exists("tidy", "Bites", "STAGING")
        pgw.prettify_date("at", "bites", "staging")
        assert pgw.get_column_type("at", "bites", "staging") == "timestamp without time zone"
        pgw.cast_column('"Odd Name"', "bites", "staging", "numeric(6, 2)")
        assert pgw.drop_empty_columns("bites", "staging") == ['"tidy"', '"blank"', '"Odd Name"']
        assert '"tidy"' not in pgw.get_column_names("bites", "staging")
    """,
    "information_schema": """
        rows = pgw.execute(
            "select column_name, table_schema from information_schema.columns"
            " where table_schema = 'staging' and table_name = 'bites' and data_type = 'text'"
        )
        assert len(rows) == 4, rows
        for name, schema in rows:
            pgw.execute(f'update {schema}.bites set "{name}" = upper("{name}")')
        rows = pgw.execute(
            "select columns.column_name from information_schema.columns where table_name = 'bites'"
        )
        assert len(rows) == 7, rows
        pgw.execute("alter table staging.bites drop column blank")
        rows = pgw.execute(
            "select 1 from information_schema.columns c join information_schema.tables t"
            " using (table_schema, table_name) where t.table_name = 'bites'"
        )
        assert len(rows) == 6, rows
        names = pgw.execute("select table_name from information_schema.tables"
                            " where table_schema = 'staging' order by 1")
        assert names == [("bites",), ("dogs",)], names
    """,
    "pg_catalog": """
        rows = pgw.execute(
            "select a.attname, n.nspname from pg_attribute a join pg_class c on c.oid = a.attrelid"
            " join pg_namespace n on n.oid = c.relnamespace"
            " where c.relname = 'bites' and a.attnum > 0 and not a.attisdropped"
        )
        assert len(rows) == 7 and {row[1] for row in rows} == {"staging"}, rows
        rows = pgw.execute(
            "select pg_class.relname from pg_catalog.pg_class where relname like 'bites%'"
            " and relkind = 'i' order by 1"
        )
        assert [row[0] for row in rows] == ["bites_dog_idx", "bites_note_key", "bites_pkey"], rows
        oid = pgw.execute("select oid from pg_class where relname = 'bites'")[0][0]
        assert pgw.execute("select 'staging.bites'::regclass::oid") == [(oid,)]
        assert len(pgw.execute("select 1 from pg_constraint where conname like 'bites%'")) > 2
        assert len(pgw.execute("select indexname from pg_indexes where tablename = 'bites'")) == 3
        assert pgw.execute(
            "select schemaname from pg_tables where tablename = 'bites'") == [("staging",)]
        note = pgw.execute("select obj_description('staging.bites'::regclass, 'pg_class')")
        assert note == [(None,)]
        pgw.execute("comment on table staging.bites is 'of dogs'")
        assert pgw.execute(
            "select description from pg_description where objoid = 'staging.bites'::regclass"
            " and classoid = 'pg_class'::regclass and objsubid = 0") == [("of dogs",)]
        with pgw.engine.connect() as c:
            found = c.execute(sa.text("select to_regclass(:t)::oid"), {"t": "staging.bites"})
            assert found.scalar() == oid
    """,
    "inspector": """
        inspector = sa.inspect(pgw.engine)
        names = {c["name"] for c in inspector.get_columns("bites", schema="staging")}
        assert names == {"bite_id", "dog_id", "note", "tidy", "at", "blank", "Odd Name"}, names
        assert inspector.has_table("bites", schema="staging")
        assert inspector.get_pk_constraint("bites", schema="staging")["constrained_columns"] == [
            "bite_id"]
        (key,) = inspector.get_foreign_keys("bites", schema="staging")
        assert key["referred_table"] == "dogs" and key["referred_schema"] == "staging", key
        assert set(inspector.get_table_names(schema="staging")) == {"bites", "dogs"}
        assert len(inspector.get_indexes("bites", schema="staging")) == 2
        table = sa.Table("bites", sa.MetaData(), schema="staging", autoload_with=pgw.engine)
        with pgw.engine.begin() as c:
            c.execute(table.update().where(table.c.bite_id == 4).values(tidy="by core"))
    """,
    "pandas": """
        frame = pd.read_sql("select bite_id, note from staging.bites where bite_id > 80",
                            pgw.engine)
        assert len(frame) == 10
        more = pd.DataFrame({"dog_id": [1, 2], "note": ["a", "b"], "tidy": ["c", "d"]})
        more.to_sql("bites", pgw.engine, schema="staging", if_exists="append", index=False)
        more = pd.DataFrame({"dog_id": [1], "note": ["e"], "tidy": ["f"]})
        more.to_sql("bites", pgw.engine, schema="staging", if_exists="append", index=False,
                    method="multi")
        whole = pd.read_sql_table("bites", pgw.engine, schema="staging")
        assert len(whole) == 93, len(whole)
    """,
    "raw cursors": """
        import io
        from psycopg2.extras import execute_values
        raw = pgw.engine.raw_connection()
        with raw.cursor() as cursor:
            execute_values(cursor, "insert into staging.bites (dog_id, note) values %s",
                           [(1, "x"), (2, "staging.bites")])
            cursor.executemany("update staging.bites set tidy = %s where note = %s",
                               [("y", "x"), ("staging.bites", "staging.bites")])
            cursor.execute("select count(*) from staging.bites where tidy = %s", ("y",))
            assert cursor.fetchone() == (1,)
            lines = io.StringIO("1\\tby copy\\n2\\tby copy too\\n")
            cursor.copy_expert("copy staging.bites (dog_id, note) from stdin", lines)
        raw.commit()
        raw.close()
    """,
    "scratch": """
        pgw.execute("create table staging.scratch as select bite_id, 'z' as z from staging.bites")
        pgw.execute("update staging.bites b set tidy = z from staging.scratch s"
                    " where s.bite_id = b.bite_id")
        pgw.execute("drop table staging.scratch")
        pd.DataFrame({"bite_id": [1], "z": ["!"]}).to_sql(
            "scratch", pgw.engine, schema="staging", if_exists="replace", index=False)
        pgw.execute("update staging.bites b set tidy = tidy || s.z from staging.scratch s"
                    " where s.bite_id = b.bite_id")
        pgw.execute("drop table staging.scratch")
        pgw.execute("create temp table mine as select 1 as a; drop table mine")
    """,
    "error that is caught": """
        try:
            pgw.execute("update staging.bites set bite_id = 1")
        except Exception:
            pass
        pgw.execute("update staging.bites set tidy = 'after'")
    """,
}


@pytest.mark.parametrize("body", ON_SHADOW.values(), ids=ON_SHADOW)
def test_a_cleanup_of_its_own_table_leaves_what_psql_does_and_is_not_seen_at_work(
    database: Server, witness: Connection, tmp_path: Path, body: str
) -> None:
    project = load(tmp_path, folder(body))
    assert project.cleanups["bites"].after is None
    expected = run_as_psql(database, witness, project)
    for _ in range(2):  # the first time there is no table, then an older one, which has changed
        log = Log()
        results = build_all(database, project, checks=find_checks(project), log=log)
        assert not is_later(log), log.text
        assert results["bites"].metadata["cleanup_seconds"] >= 0
        assert results["bites"].rows == len(expected["rows"])
        found = read_table(witness)
        assert {name: found[name] for name in expected if name != "acl"} == {
            name: expected[name] for name in expected if name != "acl"
        }
        assert (found["acl"] is None) == (expected["acl"] is None)
        assert leftovers(witness) == []
        ask(witness, "alter table staging.bites add column old int, alter column at type char(99)")


@pytest.mark.also_one_statement
@pytest.mark.parametrize("name", ["information_schema", "pg_catalog", "pandas", "inspector"])
def test_the_catalog_is_asked_where_a_message_holds_one_statement_too(
    database: Server, tmp_path: Path, name: str
) -> None:
    log = Log()
    build_all(database, load(tmp_path, folder(ON_SHADOW[name])), log=log)
    assert not is_later(log), log.text


ANYWHERE = ("update", "function", "block", "own methods", "pandas", "raw cursors", "conflict")


@pytest.mark.parametrize("name", ANYWHERE)
@pytest.mark.parametrize("schema", ["staging_dev", 'Dev 100% "x"'])
def test_in_a_schema_of_another_name_it_finds_its_table_too(
    database: Server, witness: Connection, tmp_path: Path, name: str, schema: str
) -> None:
    log = Log()
    project = load(tmp_path, folder(ON_SHADOW[name]))
    build_all(database, project, log=log)
    expected = read_table(witness)
    build_all(database, project, schema=schema, log=log)
    assert not is_later(log), log.text
    quoted = '"' + schema.replace('"', '""') + '"'
    rows = ask(witness, f"select t::text from {quoted}.bites as t order by 1")
    assert rows == expected["rows"]


@pytest.mark.parametrize("name", ["information_schema", "pg_catalog", "inspector", "own methods"])
def test_postgres_15_answers_the_same(database15: Server, tmp_path: Path, name: str) -> None:
    with closing(database15.connect("witness", autocommit=True)) as witness:
        project = load(tmp_path, folder(ON_SHADOW[name]))
        expected = run_as_psql(database15, witness, project)
        for _ in range(2):
            log = Log()
            build_all(database15, project, log=log)
            assert not is_later(log), log.text
            assert read_table(witness) == expected


def test_a_table_that_is_made_in_a_private_schema_is_cleaned_there(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    """Two tables want the name bites_bite_id_seq, so each is made alone."""
    rival = "create table staging.bites_bite (id serial);"
    body = ON_SHADOW["pg_catalog"].replace("relname like 'bites%'", "relname ~ '^bites_[^b]'")
    project = load(
        tmp_path, folder(body.replace("select 1 from", "select 2 from"), bites_bite=rival)
    )
    for _ in range(2):
        log = Log()
        build_all(database, project, log=log)
        assert not is_later(log), log.text
        assert ask(witness, "select obj_description('staging.bites'::regclass)") == "of dogs"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("pgw.shell(['true'])", "it uses pgw.shell"),
        ("getattr(pgw, 'sh' + 'ell')(['true'])", "pgw.shell"),
        ("import subprocess", "it imports subprocess"),
        ("import my_own_module_of_cleaning", "it imports my_own_module_of_cleaning"),
        ("sa.create_engine(pgw.engine.url)", "it connects by itself"),
        ("pgw.execute('insert into staging.notes values (1)')", "it writes staging.notes"),
        (
            "pgw.execute('insert into staging.' + 'notes values (1)')",
            "it touches staging.notes",
        ),
        ("pgw.execute('create table staging.other (a int)')", "it makes staging.other"),
        ("pgw.execute('drop table if exists staging.notes')", "it drops staging.notes"),
        ("pgw.execute('drop table if exists staging.' + 'notes')", "it drops staging.notes"),
        (
            "pgw.execute('create table staging.' + 'other (a int)')",
            "it writes or alters staging.other",
        ),
        ("pgw.execute('select * from staging.charges')", "it needs charges"),
        (
            "pgw.execute('select * from staging.' + 'charges')",
            "charges, which is not built before it",
        ),
        (
            "pd.DataFrame({'a': [1]}).to_sql('other', pgw.engine, schema='staging')",
            "it writes or alters staging.other",
        ),
        (
            "pgw.left_join('bites', 'dogs', 'dog_id', 'dog_id', 'staging', 'staging', 'staging.j')",
            "pgw.left_join",
        ),
        (
            "getattr(pgw, 'copy_' + 'table')('bites', 'staging', 'public')",
            "it writes or alters public.bites",
        ),
        ("pgw.execute('set search_path to staging; update bites set tidy = note')", "search_path"),
        ("pgw.execute('select staging.' + 'count_bites()')", "staging.bites"),
        ("pgw.execute('select staging.count_bites()')", "count_bites, which names staging.bites"),
        ("pgw.execute('select staging.' + 'has_tidy()')", "has_tidy, which asks the catalog"),
        (
            'pgw.execute("do $$ begin perform 1 from information_schema.columns'
            " where table_name = 'bites'; end $$\")",
            "it asks information_schema in SQL that is made while it runs",
        ),
        (
            "pgw.execute(\"select ('staging.' || 'bites')::regclass\")",
            "puts the name of a relation together",
        ),
        (
            "pgw.execute('select * from information_schema.referential_constraints')",
            "referential_constraints",
        ),
    ],
)
def test_a_cleanup_that_may_touch_more_runs_when_its_table_is_published_and_says_so(
    database: Server, witness: Connection, tmp_path: Path, body: str, reason: str
) -> None:
    files = {
        **folder(
            "try:\n"
            + textwrap.indent(body, "    ")
            + "\nexcept (ImportError, sa.exc.ArgumentError):\n    pass\n"
            + "pgw.execute(\"update staging.bites set tidy = coalesce(tidy, '') || 'once'\")",
            charges=CHARGES,
        ),
        "create_tables/CREATE-staging-notes.sql": "create table staging.notes (a int);",
        "create_stored_procedures/asks.sql": (
            "create or replace function staging.count_bites() returns bigint language plpgsql as"
            " $$ begin return (select count(*) from staging.bites); end $$;\n"
            "create or replace function staging.has_tidy() returns boolean language plpgsql as"
            " $$ begin return exists (select from information_schema.columns"
            " where column_name = 'tidy'); end $$;\n"
        ),
    }
    project = load(tmp_path, files)
    if "charges" in reason or "' + '" in body:  # nobody can know that it has to wait for that
        build_all(database, load(tmp_path / "before", {**files, **write("pass")}))
    for _ in range(2):
        ask(witness, "drop table if exists staging.other, staging.j, public.bites")
        log = Log()
        build_all(database, project, log=log)
        assert is_later(log), log.text
        assert reason in log.text
        assert ask(witness, "select count(*) from staging.bites where tidy like '%%once'") == 90
        assert (
            ask(witness, "select count(*) from staging.bites where tidy like '%%onceonce%%'") == 0
        )
        assert ask(witness, "select last_value from staging.bites_bite_id_seq") == 90
        assert leftovers(witness) == []


def test_what_it_took_back_does_not_show_in_the_numbers_of_rows(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    body = """
        pgw.execute("insert into staging.bites (dog_id, note) values (1, 'new')")
        pgw.execute("select * from staging." + "charges")
    """
    build_all(database, load(tmp_path, folder("pass", charges=CHARGES)))
    log = Log()
    build_all(database, load(tmp_path, folder(body, charges=CHARGES)), log=log)
    assert is_later(log)
    assert ask(witness, "select max(bite_id) from staging.bites") == 91


def test_a_failing_cleanup_holds_back_its_table_and_what_depends_on_it(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    good = folder('pgw.execute("update staging.bites set tidy = note")', charges=CHARGES)
    build_all(database, load(tmp_path, good))
    before = read_table(witness), ask(witness, "select 'staging.bites'::regclass::oid")
    bad = {**good, **write("pgw.execute('update staging.bites set tidy = (1 / 0)::text')")}
    project = load(tmp_path, bad)
    results = build(database, project)
    assert statuses(results) == {
        "stored_procedures/tidy": "built",
        "dogs": "built",
        "bites": "skipped",
        "bites_cleanup": "failed",
        "charges": "skipped",
    }
    assert "staging-bites-cleanup.py:6: division by zero" in (
        results["bites_cleanup"].message or ""
    )
    assert "bites_cleanup failed" in (results["bites"].message or "")
    assert before == (read_table(witness), ask(witness, "select 'staging.bites'::regclass::oid"))
    assert leftovers(witness) == []
    assert build(database, project, rebuild=Rebuild.CHANGED)["bites_cleanup"].status == "failed"
    results = build_all(database, load(tmp_path, good), rebuild=Rebuild.CHANGED)
    assert results["bites"].status == results["charges"].status == "built"
    again = build_all(database, load(tmp_path, good), rebuild=Rebuild.CHANGED)
    assert {r.status for r in again.values()} == {"unchanged"}


@pytest.mark.parametrize(
    "statement",
    ["update staging.bites set tidy = 'open", "update staging.bites set nothing = 1", "select f("],
)
def test_a_mistake_in_a_cleanup_publishes_nothing(
    database: Server, witness: Connection, tmp_path: Path, statement: str
) -> None:
    results = build(database, load(tmp_path, folder(f'pgw.execute("{statement}")')))
    assert results["bites_cleanup"].status == "failed"
    assert "staging-bites-cleanup.py:6: " in (results["bites_cleanup"].message or "")
    assert ask(witness, "select to_regclass('staging.bites')") is None


def test_a_failing_check_of_a_cleanup_holds_back_its_table(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    files = {
        **folder('pgw.execute("update staging.bites set tidy = null")'),
        "staging.yaml": "cleanups: {bites: tidy}\n",
    }
    project = load(tmp_path, files)
    results = build(database, project, checks=find_checks(project))
    assert statuses(results) == {
        "stored_procedures/tidy": "built",
        "dogs": "built",
        "bites": "skipped",
        "bites_cleanup": "failed",
    }
    assert [check.name for check in results["bites_cleanup"].checks] == ["tidy_has_values"]
    assert ask(witness, "select to_regclass('staging.bites')") is None


@pytest.mark.parametrize("table", ["bites", "bites_cleanup"])
@pytest.mark.parametrize("rebuild", [Rebuild.ALL, Rebuild.CHANGED])
def test_either_of_them_selected_builds_both(
    database: Server, witness: Connection, tmp_path: Path, table: str, rebuild: Rebuild
) -> None:
    project = load(tmp_path, folder('pgw.execute("update staging.bites set tidy = note")'))
    build_all(database, project)
    ask(witness, "update staging.bites set tidy = 'by hand'")
    ask(witness, "delete from staging__build.__builds where node = 'bites_cleanup'")
    results = build_all(database, project, [table], rebuild=rebuild)
    assert statuses(results) == {"bites": "built", "bites_cleanup": "built"}
    assert ask(witness, "select count(*) from staging.bites where tidy = note") == 90


def test_a_changed_cleanup_rebuilds_its_table_first(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    old = 'pgw.execute("update staging.bites set tidy = lower(trim(note)) || 1")'
    new = 'pgw.execute("update staging.bites set tidy = coalesce(tidy, note) || chr(33)")'
    for later in ("", "\npgw.shell(['true'])"):
        build_all(database, load(tmp_path, folder(old + later)))
        project = load(tmp_path, folder(new + later))
        results = build_all(database, project, rebuild=Rebuild.CHANGED)
        assert statuses(results) == {
            "stored_procedures/tidy": "unchanged",
            "dogs": "unchanged",
            "bites": "built",
            "bites_cleanup": "built",
        }
        assert ask(witness, "select tidy from staging.bites where bite_id = 1") == " Ouch 1 !"
        again = build_all(database, project, rebuild=Rebuild.CHANGED)
        assert {result.status for result in again.values()} == {"unchanged"}


def test_missing_leaves_a_cleanup_without_a_column_alone_once_it_has_run(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    body = "pgw.execute(\"update staging.bites set tidy = coalesce(tidy, '') || '!'\")"
    project = load(tmp_path, folder(body))
    for _ in range(2):
        build_all(database, project, rebuild=Rebuild.MISSING)
        assert ask(witness, "select max(tidy) from staging.bites") == "!"
    # A table that was filled before it had a cleanup is not filled again: luigi's rule.
    ask(witness, "delete from staging__build.__builds; update staging.bites set tidy = 'old'")
    results = build_all(database, project, rebuild=Rebuild.MISSING)
    assert results["bites"].status == "unchanged"
    assert ask(witness, "select max(tidy) from staging.bites") == "old!"


def test_a_cleanup_that_failed_after_the_publication_rebuilds_its_table_first(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    body = """
        pgw.shell(["true"])
        pgw.execute("update staging.bites set tidy = coalesce(tidy, note) || chr(33)")
    """
    failing = body + '    pgw.execute("select 1 / (select count(*) from staging.dogs where false)")'
    build(database, load(tmp_path, folder(failing)))
    assert ask(witness, "select count(tidy) from staging.bites") == 0
    ask(witness, "update staging.bites set tidy = 'half done by a program'")
    results = build_all(database, load(tmp_path, folder(body)), rebuild=Rebuild.CHANGED)
    assert results["bites"].status == "built"
    assert ask(witness, "select tidy from staging.bites where bite_id = 1") == " Ouch 1 !"


def test_a_cleanup_that_reads_what_is_built_later_runs_again_on_new_rows(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    body = """
        pgw.execute("update staging.bites set tidy = coalesce(tidy, note)"
                    " || (select count(*) from staging.charges)")
    """
    first = folder(body, charges=CHARGES)
    build_all(database, load(tmp_path, first))
    fewer = (CHARGES[0], f"{CHARGES[1]} delete from staging.charges where bite_id > 80;")
    project = load(tmp_path, folder(body, charges=fewer))
    results = build_all(database, project, rebuild=Rebuild.CHANGED)
    assert results["charges"].status == results["bites_cleanup"].status == "built"
    assert ask(witness, "select tidy from staging.bites where bite_id = 1") == " Ouch 1 80"
    again = build_all(database, project, rebuild=Rebuild.CHANGED)
    assert {result.status for result in again.values()} == {"unchanged"}


def test_a_table_filled_where_it_stands_is_cleaned_before_anybody_reads_it(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    body = 'pgw.execute("update staging.bites set tidy = note where tidy is null")'
    files = folder(body)
    files["staging.yaml"] = "in_place: [bites]\ncleanups: {bites: tidy}\n"
    project = load(tmp_path, files)
    assert project.tables["bites"].in_place
    expected = run_as_psql(database, witness, project)
    for _ in range(2):
        log = Log()
        results = build_all(database, project, checks=find_checks(project), log=log)
        assert not is_later(log)
        assert [check.passed for check in results["bites_cleanup"].checks] == [True]
        assert read_table(witness) == expected
    files |= write('pgw.execute("update staging.bites set tidy = (1 / 0)::text")')
    results = build(database, load(tmp_path, files))
    assert results["bites_cleanup"].status == "failed"
    assert read_table(witness) == expected
