from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from psycopg2 import extensions

from staging_assets.errors import BuildError, CancelledError
from staging_assets.model import Relation
from staging_assets.postgres.client.server import Server
from staging_assets.publisher import PublishRequest, drop_retired, run_publish
from staging_assets.publisher.transaction.brief_locks import parse_seconds
from staging_assets.settings import SessionSettings
from staging_assets_tests.support.publishing import Press
from staging_assets_tests.support.servers import fresh_role

TABLE = "create table build.t (id int primary key, note text); insert into build.t values (1, 'a')"


@pytest.fixture
def press(database: Server) -> Iterator[Press]:
    press = Press(database)
    yield press
    press.close()


def test_first_publication_moves_the_table_with_its_index_sequence_and_type(press: Press) -> None:
    press.publish(
        "create type build.mood as enum ('good', 'bad');"
        "create sequence build.free;"
        "create table build.t (id serial primary key, n int default nextval('build.free'),"
        " mood build.mood)",
        own=("mood", "free"),
    )
    found = press.run(
        "select relname::text from pg_class where relnamespace = 'staging'::regnamespace"
        " and relkind <> 'c' union select typname from pg_type where"
        " typnamespace = 'staging'::regnamespace and typtype = 'e' order by 1"
    )
    assert [name for (name,) in found] == ["free", "mood", "t", "t_id_seq", "t_pkey"]
    assert (
        press.one(
            "select count(*) from pg_class where relnamespace = 'staging__build'::regnamespace"
        )
        == 0
    )


def test_second_publication_replaces_the_table_under_the_same_names(press: Press) -> None:
    for round_ in range(3):
        press.publish(
            "create sequence build.free;"
            "create table build.t (id serial primary key, n int default nextval('build.free'));"
            f"insert into build.t select from generate_series(1, {round_ + 1})",
            own=("free",),
        )
    assert press.run("select id, n from staging.t order by id") == [(1, 1), (2, 2), (3, 3)]
    assert press.one("select last_value from staging.t_id_seq") == 3
    assert press.one("select last_value from staging.free") == 3
    assert press.one("select pg_get_serial_sequence('staging.t', 'id')") == "staging.t_id_seq"
    assert press.schemas() == ["staging", "staging__build"]


def test_range_type_goes_with_its_multirange(press: Press) -> None:
    for _ in range(2):
        press.publish(
            "create type build.span as range (subtype = int);create table build.t (s build.span)",
            own=("span",),
        )
    assert press.one("select '{[1,2)}'::staging.span_multirange::text") == "{[1,2)}"


def test_partitions_move_with_their_table(press: Press) -> None:
    create = (
        "create table build.t (id int, day date not null, primary key (id, day))"
        " partition by range (day);"
        "create table build.t_2024 partition of build.t"
        " for values from ('2024-01-01') to ('2025-01-01');"
        "create table build.t_rest partition of build.t default;"
        "insert into build.t values (1, '2024-05-05'), (2, '2020-01-01')"
    )
    for _ in range(2):
        press.publish(create, own=("t_2024", "t_rest"))
    assert press.run("select id from staging.t order by 1") == [(1,), (2,)]
    assert press.run("select id from staging.t_2024") == [(1,)]
    assert (
        press.one(
            "select count(*) from pg_partition_tree('staging.t') where not isleaf or level > 0"
        )
        == 3
    )


def test_partition_that_the_script_no_longer_makes_goes_and_is_named(press: Press) -> None:
    head = "create table build.t (id int) partition by list (id);"
    press.publish(
        head + "create table build.t_1 partition of build.t for values in (1);"
        "create table build.t_2 partition of build.t for values in (2)",
        own=("t_1", "t_2"),
    )
    press.publish(
        head + "create table build.t_1 partition of build.t for values in (1)", own=("t_1",)
    )
    assert press.one("select to_regclass('staging.t_2')") is None
    assert any("partition staging.t_2" in text for _, text in press.said)


def test_self_reference_still_points_at_its_own_table(press: Press) -> None:
    for _ in range(2):
        press.publish(
            "create table build.t (id int primary key, boss int references build.t);"
            "insert into build.t values (1, null), (2, 1)"
        )
    assert press.one(
        "select confrelid = conrelid and convalidated from pg_constraint where contype = 'f'"
    )


