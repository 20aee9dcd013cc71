"""Views, materialized views, functions and whatever else depends on a table that is replaced."""

from __future__ import annotations

import threading

import pytest

from staging_assets.errors import BuildError
from staging_assets.postgres import Server
from staging_assets.publisher import drop_retired
from staging_assets_tests.support.publishing import OTHER, Press


def test_views_stay_where_they_are_with_everything_of_their_own(
    press: Press, roles: tuple[str, str]
) -> None:
    press.run(
        "create schema reports;"
        "create view reports.recent with (security_barrier) as select id, note as what from"
        " staging.t"
        " where day > '2024-01-01' with local check option;"
        "create view reports.upon as select count(*) from reports.recent;"
        f"grant select on reports.recent to {roles[0]}; alter view reports.upon owner to"
        f" {roles[1]};"
        "comment on view reports.recent is 'why'; comment on column reports.recent.what is 'what'"
    )
    before = press.run(
        "select oid, relname, relacl::text, reloptions, relowner from pg_class where"
        " relnamespace = 'reports'::regnamespace and relkind = 'v' order by 2"
    )
    press.publish(OTHER)
    assert press.run("select what from reports.recent order by id") == [("new",), ("new",)]
    after = press.run(
        "select oid, relname, relacl::text, reloptions, relowner from pg_class where"
        " relnamespace = 'reports'::regnamespace and relkind = 'v' order by 2"
    )
    assert after == before
    assert press.one("select obj_description('reports.recent'::regclass)") == "why"


def test_view_that_no_longer_fits_is_named_and_the_old_table_stays(press: Press) -> None:
    press.run("create schema reports; create view reports.noted as select note from staging.t")
    with pytest.raises(BuildError) as failure:
        press.publish("create table build.t (id int primary key)")
    assert "view reports.noted" in str(failure.value)
    assert "note" in str(failure.value)
    assert press.run("select note from reports.noted order by 1") == [("a",), ("b",)]


def test_view_whose_column_changes_type_is_made_anew(press: Press, roles: tuple[str, str]) -> None:
    press.run(
        "create schema reports;"
        "create view reports.ids as select id from staging.t;"
        "create view reports.upon as select max(id) as m from reports.ids;"
        f"grant select on reports.ids to {roles[0]}; grant select (m) on reports.upon to"
        f" {roles[1]};"
        f"grant select on staging.t to {roles[1]};"
        f"comment on column reports.upon.m is 'why'; alter view reports.ids owner to {roles[1]};"
        "alter view reports.ids alter column id set default 5"
    )
    acl = (
        "select relname, relacl::text, relowner from pg_class where relnamespace ="
        " 'reports'::regnamespace order by 1"
    )
    before = press.run(acl)
    press.publish(
        "create table build.t (id bigint primary key, note text, day date); insert into build.t"
        " values (7)"
    )
    assert press.one("select pg_typeof(id)::text from reports.ids") == "bigint"
    assert press.one("select m from reports.upon") == 7
    assert press.run(acl) == before
    assert press.one("select col_description('reports.upon'::regclass, 1)") == "why"
    assert drop_retired(press.connection, "staging") == []
    assert press.schemas() == ["staging", "staging__build"]


