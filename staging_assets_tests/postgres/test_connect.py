"""Sessions: what each begins with, who is refused, and that no password is told."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import time
import traceback
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import parse_dsn

from staging_assets.errors import DatabaseError
from staging_assets.postgres import Server, find_server
from staging_assets.postgres.embedded.server import EmbeddedServer
from staging_assets.settings import ConnectionSettings, SessionSettings, read_settings
from staging_assets_tests.support.servers import Pooler, wait_for


def show(connection: Connection, *names: str) -> list[str]:
    with connection.cursor() as cursor:
        values = []
        for name in names:
            cursor.execute(f"show {name}")
            values.append(cursor.fetchone()[0])  # type: ignore[index]
        return values


# what a session begins with


@pytest.mark.parametrize("which", ["database", "database15"])
def test_a_session_begins_with_pinned_settings(which: str, request: pytest.FixtureRequest) -> None:
    server: Server = request.getfixturevalue(which)
    with closing(server.connect("staging_assets run table")) as connection:
        assert show(
            connection,
            "application_name",
            "search_path",
            "client_encoding",
            "standard_conforming_strings",
            "statement_timeout",
            "lock_timeout",
            "client_connection_check_interval",
        ) == ["staging_assets run table", "public", "UTF8", "on", "0", "10s", "2s"]
        connection.rollback()
        assert show(connection, "search_path") == ["public"], "they are the session's"
        assert connection.autocommit is False


def test_what_the_server_says_otherwise_does_not_count(
    database: Server, witness: Connection
) -> None:
    with witness.cursor() as cursor:
        cursor.execute("select current_database()")
        (name,) = cursor.fetchone()  # type: ignore[misc]
        cursor.execute(f"alter database {name} set search_path = etl")
        cursor.execute(f"alter database {name} set statement_timeout = '200ms'")
        cursor.execute(f"alter database {name} set standard_conforming_strings = off")
    with closing(database.connect("x")) as connection:
        assert show(
            connection, "search_path", "statement_timeout", "standard_conforming_strings"
        ) == ["public", "0", "on"]


def test_settings_reach_the_session(database: Server) -> None:
    chosen = SessionSettings("5min", "3s", "8MB", "32MB")
    names = ("statement_timeout", "lock_timeout", "work_mem", "maintenance_work_mem")
    server = Server(database.dsn, chosen)
    with closing(server.connect("x")) as connection:
        assert show(connection, *names) == ["5min", "3s", "8MB", "32MB"]
    with closing(server.connect("x", sessions=SessionSettings(lock_timeout="7s"))) as connection:
        assert show(connection, "lock_timeout", "statement_timeout") == ["7s", "0"]


def test_a_long_name_is_cut_at_a_character(database: Server) -> None:
    with closing(database.connect("staging_assets " + "ü" * 40)) as connection:
        (name,) = show(connection, "application_name")
        assert name.startswith("staging_assets ")


def test_autocommit_and_options_of_libpq(database: Server) -> None:
    with closing(database.connect("x", autocommit=True, dbname="postgres")) as connection:
        assert connection.autocommit is True
        assert connection.info.dbname == "postgres"


def test_a_client_that_is_killed_leaves_no_query_behind(
    database: Server, witness: Connection
) -> None:
    code = (
        "import pickle, sys; c = pickle.load(sys.stdin.buffer).connect('victim');"
        "c.cursor().execute('select pg_sleep(600)')"
    )
    client = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)
    assert client.stdin is not None
    client.stdin.write(pickle.dumps(database))
    client.stdin.close()

    def running() -> bool:
        with witness.cursor() as cursor:
            cursor.execute(
                "select 1 from pg_stat_activity where application_name = 'victim' "
                "and query ~ 'pg_sleep' and datname = current_database()"
            )
            return cursor.fetchone() is not None

    wait_for(running, 20)
    client.kill()
    client.wait()
    began = time.monotonic()
    wait_for(lambda: not running(), 10)
    assert time.monotonic() - began < 5


# who is refused, and how


def test_nobody_there_is_told_with_the_place() -> None:
    server = Server("postgresql://me:hush@127.0.0.1:1/police?connect_timeout=2")
    with pytest.raises(DatabaseError, match=r"^me@127.0.0.1:1/police: .*refused.* Check") as caught:
        server.connect("x")
    assert "hush" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://me:hu%sh@host/d",
        "postgresql://me:hush@host/d?hush=1",
        "host=h password=hush x",
        "host=h password='hush",
    ],
)
def test_a_dsn_that_libpq_cannot_read_is_told_without_its_text(dsn: str) -> None:
    with pytest.raises(DatabaseError, match="libpq cannot read it") as caught:
        Server(dsn).connect("x")
    assert "hu" not in str(caught.value)
    assert caught.value.__suppress_context__
    assert str(Server(dsn)) == "the database"


def test_a_missing_database_and_a_missing_role_are_told(database: Server) -> None:
    with pytest.raises(DatabaseError, match=r'"nowhere" does not exist\. Create the database'):
        database.connect("x", dbname="nowhere")
    with pytest.raises(DatabaseError, match=r'role "nobody" does not exist\. Check the user'):
        database.connect("x", user="nobody")


def test_no_password_in_repr_str_or_pickle_repr() -> None:
    server = Server("host=h user=u password=hush dbname=d")
    assert "hush" not in f"{server!r} {server}"
    assert str(server) == "u@h/d"
    assert pickle.loads(pickle.dumps(server)) == server
    assert str(Server("service=police")) == "service police"
    assert str(Server("")) == "the database"


# poolers


@pytest.mark.parametrize("mode", ["transaction", "statement"])
@pytest.mark.parametrize("settings", [{}, {"server_round_robin": "1"}, {"min_pool_size": "5"}])
def test_a_pooler_that_keeps_no_session_is_refused(
    pooler: Pooler, mode: str, settings: dict[str, str]
) -> None:
    server = pooler(mode, **settings)
    with pytest.raises(DatabaseError, match=r"cannot keep a session\. Connect to Postgres itself"):
        server.connect("x")


def test_a_pooler_in_session_mode_will_do(pooler: Pooler) -> None:
    with closing(pooler("session").connect("x")) as connection:
        assert show(connection, "search_path", "lock_timeout") == ["public", "10s"]


def test_options_that_pgbouncer_refuses_are_explained(pooler: Pooler) -> None:
    server = pooler("session")
    with pytest.raises(DatabaseError, match=r"This is pgbouncer: leave `options` out"):
        server.connect("x", options="-c work_mem=8MB")


def test_a_wrong_password_is_not_told(pooler: Pooler) -> None:
    server = Server(pooler("session").dsn.replace("=right", "=wrong-hush"))
    with pytest.raises(DatabaseError, match="Check the user and the password") as caught:
        server.connect("x")
    assert "hush" not in "".join(traceback.format_exception(caught.value))


# which server


def test_the_url_names_the_server(tmp_path: Path) -> None:
    url = "postgresql://u@localhost/d"
    settings = read_settings({"STAGING_DATABASE_URL": url, "PGHOST": "other"})
    assert find_server(settings.postgres) == Server(url)


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("postgresql://u@db.example/d", True),
        ("postgresql://u@10.1.2.3/d?connect_timeout=5", True),
        ("postgresql://u@localhost,db.example/d", True),
        ("host=db.example dbname=d", True),
        ("postgresql://u@db.example/d?sslmode=disable", False),
        ("postgresql://u@localhost/d", False),
        ("postgresql://u@127.0.0.1/d", False),
        ("postgresql://u@[::1]/d", False),
        ("postgresql:///d?host=/run/postgresql", False),
        ("postgresql:///d", False),
        ("service=police", False),
    ],
)
def test_a_host_elsewhere_is_asked_for_tls_unless_something_says_how(url: str, asked: bool) -> None:
    server = find_server(ConnectionSettings(url=url))
    told = parse_dsn(server.dsn)
    assert (told.pop("sslmode", None) == "require") is asked
    assert told == {k: v for k, v in parse_dsn(url).items() if k != "sslmode"}


@pytest.mark.parametrize(("name", "asked"), [("PGSSLMODE", False), ("PGUSER", True)])
def test_libpqs_variables_are_asked_for_tls_too(name: str, asked: bool) -> None:
    settings = read_settings({"PGHOST": "db.example", name: "prefer"})
    assert (settings.connection.sslmode == "require") is asked
    assert read_settings({"PGHOST": "/run/postgresql"}).connection.sslmode is None


def test_the_refusal_of_a_server_without_tls_says_why_it_was_asked(
    pooler: Pooler,
) -> None:
    pooler("session", listen_addr="127.0.0.1")
    server = Server("host=127.0.0.1 port=6432 user=postgres password=right sslmode=require")
    with pytest.raises(DatabaseError, match="sslmode=prefer to go without"):
        server.connect("x")


def test_fields_one_by_one_name_a_server_and_win_over_the_url() -> None:
    settings = ConnectionSettings(
        url="postgresql://u@localhost/d", host="db.example", port=5433, passfile="/secrets/pg"
    )
    assert parse_dsn(find_server(settings).dsn) == {
        "user": "u",
        "dbname": "d",
        "host": "db.example",
        "port": "5433",
        "passfile": "/secrets/pg",
        "sslmode": "require",
    }


def test_libpqs_environment_names_it_else(
    database: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = parse_dsn(database.dsn)
    for name, key in {"PGHOST": "host", "PGUSER": "user", "PGDATABASE": "dbname"}.items():
        monkeypatch.setenv(name, told[key])
    server = find_server(read_settings(os.environ).postgres)
    assert server.dsn == ""
    with closing(server.connect("x")) as connection:
        assert connection.info.dbname == told["dbname"]

    for name in ("PGHOST", "PGUSER", "PGDATABASE"):
        monkeypatch.delenv(name)
    service = tmp_path / "services"
    service.write_text("[police]\n" + "".join(f"{k}={v}\n" for k, v in told.items()))
    monkeypatch.setenv("PGSERVICEFILE", str(service))
    monkeypatch.setenv("PGSERVICE", "police")
    with closing(find_server(read_settings(os.environ).postgres).connect("x")) as connection:
        assert connection.info.dbname == told["dbname"]


def test_a_password_file_is_used(
    pooler: Pooler, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server = Server(pooler("session").dsn.replace(" password=right", ""))
    passfile = tmp_path / "pgpass"
    passfile.write_text("*:*:*:postgres:right\n")
    passfile.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(passfile))
    server.connect("x").close()


def test_the_embedded_one_is_the_last_resort(database: Server) -> None:
    host = parse_dsn(database.dsn)["host"]
    home = Path(host).parent.parent
    settings = read_settings({"STAGING_HOME": str(home), "STAGING_LOCK_TIMEOUT": "1s"})
    server = find_server(settings.postgres)
    assert server.dsn == EmbeddedServer(home).url
    assert server.sessions.lock_timeout == "1s"


def test_libpqs_variables_do_not_disturb_the_embedded_one(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "PGPORT": "1",
        "PGUSER": "x",
        "PGPASSWORD": "y",
        "PGSSLMODE": "require",
    }.items():
        monkeypatch.setenv(name, value)
    server.connect("x").close()


def test_an_old_server_is_refused(database: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("staging_assets.postgres.client.server.OLDEST_VERSION", 99)
    with pytest.raises(DatabaseError, match=r"is PostgreSQL \d\d, and at least 99 is needed\. Use"):
        database.connect("x")


def test_errors_after_connecting_are_psycopg2s_own(database: Server) -> None:
    with (
        closing(database.connect("x")) as connection,
        connection.cursor() as cursor,
        pytest.raises(psycopg2.errors.UndefinedTable),
    ):
        cursor.execute("select * from nowhere")
