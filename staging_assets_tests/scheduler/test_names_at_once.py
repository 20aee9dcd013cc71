"""Two sessions that take one name at the same moment: the later one may try again."""

from __future__ import annotations

import threading
from contextlib import closing

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.postgres import Server
from staging_assets.scheduler.retries import find_mendable
from staging_assets_tests.support.builds import ask


def test_a_name_taken_at_the_same_moment_is_worth_another_try(
    database: Server, witness: Connection
) -> None:
    with closing(database.connect("other")) as other:
        with other.cursor() as cursor:
            cursor.execute("create table public.t ()")
        threading.Timer(0.5, other.commit).start()
        with pytest.raises(psycopg2.errors.UniqueViolation) as caught:
            ask(witness, "create table public.t ()")
    what = find_mendable(caught.value, connection_lost=False)
    assert what == "another table took the same generated name at the same moment"


def test_a_key_that_is_there_twice_stays_so(witness: Connection) -> None:
    ask(witness, 'create table public.t (a int constraint "pg_class_of_mine" primary key)')
    with pytest.raises(psycopg2.errors.UniqueViolation) as caught:
        ask(witness, "insert into public.t values (1), (1)")
    assert find_mendable(caught.value, connection_lost=False) is None


def test_what_was_dropped_while_it_was_looked_at_is_worth_another_try(witness: Connection) -> None:
    with pytest.raises(psycopg2.errors.InternalError_) as caught:
        ask(witness, "select nextval(4000000000::oid::regclass)")
    what = find_mendable(caught.value, connection_lost=False)
    assert what == "what the catalog was asked about was dropped at the same moment"


def test_a_fault_of_a_server_is_not(witness: Connection) -> None:
    with pytest.raises(psycopg2.errors.InternalError_) as caught:
        ask(witness, "do $$ begin raise exception 'broken' using errcode = 'XX000'; end $$")
    assert find_mendable(caught.value, connection_lost=False) is None