def test_materialized_views_come_back_filled_with_indexes_and_grants(
    press: Press, roles: tuple[str, str]
) -> None:
    press.run(
        "create schema reports;"
        "create view staging.seen as select id, note from staging.t;"
        "create materialized view reports.stored with (fillfactor = 50) as"
        " select s.note, count(*) as n from staging.seen s join staging.t using (id) group by 1;"
        "create unique index stored_note on reports.stored (note);"
        "create index stored_n on reports.stored (n desc) where n > 0;"
        "create materialized view reports.empty as select id from staging.t with no data;"
        "create view reports.top as select max(n) as n from reports.stored;"
        f"grant select on reports.stored to {roles[0]}; comment on materialized view"
        f" reports.stored is 'why';"
        "comment on index reports.stored_n is 'index';"
        "alter materialized view reports.stored alter column note set statistics 77"
    )
    about = (
        "select relname, relkind, relispopulated, relacl::text, reloptions, obj_description(oid),"
        " pg_get_indexdef(oid) from pg_class where relnamespace = 'reports'::regnamespace order"
        " by 1"
    )
    before = press.run(about)
    for _ in range(2):
        press.publish(OTHER)
        assert press.run("select note, n from reports.stored") == [("new", 2)]
        assert press.one("select n from reports.top") == 2
        assert (
            press.one(
                "select attstattarget from pg_attribute"
                " where attrelid = 'reports.stored'::regclass and attname = 'note'"
            )
            == 77
        )
        assert press.run(about) == before
    assert drop_retired(press.connection, "staging") == []
    assert press.schemas() == ["staging", "staging__build"]


def test_materialized_view_and_key_from_outside_are_carried_over_together(press: Press) -> None:
    press.run(
        "create materialized view staging.stored as select day from staging.t;"
        "create table public.noted (t int references staging.t);"
        "insert into public.noted values (1)"
    )
    press.publish(OTHER)
    assert press.one("select min(day)::text from staging.stored") == "2025-01-01"
    assert press.one(
        "select convalidated and confrelid = 'staging.t'::regclass from pg_constraint"
        " where conrelid = 'public.noted'::regclass"
    )


def test_materialized_view_that_no_longer_fits_is_named(press: Press) -> None:
    press.run("create materialized view staging.stored as select note from staging.t")
    with pytest.raises(BuildError, match=r"materialized view staging\.stored"):
        press.publish("create table build.t (id int primary key)")
    assert press.one("select count(*) from staging.stored") == 2
    assert press.schemas() == ["staging", "staging__build"]


FILLING = """
select max(query_start) from pg_stat_activity
where wait_event = 'PgSleep' and datname = current_database()
"""


def test_readers_of_a_table_do_not_wait_for_its_materialized_view(
    press: Press, server_of_each_kind: Server
) -> None:
    press.run(
        "create materialized view staging.slow as"
        " select id, pg_sleep(0.6) is null as slept from staging.t"
    )
    done, meanwhile = threading.Event(), 0
    reader = server_of_each_kind.connect("reader", autocommit=True)

    def read() -> None:
        nonlocal meanwhile
        while not done.is_set():
            with reader.cursor() as cursor:
                cursor.execute(FILLING)
                before = cursor.fetchone()
                cursor.execute("select count(*) from staging.t")
                cursor.execute("select count(*) from staging.slow")
                cursor.execute(FILLING)
                meanwhile += before == cursor.fetchone() != (None,)

    thread = threading.Thread(target=read)
    thread.start()
    press.publish(OTHER)
    done.set()
    thread.join()
    reader.close()
    # Who read both, read them while the view was being filled.
    assert meanwhile > 0


def test_view_grouped_by_the_primary_key_survives(press: Press) -> None:
    press.run("create view staging.grouped as select id, note, count(*) from staging.t group by id")
    press.publish(OTHER)
    assert press.one("select count(*) from staging.grouped") == 2


def test_functions_with_parsed_bodies_and_row_arguments_survive(
    press: Press, roles: tuple[str, str]
) -> None:
    press.run(
        "create function staging.total() returns bigint begin atomic select count(*) from"
        " staging.t; end;"
        "create function staging.shout(staging.t) returns text language sql as $$ select"
        " upper($1.note) $$;"
        f"revoke all on function staging.shout from public; grant execute on function"
        f" staging.shout to {roles[0]};"
        "comment on function staging.shout is 'why';"
        "create function staging.all_of_them() returns setof staging.t language sql as $$"
        " select * from staging.t $$"
    )
    for _ in range(2):
        press.publish(OTHER + ", (3, 'x', null)")
    assert press.one("select staging.total()") == 3
    assert press.run("select staging.shout(t) from staging.t where id = 1") == [("NEW",)]
    assert press.one("select count(*) from staging.all_of_them()") == 3
    assert press.one("select obj_description('staging.shout'::regproc)") == "why"
    assert press.one(
        f"select has_function_privilege('{roles[0]}'::regrole, 'staging.shout(staging.t)',"
        f" 'execute')"
    )
    assert not press.one(
        f"select has_function_privilege('{roles[1]}'::regrole, 'staging.shout(staging.t)',"
        f" 'execute')"
    )


