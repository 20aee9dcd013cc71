"""Foreign keys of other tables on one that is replaced."""

from __future__ import annotations

import pytest

from staging_assets.errors import BuildError
from staging_assets.postgres import Server, read_owed_keys
from staging_assets.publisher import drop_retired, run_validate
from staging_assets_tests.support.publishing import OTHER, TABLE, Press

pytestmark = pytest.mark.also_one_statement


def owed(press: Press) -> list[str]:
    return [str(key) for key in read_owed_keys(press.connection, "staging")]


def test_inbound_foreign_key_comes_back_valid_with_its_name_actions_and_comment(
    press: Press,
) -> None:
    press.run(
        "create table staging.child (t int constraint goes_there references staging.t"
        " on delete cascade deferrable initially deferred);"
        "comment on constraint goes_there on staging.child is 'why';"
        "insert into staging.child values (1), (null)"
    )
    before = press.one(
        "select pg_get_constraintdef(oid) from pg_constraint where conname = 'goes_there'"
    )
    press.publish(OTHER)
    assert owed(press) == []
    assert press.run(
        "select pg_get_constraintdef(oid), convalidated, confrelid::regclass::text,"
        " obj_description(oid) from pg_constraint where conname = 'goes_there'"
    ) == [(before, True, "staging.t", "why")]


def test_rows_that_lose_their_target_are_counted_and_nothing_is_published(press: Press) -> None:
    press.run(
        "create table staging.child (a int, b text, c int references staging.t);"
        "insert into staging.child select 1, 'secret', 2 from generate_series(1, 1234)"
    )
    with pytest.raises(BuildError) as failure:
        press.publish(TABLE + "insert into build.t values (1)")
    text = str(failure.value)
    assert "1,234 rows of staging.child (c)" in text
    assert "child_c_fkey" in text
    assert "Rebuild staging.child" in text
    assert "secret" not in text
    assert press.one("select count(*) from staging.t") == 2
    assert press.one("select convalidated from pg_constraint where conname = 'child_c_fkey'")


def test_composite_key_is_checked_by_all_its_columns(press: Press) -> None:
    wide = "create table build.t (a int, b text, primary key (a, b));"
    press.publish(wide + "insert into build.t values (1, 'x'), (2, 'y')")
    press.run(
        "create table staging.child (b text, a int, foreign key (a, b) references staging.t);"
        "insert into staging.child values ('x', 1), (null, 7), ('y', 2)"
    )
    press.publish(wide + "insert into build.t values (1, 'x'), (2, 'y'), (3, 'z')")
    with pytest.raises(BuildError, match=r"1 rows of staging\.child \(a, b\)"):
        press.publish(wide + "insert into build.t values (1, 'x'), (2, 'z')")


TARGET = "select confrelid::regclass::text, convalidated from pg_constraint where contype = 'f'"


def test_key_of_a_table_that_is_rebuilt_later_goes_with_its_old_table(press: Press) -> None:
    press.run(
        "create table staging.child (c int references staging.t on delete cascade);"
        "insert into staging.child values (2)"
    )
    one_row = TABLE + "insert into build.t values (1)"
    press.publish(one_row, later=("child",))
    assert press.run("select id from staging.t") == [(1,)]
    assert len(press.schemas()) == 3
    press.publish(
        "create table build.child (c int references staging.t on delete cascade);"
        "insert into build.child values (1)",
        "child",
    )
    assert press.run(TARGET) == [("staging.t", True)]
    assert drop_retired(press.connection, "staging") == []
    assert press.schemas() == ["staging", "staging__build"]


def test_key_of_a_table_that_was_not_rebuilt_after_all_is_turned_around(press: Press) -> None:
    press.run(
        "create table staging.child (c int references staging.t on delete cascade);"
        "comment on constraint child_c_fkey on staging.child is 'why';"
        "insert into staging.child values (2)"
    )
    press.publish(OTHER, later=("child",))
    assert drop_retired(press.connection, "staging") == []
    assert press.run(TARGET) == [("staging.t", False)]
    assert owed(press) == ["child_c_fkey of staging.child"]
    assert run_validate(press.connection, "staging") == []
    assert press.run(TARGET) == [("staging.t", True)]
    assert owed(press) == []
    assert press.one("select confdeltype from pg_constraint where contype = 'f'") == "c"
    assert press.one("select obj_description(oid) from pg_constraint where contype = 'f'") == "why"

    press.publish(TABLE + "insert into build.t values (1)", later=("child",))
    assert drop_retired(press.connection, "staging") == []
    told = run_validate(press.connection, "staging")
    assert press.run(TARGET) == [("staging.t", False)]
    assert owed(press) == ["child_c_fkey of staging.child"]
    assert len(told) == 1
    assert "Rebuild staging.child" in told[0]
    assert press.schemas() == ["staging", "staging__build"]


def test_old_tables_that_reference_each_other_are_dropped_together(
    press: Press, server_of_each_kind: Server
) -> None:
    press.run("create table staging.hub (id int primary key)")
    child = "create table build.child (c int references staging.t, h int references staging.hub)"
    press.publish(child, "child")
    press.publish(OTHER, later=("child",))
    reader = server_of_each_kind.connect("reader")
    reader.cursor().execute("select * from staging.hub")
    press.publish(child, "child")
    waiting = "select count(*) from pg_class where relnamespace = 'staging__old'::regnamespace"
    assert press.one(f"{waiting} and relkind = 'r'") == 2
    reader.close()
    assert drop_retired(press.connection, "staging") == []
    assert press.schemas() == ["staging", "staging__build"]


def test_constraint_that_was_not_valid_before_stays_so(press: Press) -> None:
    press.run(
        "create table staging.child (c int); insert into staging.child values (99);"
        "alter table staging.child add constraint late foreign key (c) references staging.t not"
        " valid"
    )
    press.publish(OTHER)
    assert owed(press) == []
    assert not press.one("select convalidated from pg_constraint where conname = 'late'")


def test_foreign_key_of_a_partitioned_table_comes_back(press: Press) -> None:
    press.run(
        "create table staging.child (c int references staging.t) partition by list (c);"
        "create table staging.child_1 partition of staging.child for values in (1);"
        "insert into staging.child values (1)"
    )
    for _ in range(2):
        press.publish(OTHER)
    assert press.run(
        "select conrelid::regclass::text, convalidated from pg_constraint where contype = 'f'"
        " and confrelid = 'staging.t'::regclass order by 1"
    ) == [("staging.child", True), ("staging.child_1", True)]
    with pytest.raises(BuildError, match=r"1 rows of staging\.child "):
        press.publish(TABLE)


def test_foreign_key_to_a_key_that_the_script_no_longer_makes_fails_by_name(press: Press) -> None:
    press.run("create table staging.child (c int references staging.t)")
    with pytest.raises(BuildError, match=r"foreign key child_c_fkey of staging\.child"):
        press.publish("create table build.t (id int, note text)")
    assert press.one("select count(*) from staging.t") == 2


def test_foreign_key_from_another_schema_and_odd_names(press: Press) -> None:
    press.run(
        'create schema "Other Place"; create table "Other Place"."Child" ("T id" int,'
        ' constraint "is % in" foreign key ("T id") references staging.t);'
        'insert into "Other Place"."Child" values (1)'
    )
    press.publish(OTHER)
    assert press.one("select convalidated from pg_constraint where conname = 'is % in'")
