"""Scripts in psql's own language: what is sent is what psql sends, errors stand in the files."""

from __future__ import annotations

import os
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from staging_assets.parser import find_statements, tokenize
from staging_assets.postgres.client.server import Server
from staging_assets.postgres.psql import find_psql, find_variables
from staging_assets.project.load import load_project
from staging_assets_tests.support.builds import ask, build, build_all, load, tables

TREE = Path(__file__).parents[1] / "data" / "trees" / "psql"
SNIPPETS = [
    "\\set a 1 2 '3 4' \"5 6\"\nselect ':a', :'a', :\"a\";",
    "\\set a 'x\\ny\\x41\\102''z\\\\'\nselect :'a';",
    "\\set a b\n\\set b c\nselect :a, :b;",
    "\\set a ':a + :b'\n\\set b 1\nselect :a from :b;",
    "\\set a select 1\n:a; :a\\; :a;",
    "\\set n 2\nselect (array[1,2,3])[1:n], 1::int, x[:n:3];",
    "\\set a 1\\set b :a'x':a\nselect :'b';",
    "\\set a 1 \\\\ select :a;",
    "\\if true\nselect 1;\n\\elif true\nselect 2;\n\\else\nselect 3;\n\\endif\nselect 4;",
    "\\if 0\nselect 'it''s; :x';\n\\if 1\nselect 2;\n\\endif\n\\elif yes\nselect 3;\n\\endif",
    "\\set x 1\n\\if :{?x}\nselect :{?x}, :{?y};\n\\endif",
    "create function staging.f() returns int language sql begin atomic select 1; select case when"
    " true then 1 end; end;\nselect 2;",
    "select 1 as \"a;b\", ';', $$;$$, $a$;$$;$a$ /* ; /* ; */ ; */; -- ;\nselect 2",
    "select 1 \\g\nselect 2 \\gx\nselect 3;",
    "\\warn 'x' `false` :y; select 9;\nselect 1;\n\\qecho a \\\\ select 2;\n\\q\nselect 3;",
    "\\set a 'quote''s'\nselect E'\\':a', :'a'||:'a', u&':a', n':a';",
    "create rule r as on insert to x do also (select 1; select 2);\nselect 3;",
    "\\set ü ö\nselect :'ü', :ü;",
    "\\set a\nselect :'a', :a 1;",
    "\\d pg_class\n\\dt *.*\n\\x on\n\\pset null x\nselect 1;",
]


@pytest.mark.parametrize("number", range(len(SNIPPETS)))
def test_what_is_sent_is_what_psql_sends(number: int, database: Server, tmp_path: Path) -> None:
    snippet = SNIPPETS[number]
    script = tmp_path / "script.sql"
    script.write_text(snippet)
    done = subprocess.run(
        [find_psql(), "-X", "-q", "-e", "-o", "/dev/null", "-f", script],
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **find_variables(database)},
        capture_output=True,
        text=True,
        check=False,
    )
    sent = [token.value for token in tokenize(done.stdout) if token.value != ";"]
    project = load(tmp_path, tables(x=f"create table staging.x (); \n{snippet}"))
    ours = find_statements(project.tables["x"].create.text)[1:]
    assert [
        token.value for each in ours for token in tokenize(each.text) if token.value != ";"
    ] == sent


def test_the_tree_is_the_same_in_another_schema(database: Server) -> None:
    project = load_project(TREE, "demo")
    build_all(database, project)
    build_all(database, project, schema="Other one")
    with closing(database.connect("look", autocommit=True)) as connection:
        for table in project.tables:
            rows = [
                ask(connection, f"select array_agg(t::text order by t) from {schema}.{table} t")
                for schema in ("staging", '"Other one"')
            ]
            assert rows[0] == rows[1]
            assert rows[0]


def test_an_error_in_an_included_file_is_told_there(database: Server, tmp_path: Path) -> None:
    files = {
        **tables(x="create table staging.x (a int);\n\\i deep/one.sql\n"),
        "deep/one.sql": "\\set column b\n\\ir two.sql\n",
        "deep/two.sql": "-- here\ncomment on column staging.x.a is 'a';\n"
        "alter table staging.x\n  alter :column set not null;\n",
    }
    message = build(database, load(tmp_path, files))["x"].message
    assert "deep/two.sql:" in message
    assert 'column "b" of relation "x" does not exist' in message
    assert "CREATE-staging-x.sql:" not in message


def test_a_bad_row_is_told_with_its_line_and_not_shown(database: Server, tmp_path: Path) -> None:
    rows = "copy staging.x from stdin;\n1\n2\nsecret\n\\.\n"
    files = {
        **tables(
            x=f"create table staging.x (a int);\n{rows}",
            y=("create table staging.y (a int);", "\\copy staging.y from 'y.csv' csv header\n"),
        ),
        "y.csv": "a\n1\nsecret\n",
    }
    found = build(database, load(tmp_path, files))
    x, y = found["x"].message, found["y"].message
    assert "CREATE-staging-x.sql:5:1: invalid input syntax for type integer" in x
    assert "y.csv:3:1: invalid input syntax for type integer" in y
    assert "secret" not in x + y


def test_a_line_in_a_function_of_an_included_file_is_told(database: Server, tmp_path: Path) -> None:
    files = {
        **tables(
            x=("create table staging.x (a int);", "insert into staging.x select staging.f();")
        ),
        "create_stored_procedures/f.sql": "\\i bodies/f.sql\n",
        "bodies/f.sql": "-- a body\ncreate or replace function staging.f() returns int\n"
        "language plpgsql as $$\nbegin\n  return 1 /\n    0;\nend $$;\n",
    }
    message = build(database, load(tmp_path, files))["x"].message
    assert "bodies/f.sql:5" in message
