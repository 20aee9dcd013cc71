"""Empty databases for tests: each test has one of its own, and what comes back clean is lent again.

To make a database and to drop it takes 600 files, more work than most tests are. On a server that
is thrown away a database that a test gives back is therefore emptied and looked through. When
nothing is left of the test, the next one gets it, under another name: whatever still wants to
connect to it finds nobody.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import cache, cached_property
from pathlib import Path

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor  # noqa: N812
from psycopg2.extensions import make_dsn

from staging_assets.postgres.client.server import Server

_TEMPLATE = "empty_for_tests"
_MOST_USES = 50
"""Catalogs swell: nobody vacuums them."""

_END_SESSIONS = """
select count(pg_terminate_backend(pid)) from pg_stat_activity
where datname = %s and pid <> pg_backend_pid()
"""

# Whatever a test may have put into the database: its schemas, and what is in `public`.
_EMPTY = """
do $$
declare
    found record;
begin
    for found in
        select 'schema' as kind, format('%I', nspname) as name from pg_namespace
        where nspname not in ('public', 'information_schema') and nspname !~ '^pg_'
        union all
        select thing.type, thing.identity from pg_depend as d
        cross join lateral pg_identify_object(d.classid, d.objid, d.objsubid) as thing
        where d.refclassid = 'pg_namespace'::regclass and d.refobjid = 'public'::regnamespace
    loop
        if found.name is not null then  -- not gone with another already
            execute format('drop %s if exists %s cascade', found.kind, found.name);
        end if;
    end loop;
end $$
"""

# One row for each thing that is not there in a new database, in every catalog.
_LEFT = """
select string_agg(
    format(
        'select %L from pg_catalog.%I where oid >= 16384%s',
        relname, relname, case relname when 'pg_namespace' then $$ and nspname !~ '^pg_'$$ end
    ),
    ' union all '
)
from pg_class inner join pg_attribute on attrelid = pg_class.oid and attname = 'oid'
where relnamespace = 'pg_catalog'::regnamespace and relkind = 'r' and not relisshared
"""
_SETTINGS = """
select
    (select row(d.datacl, d.datconnlimit, d.datdba, d.dattablespace)::text from pg_database as d
    where d.datname = current_database()),
    (select count(*) from pg_db_role_setting as s inner join pg_database as d
    on s.setdatabase = d.oid where d.datname = current_database()),
    (select row(nspacl, nspowner)::text from pg_namespace where nspname = 'public'),
    (select count(*) from pg_description), (select count(*) from pg_depend),
    (select count(*) from pg_prepared_xacts where database = current_database())
"""

_ONE_STATEMENT = "staging_assets.one_statement = on"


@contextmanager
def fresh_database(server: Server, *, one_statement: bool = False) -> Iterator[Server]:
    """Give an empty database of one's own, and take it away in the end, whoever is in it.

    Args:
        one_statement: whether its messages may hold one statement only.
    """
    maker = _find_maker(server.dsn)
    name = maker.take()
    fresh = Server(make_dsn(server.dsn, dbname=name), server.sessions)
    try:
        if one_statement or os.environ.get("STAGING_TEST_ONE_STATEMENT"):
            refuse_several_statements(fresh, f"alter database {name} set {_ONE_STATEMENT}")
        yield fresh
    finally:
        maker.take_back(name)


def refuse_several_statements(database: Server, declaration: str = "") -> None:
    """Let a database refuse definitions of ours that come in a message with others.

    Args:
        declaration: a statement by which it says so.
    """
    text = Path(__file__).with_name("one_statement.sql").read_text()
    with (
        closing(database.connect("tests", autocommit=True)) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("select pg_catalog.to_regnamespace('one_statement') is null")
        [needed] = cursor.fetchone() or [True]
        if needed:
            cursor.execute(text)
        if declaration:
            cursor.execute(declaration)


@cache
def _find_maker(dsn: str) -> _Maker:
    return _Maker(dsn)


class _Maker:
    """Makes the databases of one server for one process.

    Args:
        dsn: of a database that is always there.
    """

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._uses: dict[str, int] = {}
        self._free: list[str] = []

    def take(self) -> str:
        """Give the name of an empty database."""
        name = self._free.pop() if self._free else self._make()
        self._uses[name] += 1
        return name

    def take_back(self, name: str) -> None:
        """Empty it for others, or drop it."""
        uses = self._uses.pop(name)
        if self._lends and uses < _MOST_USES:
            self._end_sessions(name)
            again = _choose_name()
            with suppress(psycopg2.Error):  # somebody has just come in
                self._run("alter database {} rename to {}", name, again)
                name = again
                if self._is_emptied(name):
                    self._uses[name] = uses
                    self._free.append(name)
                    return
        self._run("drop database {} with (force)", name)

    def _end_sessions(self, name: str) -> None:
        """End all of its sessions, and look for them more often than the server would by itself."""
        end = time.monotonic() + 10
        while time.monotonic() < end:
            self._cursor.execute(_END_SESSIONS, (name,))
            if self._cursor.fetchall() == [(0,)]:
                return
            time.sleep(0.002)

    def _make(self) -> str:
        name = _choose_name()
        how = f"template {_TEMPLATE}" if self._lends else "template template0"
        if self._lends and self._cursor.connection.server_version >= 150000:
            how += " strategy file_copy"
        self._run("create database {} " + how, name)
        self._uses[name] = 0
        return name

    def _is_emptied(self, name: str) -> bool:
        with _entered(make_dsn(self._dsn, dbname=name)) as cursor:
            # No trigger of the test's is to run.
            cursor.execute("set session_replication_role = replica")
            cursor.execute(_EMPTY)
            cursor.execute(self._left)
            left = cursor.fetchall()
            cursor.execute(_SETTINGS)
            return not left and cursor.fetchall() == self._settings

    def _run(self, statement: str, *names: str) -> None:
        self._cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    @cached_property
    def _cursor(self) -> Cursor:
        """A session that stays open, in the database that is always there."""
        connection = psycopg2.connect(self._dsn, application_name="tests")
        connection.autocommit = True
        return connection.cursor()

    @cached_property
    def _lends(self) -> bool:
        """Whether the server is thrown away after the tests; if so, a template is there to copy.

        It is a database that somebody has entered once: the first who enters a copy of `template0`
        writes a cache of the catalogs, which takes as long as the copy.
        """
        self._cursor.execute("show fsync")
        if self._cursor.fetchall() == [("on",)]:
            return False
        with _entered(self._dsn) as cursor:
            cursor.execute("select pg_advisory_lock(hashtext(%s))", (_TEMPLATE,))
            cursor.execute("select from pg_database where datname = %s", (_TEMPLATE,))
            if not cursor.fetchall():
                cursor.execute(f"create database {_TEMPLATE} template template0")
            with _entered(make_dsn(self._dsn, dbname=_TEMPLATE)) as inside:
                inside.execute(_LEFT)
                self._left = inside.fetchall()[0][0]
                inside.execute(_SETTINGS)
                self._settings = inside.fetchall()
        return True


@contextmanager
def _entered(dsn: str) -> Iterator[Cursor]:
    connection = psycopg2.connect(dsn, application_name="tests")
    connection.autocommit = True
    with closing(connection), connection.cursor() as cursor:
        yield cursor


def _choose_name() -> str:
    return f"test_{uuid.uuid4().hex[:12]}"
