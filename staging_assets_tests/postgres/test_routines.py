"""What a server's own routines do with their arguments, as its catalog tells it."""

# ruff: noqa: E501 - a function is a line

from __future__ import annotations

from contextlib import closing

import pytest

from staging_assets.model import Relation, SchemaNames
from staging_assets.parser import rewrite
from staging_assets.postgres.client.routines import ServerRoutines
from staging_assets.postgres.client.server import Server

MADE = """
create schema build2;
create schema other;
create table build2.t (id int);
create function public.kind_of(r regclass) returns text language sql
    as 'select relkind::text from pg_catalog.pg_class where oid = r';
create function public.kinds_of(r regclass[]) returns int language sql as 'select cardinality(r)';
create function other.count_of(label text, t text) returns text language plpgsql as
    $$ declare n int; begin execute format('select count(*) from %s', t) into n; return label || n; end $$;
create function other.through(t text) returns text language plpgsql as
    $$ begin return other.count_of('staging.data', t); end $$;
create function build2.cast_it(t text) returns oid language sql as 'select t::regclass::oid';
create function other.standard(t text) returns oid language sql begin atomic select t::regclass::oid; end;
create function other.echo(t text) returns text language sql as 'select t';
create function other.both(t text) returns text language sql as 'select t';
create function other.both(t regclass) returns text language sql as 'select t::text';
create function pg_catalog.of_an_extension(r regclass) returns text language sql as 'select r::text';
create function other.named(label text, t regclass, out found text) language sql as 'select label';
"""
CASES = [
    ("public.kind_of('staging.t')", "r"),
    ("kind_of('staging.t')", "r"),
    ("kinds_of('{staging.t,staging.t}')", "2"),
    ("other.count_of('staging.data', 'staging.t')", "staging.data0"),
    ("other.count_of(t => 'staging.t', label => 'staging.t')", "staging.t0"),
    ("other.through('staging.t')", "staging.data0"),
    ("staging.cast_it('staging.t') = 'build2.t'::regclass", "true"),
    ("other.standard('staging.t') = 'build2.t'::regclass", "true"),
    ("other.echo('staging.t')", "staging.t"),
    ("other.both('staging.t')", "staging.t"),
    ("other.named('staging.t', 'staging.t')", "staging.t"),
    ("of_an_extension('staging.t')", "build2.t"),
    ("pg_catalog.of_an_extension('staging.t')", "build2.t"),
    ("pg_catalog.length('staging.t')", "9"),
    ("upper(other.echo('staging.t'))", "STAGING.T"),
    ("length('staging.t')", "9"),
]


@pytest.mark.parametrize(("call", "expected"), CASES, ids=[call for call, _ in CASES])
def test_an_argument_is_sent_along_when_the_routine_takes_it_for_a_name(
    call: str, expected: str, database: Server
) -> None:
    with closing(database.connect("test")) as connection, connection.cursor() as cursor:
        cursor.execute(MADE)
        routines = ServerRoutines("build2", SchemaNames())
        text = rewrite(
            f"select ({call})::text",
            SchemaNames(),
            schema="build2",
            ask=lambda called: routines.find(connection, called),
        ).text
        cursor.execute(text)
        assert cursor.fetchall() == [(expected,)]


def test_a_routine_is_asked_for_once(database: Server) -> None:
    called = {Relation("other", "echo"), Relation("", "kind_of")}
    with closing(database.connect("test")) as connection, connection.cursor() as cursor:
        cursor.execute(MADE)
        routines = ServerRoutines("build2", SchemaNames())
        first = routines.find(connection, called)
        cursor.execute("drop function public.kind_of")
        assert routines.find(connection, called) == first
        assert first.find(None, "kind_of") is not None
        assert first.find("other", "echo") is None


def test_nothing_is_asked_in_a_transaction_that_has_failed(database: Server) -> None:
    with closing(database.connect("test")) as connection, connection.cursor() as cursor:
        cursor.execute(MADE)
        connection.commit()
        with pytest.raises(Exception, match="division by zero"):
            cursor.execute("select 1 / 0")
        routines = ServerRoutines("build2", SchemaNames())
        called = {Relation("", "kind_of")}
        assert routines.find(connection, called).find(None, "kind_of") is None
        connection.rollback()
        assert routines.find(connection, called).find(None, "kind_of") is not None


def test_operators_that_somebody_puts_into_public_are_not_called(database: Server) -> None:
    with closing(database.connect("test")) as connection, connection.cursor() as cursor:
        cursor.execute(MADE)
        for kind in ("oid", "name"):
            cursor.execute(
                f"create function public.trap({kind}, {kind}) returns bool language plpgsql as"
                " $$ begin raise exception 'trapped'; end $$;"
                f" create operator public.= (function = public.trap, leftarg = {kind}, rightarg = {kind})"
            )
        cursor.execute("set search_path = public, pg_catalog")
        found = ServerRoutines("build2", SchemaNames()).find(connection, {Relation("", "kind_of")})
        assert found.find(None, "kind_of") is not None