def test_old_table_with_foreign_keys_is_dropped_while_nobody_reads_the_hub(press: Press) -> None:
    press.run("create table staging.hub (id int primary key); insert into staging.hub values (1)")
    for _ in range(2):
        press.publish(
            "create table build.t (hub int references staging.hub); insert into build.t values (1)"
        )
    assert press.schemas() == ["staging", "staging__build"]


def test_reader_of_a_hub_does_not_hold_up_the_publication(press: Press, database: Server) -> None:
    press.run("create table staging.hub (id int primary key); insert into staging.hub values (1)")
    create = "create table build.t (hub int references staging.hub); insert into build.t values (1)"
    press.publish(create)
    reader = database.connect("reads the hub")
    with reader.cursor() as cursor:
        cursor.execute("select * from staging.hub")
        began = time.monotonic()
        press.publish(create.replace("staging.hub)", "staging.hub, extra int)"))
        assert time.monotonic() - began < 2
        assert press.run("select hub, extra from staging.t") == [(1, None)]
        waiting = [name for name in press.schemas() if name.startswith("staging__o")]
        assert len(waiting) == 1
        assert drop_retired(press.connection, "staging") == waiting
    reader.close()
    assert drop_retired(press.connection, "staging") == []
    assert press.schemas() == ["staging", "staging__build"]


def test_reader_that_keeps_its_lock_is_named_and_the_old_table_stays(
    press: Press, database: Server, witness: extensions.connection
) -> None:
    press.publish(TABLE)
    reader = database.connect("slow report")
    with reader.cursor() as cursor:
        cursor.execute("select * from staging.t")
        press.sessions = SessionSettings(lock_timeout="1s")
        began = time.monotonic()
        with pytest.raises(BuildError) as failure:
            press.publish(TABLE.replace("'a'", "'new'"))
        assert 0.9 < time.monotonic() - began < 5
    text = str(failure.value)
    assert f"backend {reader.info.backend_pid}" in text
    assert "slow report" in text
    assert "idle in transaction" in text
    assert "since 20" in text
    with witness.cursor() as cursor:
        cursor.execute("select id, note from staging.t")
        assert cursor.fetchall() == [(1, "a")]
    reader.rollback()
    press.publish("select")
    assert press.run("select note from staging.t") == [("new",)]
    reader.close()


def test_publication_goes_through_when_the_reader_lets_go(press: Press, database: Server) -> None:
    press.publish(TABLE)
    reader = database.connect("short report")
    with reader.cursor() as cursor:
        cursor.execute("select * from staging.t")
    letting_go = threading.Timer(0.8, reader.rollback)
    letting_go.start()
    press.publish(TABLE.replace("'a'", "'new'"))
    letting_go.join()
    assert press.run("select note from staging.t") == [("new",)]
    reader.close()


def test_other_readers_wait_little_while_one_holds_the_lock(press: Press, database: Server) -> None:
    press.publish(TABLE)
    holder, reader = database.connect("holder"), database.connect("reader", autocommit=True)
    with holder.cursor() as cursor:
        cursor.execute("select * from staging.t")
    press.sessions = SessionSettings(lock_timeout="2s")
    longest = [0.0]
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            began = time.monotonic()
            with reader.cursor() as cursor:
                cursor.execute("select count(*) from staging.t")
                assert cursor.fetchone() == (1,)
            longest[0] = max(longest[0], time.monotonic() - began)
            time.sleep(0.005)

    thread = threading.Thread(target=read)
    thread.start()
    with pytest.raises(BuildError):
        press.publish(TABLE)
    done.set()
    thread.join()
    print(f"longest wait of a reader: {longest[0] * 1000:.0f} ms")
    assert longest[0] < 1
    holder.close()
    reader.close()


def test_cancelled_run_publishes_nothing(press: Press) -> None:
    press.publish(TABLE)
    press.cancelled.set()
    with pytest.raises(CancelledError):
        press.publish(TABLE.replace("'a'", "'new'"))
    assert press.run("select note from staging.t") == [("a",)]


def test_cancelling_ends_the_waiting_for_a_lock(press: Press, database: Server) -> None:
    press.publish(TABLE)
    reader = database.connect("report")
    with reader.cursor() as cursor:
        cursor.execute("select * from staging.t")
    threading.Timer(0.5, press.cancelled.set).start()
    began = time.monotonic()
    with pytest.raises(CancelledError):
        press.publish(TABLE)
    assert time.monotonic() - began < 2
    reader.close()


def test_missing_live_schema_is_said(press: Press) -> None:
    press.run("drop schema staging")
    with pytest.raises(BuildError, match="there is no schema staging"):
        press.publish(TABLE)