def test_view_upon_a_function_of_rows_survives(press: Press) -> None:
    press.run(
        "create function staging.shout(staging.t) returns text language sql as $$ select"
        " upper($1.note) $$;"
        "create view staging.loud as select staging.shout(t) as note from staging.t"
    )
    press.publish(OTHER)
    assert press.run("select distinct note from staging.loud") == [("NEW",)]


def test_default_and_policy_of_another_table_find_the_new_objects(press: Press) -> None:
    create = OTHER + ";create sequence build.free start 10"
    press.publish(create, own=("free",))
    press.run(
        "create table staging.other (n int default nextval('staging.free'));"
        "create policy by_t on staging.other using (n in (select id from staging.t));"
    )
    press.publish(create, own=("free",))
    press.run("insert into staging.other default values")
    assert press.one("select n from staging.other") == 10
    assert press.one("select pg_get_expr(polqual, polrelid) like '%staging.t%' from pg_policy")


def test_what_cannot_be_carried_over_is_named_and_nothing_is_destroyed(press: Press) -> None:
    press.run("create table staging.child () inherits (staging.t)")
    with pytest.raises(BuildError, match=r"table staging\.child: this hangs on the old table"):
        press.publish(OTHER)
    assert press.one("select count(*) from staging.t") == 2
    assert (
        press.one("select count(*) from pg_inherits where inhrelid = 'staging.child'::regclass")
        == 1
    )


def test_type_in_use_elsewhere_is_named_unless_its_user_is_rebuilt_later(press: Press) -> None:
    create = "create type build.mood as enum ('good'); create table build.t (m build.mood)"
    press.publish(create, own=("mood",))
    press.run(
        "create table staging.feels (m staging.mood); insert into staging.feels values ('good')"
    )
    with pytest.raises(BuildError, match=r"staging\.feels"):
        press.publish(create, own=("mood",))
    press.run("drop table staging__build.t; drop type staging__build.mood")
    press.publish(create, own=("mood",), later=("feels",))
    assert press.run("select m from staging.feels") == [("good",)]
    press.publish("create table build.feels (m staging.mood)", "feels")
    assert (
        press.one(
            "select atttypid::regtype::text from pg_attribute where attrelid ="
            " 'staging.feels'::regclass and attname = 'm'"
        )
        == "staging.mood"
    )


def test_own_view_of_the_script_is_replaced_with_the_table(press: Press) -> None:
    create = OTHER + ";create view build.short as select note from build.t"
    for _ in range(3):
        press.publish(create, own=("short",))
    assert press.run("select distinct note from staging.short") == [("new",)]
    press.run("create view staging.upon as select * from staging.short")
    press.publish(create, own=("short",))
    assert press.one("select count(*) from staging.upon") == 2


def test_view_of_somebody_else_is_named_when_it_cannot_be_replaced(
    press: Press, roles: tuple[str, str]
) -> None:
    builder, other = roles
    press.run(
        f"grant usage, create on schema staging, staging__build to {builder};"
        f"alter table staging.t owner to {builder};"
        "create schema reports; create view reports.seen as select note from staging.t;"
        f"alter view reports.seen owner to {other}; grant usage on schema reports to {builder}"
    )
    press.run(f"set role {builder}")
    with pytest.raises(BuildError, match="must be owner of view seen"):
        press.publish(OTHER)
    press.run("reset role")
    assert press.run("select distinct note from staging.t order by 1") == [("a",), ("b",)]
