"""What a script of stored procedures makes that cannot be replaced is left as it is, and told."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from staging_assets.postgres.client.server import Server
from staging_assets_tests.end_to_end.test_same_as_psql import run_psql
from staging_assets_tests.support.builds import Log, ask, build_all, load
from staging_assets_tests.support.databases import fresh_database
from staging_assets_tests.support.dumps import check_same, dump

KINDS = {
    "collation": "create collation staging.plain (provider = libc, locale = 'C');",
    "aggregate": "create aggregate staging.total(int) (sfunc = int4pl, stype = int,"
    " initcond = '{}');",
    "operator": "create operator staging.@+@ (function = int4pl, leftarg = int, rightarg = int);",
    "type": "-- moods\ncreate type staging.mood as enum ('a; b', 'c');",
    "range": "create type staging.span as range (subtype = int);",
    "domain": "create domain staging.word as text check (value <> '');\n"
    "alter domain staging.word add constraint short check (length(value) < 9) not valid;",
    "cast": "create type staging.t as (a int);\n"
    "create function staging.f(staging.t) returns int language sql as 'select $1.a';\n"
    "create cast (staging.t as int) with function staging.f(staging.t);",
    "text search": "create text search configuration staging.mine (copy = simple);\n"
    "comment on text search configuration staging.mine is 'x';",
    "operator class": "create operator class staging.mine for type int using btree as operator 1 <,"
    " operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 btint4cmp(int, int);",
}


@pytest.mark.parametrize("schema", ["staging", "north"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_second_build_finds_it_there(
    kind: str, schema: str, server: Server, tmp_path: Path
) -> None:
    text = KINDS[kind].replace("{}", "0")
    project = load(tmp_path, {"create_stored_procedures/once.sql": text})
    with fresh_database(server) as ours, fresh_database(server) as theirs:
        with closing(theirs.connect("schema", autocommit=True)) as connection:
            ask(connection, "create schema staging")
        run_psql(theirs, project.sql_dir / "create_stored_procedures" / "once.sql")
        for number in range(3):
            log = Log()
            build_all(ours, project, schema=schema, log=log)
            kept = "it is there and stays as it is" in log.text
            assert kept == (number > 0 and kind != "aggregate")
        with closing(ours.connect("rename", autocommit=True)) as connection:
            if schema != "staging":
                ask(connection, f"alter schema {schema} rename to staging")
        check_same(dump(ours).replace(schema, "staging"), dump(theirs))


def test_an_aggregate_is_replaced(database: Server, tmp_path: Path) -> None:
    for start in (0, 10):
        text = KINDS["aggregate"].format(start)
        build_all(database, load(tmp_path / str(start), {"create_stored_procedures/a.sql": text}))
        with closing(database.connect("look", autocommit=True)) as connection:
            asked = "select staging.total(n) from generate_series(1, 3) n"
            assert ask(connection, asked) == 6 + start
