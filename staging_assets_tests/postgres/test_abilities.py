"""What the engine keeps to on servers that are not plain Postgres, as the server sees it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from staging_assets.errors import DatabaseError
from staging_assets.postgres.abilities.abilities import PLAIN, Abilities, find_abilities
from staging_assets.postgres.abilities.citus import citus_abilities
from staging_assets.postgres.abilities.found import read_abilities
from staging_assets.postgres.abilities.one_statement import OneStatementCursor
from staging_assets.postgres.client.schema_lock import SchemaLock
from staging_assets.postgres.client.server import Server
from staging_assets_tests.support.builds import ask, build, load, tables
from staging_assets_tests.support.citus import Cluster, noting_cluster, read_example
from staging_assets_tests.support.databases import fresh_database


@pytest.fixture
def cluster(server: Server) -> Iterator[Cluster]:
    with noting_cluster(server) as cluster:
        yield cluster


@pytest.fixture
def single(server: Server) -> Iterator[Server]:
    """A database that takes one statement a message."""
    with fresh_database(server, one_statement=True) as database:
        yield database


def hold(server: Server) -> SchemaLock:
    stop = threading.Event()
    return SchemaLock(server, "staging", "run", wait=0, log=lambda *_: None, cancelled=stop)


class Counting(Connection):
    """A connection that counts its messages."""

    messages = 0

    def cursor(self, *args: Any, **options: Any) -> Any:
        class Counted(Cursor):
            def execute(self, query: Any, vars: Any = None) -> None:
                Counting.messages += 1
                super().execute(query, vars)

        return super().cursor(*args, **{**options, "cursor_factory": Counted})


@pytest.mark.skipif(
    bool(os.environ.get("STAGING_TEST_ONE_STATEMENT")), reason="no database here is a plain one"
)
def test_plain_postgres_can_do_everything_and_is_told_so_by_no_message_more(
    database: Server,
) -> None:
    Counting.messages = 0
    with closing(database.connect("test", connection_factory=Counting)) as connection:
        assert find_abilities(connection) == PLAIN
        assert Counting.messages == 1, "it asks who answers, and pins the settings"


def test_a_connection_of_somebody_elses_is_taken_for_plain_postgres(cluster: Cluster) -> None:
    with closing(psycopg2.connect(cluster.server.dsn)) as connection:
        assert find_abilities(connection) == PLAIN


def test_citus_is_known_by_its_extension(cluster: Cluster) -> None:
    with closing(cluster.server.connect("test", autocommit=True)) as connection:
        assert find_abilities(connection) == citus_abilities("12.1-1")
        assert ask(connection, "select current_setting('citus.enable_local_execution')") == "off"


@pytest.mark.parametrize(("version", "knows_tenants"), [("11.3-1", False), ("12.1-1", True)])
def test_settings_are_those_that_the_version_has(version: str, knows_tenants: bool) -> None:
    found = read_abilities([False, "off", None, version])
    assert found.one_statement
    assert ("citus.enable_schema_based_sharding" in found.settings) is knows_tenants


def test_a_build_calls_citus_with_the_names_of_the_shadows_in_their_order(
    cluster: Cluster, tmp_path: Path
) -> None:
    routine = (
        "create function staging.half(officer_id bigint) returns bigint language sql"
        " as 'select officer_id / 2';\n"
        "select create_distributed_function('staging.half(bigint)', 'officer_id',"
        " colocate_with => 'staging.officers');"
    )
    files = {**read_example(), "create_stored_procedures/half.sql": routine}
    project = load(tmp_path, files)
    cluster.build(project, "live", workers=1)
    with closing(cluster.server.connect("test", autocommit=True)) as connection:
        rows = ask(connection, "select call, argument from citus.calls order by number")
    calls = [tuple(row) for row in rows]
    assert calls[0] == ("recover_prepared_transactions", None)
    assert set(calls[1:]) == {
        ("create_distributed_function", "live.half(bigint)"),
        ("create_reference_table", "live__build.ranks"),
        ("create_distributed_table", "live__build.officers"),
        ("create_distributed_table", "live__build.events"),
        ("colocate_with", "live.officers"),
    }
    events = calls.index(("create_distributed_table", "live__build.events"))
    assert calls[events + 1] == ("colocate_with", "live.officers")
    assert calls.index(("create_distributed_table", "live__build.officers")) < events
    assert calls.index(("create_reference_table", "live__build.ranks")) < events


def test_a_qualified_call_is_sent_along_too(cluster: Cluster, tmp_path: Path) -> None:
    files = tables(
        t="create table staging.t (id int primary key);\n"
        "select pg_catalog.create_distributed_table('staging.t', 'id');"
    )
    cluster.build(load(tmp_path, files), "live", create_only=True)
    with closing(cluster.server.connect("test", autocommit=True)) as connection:
        call = "select argument from citus.calls where call = 'create_distributed_table'"
        assert ask(connection, call) == "live__build.t"


def test_a_session_on_citus_waits_for_its_commits_and_numbers_one_by_one(
    cluster: Cluster, tmp_path: Path
) -> None:
    files = tables(
        t=(
            "create table staging.t (id serial primary key, said text);"
            " select create_distributed_table('staging.t', 'id');",
            "insert into staging.t (said) values (current_setting('synchronous_commit')),"
            " (current_setting('citus.multi_shard_modify_mode')),"
            " ((select seqcache::text from pg_sequence"
            " where seqrelid = pg_get_serial_sequence('staging.t', 'id')::regclass));",
        )
    )
    cluster.build(load(tmp_path, files))
    assert cluster.ask("select string_agg(said, ' ' order by id) from staging.t") == (
        "on sequential 1"
    )


def test_a_standby_and_a_server_that_only_reads_are_refused_at_once(
    database: Server, tmp_path: Path
) -> None:
    with closing(database.connect("test", autocommit=True)) as connection:
        name = sql.Identifier(database.database).as_string(connection)
        ask(connection, f"alter database {name} set default_transaction_read_only = on")
    with pytest.raises(DatabaseError, match=r"transactions only read there .* Name the server"):
        hold(database)
    with pytest.raises(DatabaseError, match="only read"):
        build(database, load(tmp_path, tables(t="create table staging.t (id int);")))
    assert read_abilities([True, "on", None, None]) == Abilities(standby=True, read_only=True)


def test_several_statements_are_one_transaction_as_in_one_message(single: Server) -> None:
    with closing(single.connect("staging_assets test", autocommit=True)) as connection:
        with connection.cursor() as cursor:
            assert isinstance(cursor, OneStatementCursor)
            cursor.execute("create table public.t (id int); insert into public.t values (1), (2)")
            assert cursor.rowcount == 2
            with pytest.raises(psycopg2.errors.DivisionByZero):
                cursor.execute("insert into public.t values (3); select 1 / 0")
        assert ask(connection, "select 1; select count(*) from public.t") == 2
        assert connection.info.transaction_status == 0


def test_what_a_text_begins_and_ends_itself_stays_its_own_affair(single: Server) -> None:
    with closing(single.connect("staging_assets test", autocommit=True)) as connection:
        with connection.cursor() as cursor:
            cursor.execute("begin; create table public.t (id int); commit; select 'a;b'")
            assert cursor.fetchall() == [("a;b",)]
            cursor.execute("begin; insert into public.t values (%s)", (7,))
        assert connection.info.transaction_status == 2
        ask(connection, "rollback")
        assert ask(connection, "select count(*) from public.t") == 0


def test_places_that_the_server_names_are_those_of_the_whole_text(single: Server) -> None:
    text = "select 1;\n  select 'ü', 2; select 3 from nowhere; select 4"
    with (
        closing(single.connect("staging_assets test", autocommit=True)) as connection,
        connection.cursor() as cursor,
        pytest.raises(psycopg2.Error) as raised,
    ):
        cursor.execute(text)
    assert raised.value.diag.statement_position == str(text.index("nowhere") + 1)
    assert "LINE 2" in str(raised.value)


def test_definitions_beside_others_in_a_message_are_refused_by_that_server(single: Server) -> None:
    """What every other test with this kind of database stands on."""
    with closing(
        psycopg2.connect(single.dsn, application_name="staging_assets test")
    ) as connection:
        connection.autocommit = True
        ask(connection, "create table public.t (note text default 'a; b')")
        with pytest.raises(psycopg2.Error, match="cannot insert multiple commands"):
            ask(connection, "set search_path to public; alter table public.t add n int")