def test_view_of_the_same_name_is_not_destroyed(press: Press) -> None:
    press.run("create view staging.t as select 1 as x")
    with pytest.raises(BuildError, match=r"staging\.t is a view, and the script makes a table"):
        press.publish(TABLE)
    assert press.one("select x from staging.t") == 1


def test_sequence_of_another_table_is_not_destroyed(press: Press) -> None:
    press.run(
        "create table staging.other (n int); create sequence staging.free owned by staging.other.n"
    )
    with pytest.raises(BuildError, match=r"sequence staging\.free belongs to"):
        press.publish("create sequence build.free;" + TABLE, own=("free",))


def test_hostile_names_are_harmless(press: Press) -> None:
    name = 'a"; drop schema staging; -- %s . x'
    quoted = '"' + name.replace('"', '""') + '"'
    for _ in range(2):
        press.run(f"create table staging__build.{quoted} (id serial primary key)")
        press.publish("select", name)
    press.run(f"create view staging.v as select * from staging.{quoted}")
    press.run(f"create table staging__build.{quoted} (id serial primary key)")
    press.publish("select", name)
    assert press.one("select count(*) from staging.v") == 0
    assert drop_retired(press.connection, "staging") == []
    assert press.schemas() == ["staging", "staging__build"]


def test_connection_keeps_its_transaction_mode(press: Press) -> None:
    press.run(TABLE.replace("build.", "staging__build."))
    press.connection.autocommit = False
    request = PublishRequest(
        live=Relation("staging", "t"),
        shadow_schema="staging__build",
        own=frozenset({"t"}),
        rebuilt_later=frozenset(),
        sessions=press.sessions,
        log=print,
        cancelled=press.cancelled,
    )
    run_publish(press.connection, request)
    assert not press.connection.autocommit
    assert press.connection.info.transaction_status == extensions.TRANSACTION_STATUS_IDLE


@pytest.mark.parametrize(
    ("setting", "seconds"), [("10s", 10), ("100ms", 0.1), ("2min", 120), ("500", 0.5), ("0", None)]
)
def test_time_settings_of_postgres_are_seconds(setting: str, seconds: float | None) -> None:
    assert parse_seconds(setting) == pytest.approx(seconds if seconds else float("inf"))


def test_small_tables_are_published_in_a_few_milliseconds(press: Press) -> None:
    taken = []
    for _ in range(12):
        press.run("create table staging__build.t (id int primary key, note text)")
        began = time.monotonic()
        press.publish("select")
        taken.append(time.monotonic() - began)
    print(f"median of a publication: {sorted(taken)[6] * 1000:.1f} ms")
    assert sorted(taken)[3] < 0.1


@pytest.mark.parametrize("name", ["slow report", ""])
def test_what_the_server_hides_of_a_reader_is_left_out(database: Server, name: str) -> None:
    with fresh_role(database) as poor:
        press = Press(poor)
        press.publish(TABLE)
        reader = database.connect(name)
        with reader.cursor() as cursor:
            cursor.execute("select * from staging.t")
            press.sessions = SessionSettings(lock_timeout="500ms")
            with pytest.raises(BuildError) as failure:
                press.publish(TABLE)
        reader.close()
        press.close()
    text = str(failure.value)
    told = name or "without a name"
    assert f"(application {told}, user postgres, its state is hidden from this role, on " in text
    assert "None" not in text


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
def test_transaction_with_an_older_snapshot_finds_the_new_table_empty(
    press: Press, database: Server, level: str
) -> None:
    """A limit that the documents name, and the way that they name around it."""
    press.publish(TABLE)
    press.run("create table public.other (id int)")
    old, careful = database.connect("old"), database.connect("careful")
    for reader in (old, careful):
        reader.set_session(isolation_level=level)
    with old.cursor() as cursor:
        cursor.execute("select count(*) from public.other")
        press.publish(TABLE)
        cursor.execute("select count(*) from staging.t")
        assert cursor.fetchone() == (0,)
    old.rollback()
    with careful.cursor() as cursor:
        cursor.execute("lock table staging.t in access share mode")
        cursor.execute("select count(*) from public.other")
        press.sessions = SessionSettings(lock_timeout="300ms")
        with pytest.raises(BuildError, match="careful"):
            press.publish(TABLE)
        cursor.execute("select note from staging.t")
        assert cursor.fetchone() == ("a",)
    for reader in (old, careful):
        reader.close()
