from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from staging_assets.errors import BuildError
from staging_assets.postgres.client.server import Server
from staging_assets.publisher import drop_retired
from staging_assets_tests.support.publishing import Press

TABLE = "create table build.t (id int primary key, note text, day date);"
ROWS = "insert into build.t values (1, 'a', '2024-01-01'), (2, 'b', '2024-01-02')"
OTHER = TABLE + "insert into build.t values (1, 'new', '2025-01-01'), (2, 'new', '2025-01-01')"


@pytest.fixture(params=["database", "database15"])
def server_of_each_kind(request: pytest.FixtureRequest) -> Server:
    """The embedded server, and an older one."""
    server = request.getfixturevalue(request.param)
    assert isinstance(server, Server)
    return server


@pytest.fixture
def press(server_of_each_kind: Server) -> Iterator[Press]:
    press = Press(server_of_each_kind)
    press.publish(TABLE + ROWS)
    yield press
    press.close()


@pytest.fixture
def roles(press: Press) -> Iterator[tuple[str, str]]:
    """Two roles of this test's own: roles belong to the whole server."""
    names = press.one("select 'r' || oid from pg_database where datname = current_database()")
    pair = (f"{names}_reader", f'{names} "Odd"')
    quoted = tuple(press.one(f"select quote_ident('{name}')") for name in pair)
    press.run("".join(f"create role {name};" for name in quoted))
    yield quoted[0], quoted[1]
    for name in quoted:
        press.run(
            f"reassign owned by {name} to current_user; drop owned by {name}; drop role {name}"
        )


def grants(press: Press, relation: str) -> set[tuple[Any, ...]]:
    return set(
        press.run(
            "select grantee, privilege_type, is_grantable, '' from"
            " information_schema.table_privileges"
            f" where table_schema || '.' || table_name = '{relation}' and grantee <> current_user"
        )
    )


# Foreign keys of other tables


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
    outcome = press.publish(OTHER)
    assert outcome.not_valid == ()
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
    assert drop_retired(press.connection, "staging", press.log) == []
    assert press.schemas() == ["staging", "staging__build"]


def test_key_of_a_table_that_was_not_rebuilt_after_all_is_turned_around(press: Press) -> None:
    press.run(
        "create table staging.child (c int references staging.t on delete cascade);"
        "comment on constraint child_c_fkey on staging.child is 'why';"
        "insert into staging.child values (2)"
    )
    press.publish(OTHER, later=("child",))
    assert drop_retired(press.connection, "staging", press.log) == []
    assert press.run(TARGET) == [("staging.t", True)]
    assert press.one("select confdeltype from pg_constraint where contype = 'f'") == "c"
    assert press.one("select obj_description(oid) from pg_constraint where contype = 'f'") == "why"

    press.publish(TABLE + "insert into build.t values (1)", later=("child",))
    assert drop_retired(press.connection, "staging", press.log) == []
    assert press.run(TARGET) == [("staging.t", False)]
    told = [text for level, text in press.said if level == "error"]
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
    assert drop_retired(press.connection, "staging", press.log) == []
    assert press.schemas() == ["staging", "staging__build"]


def test_constraint_that_was_not_valid_before_stays_so(press: Press) -> None:
    press.run(
        "create table staging.child (c int); insert into staging.child values (99);"
        "alter table staging.child add constraint late foreign key (c) references staging.t not"
        " valid"
    )
    assert press.publish(OTHER).not_valid == ()
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


# Privileges, owner, comments


def test_grants_and_column_grants_survive(press: Press, roles: tuple[str, str]) -> None:
    reader, odd = roles
    press.run(
        f"grant select, insert on staging.t to {reader}; grant delete on staging.t to {odd}"
        f" with grant"
        f" option; grant select on staging.t to public; grant update (note, day) on staging.t"
        f" to {odd}"
    )
    before = grants(press, "staging.t")
    columns = (
        "select attname, attacl::text from pg_attribute where attrelid ="
        " 'staging.t'::regclass order by 1"
    )
    before_columns = press.run(columns)
    press.publish(OTHER)
    assert grants(press, "staging.t") == before
    assert len(before) == 4
    assert press.run(columns) == before_columns


def test_grant_on_a_column_that_is_gone_is_left_behind(
    press: Press, roles: tuple[str, str]
) -> None:
    press.run(f"grant select (note, day) on staging.t to {roles[0]}")
    press.publish("create table build.t (id int primary key, note text)")
    assert (
        press.one(
            "select count(*) from pg_attribute where attrelid = 'staging.t'::regclass and"
            " attacl is not null"
        )
        == 1
    )


def test_sequence_grants_survive(press: Press, roles: tuple[str, str]) -> None:
    create = "create table build.t (id serial primary key)"
    press.publish(create)
    press.run(f"grant usage on sequence staging.t_id_seq to {roles[0]}")
    before = press.one("select relacl::text from pg_class where relname = 't_id_seq'")
    press.publish(create)
    assert press.one("select relacl::text from pg_class where relname = 't_id_seq'") == before


def test_owner_survives_and_the_sequences_follow(press: Press, roles: tuple[str, str]) -> None:
    create = "create table build.t (id serial primary key)"
    press.publish(create)
    press.run(f"alter table staging.t owner to {roles[1]}")
    press.publish(create)
    owners = press.run(
        "select distinct quote_ident(pg_get_userbyid(relowner)) from pg_class"
        " where relnamespace = 'staging'::regnamespace"
    )
    assert owners == [(roles[1],)]


def test_default_privileges_of_the_schema_reach_a_new_table(
    press: Press, roles: tuple[str, str]
) -> None:
    press.run(f"alter default privileges in schema staging grant select on tables to {roles[0]}")
    press.publish("create table build.fresh (id serial)", "fresh")
    assert (
        press.one(f"select has_table_privilege('{roles[0]}'::regrole, 'staging.fresh', 'select')")
    ) is True


def test_comments_made_by_hand_survive_and_the_scripts_own_win(press: Press) -> None:
    press.run(
        "comment on table staging.t is 'by hand'; comment on column staging.t.note is 'by hand';"
        "comment on column staging.t.day is 'it''s by hand'; comment on index staging.t_pkey is"
        " 'key';"
        "comment on constraint t_pkey on staging.t is 'the key'"
    )
    press.publish(
        OTHER + ";comment on table build.t is 'script'; comment on column build.t.note is 'script'"
    )
    assert press.run(
        "select obj_description('staging.t'::regclass), col_description('staging.t'::regclass, 2),"
        " col_description('staging.t'::regclass, 3), obj_description('staging.t_pkey'::regclass),"
        " (select obj_description(oid) from pg_constraint where conname = 't_pkey')"
    ) == [("script", "script", "it's by hand", "key", "the key")]


# Row-level security, triggers, rules, statistics, replica identity, publications


def test_row_level_security_and_policies_survive(press: Press, roles: tuple[str, str]) -> None:
    press.run(
        "alter table staging.t enable row level security; alter table staging.t force row level"
        " security;"
        f"create policy own_rows on staging.t for select to {roles[0]}, {roles[1]} using (id > 1);"
        "create policy all_in on staging.t as restrictive to public using (true)"
        " with check (id in (select x.id from staging.t x));"
        "comment on policy own_rows on staging.t is 'why';"
        f"grant usage on schema staging to {roles[0]}; grant select on staging.t to {roles[0]}"
    )
    policies = (
        "select polname, polcmd, polpermissive, polroles, pg_get_expr(polqual,"
        " polrelid), pg_get_expr(polwithcheck, polrelid), obj_description(oid) from pg_policy"
        " order by 1"
    )
    before = press.run(policies)
    press.publish(OTHER)
    assert press.run(policies) == before
    assert press.run(
        "select relrowsecurity, relforcerowsecurity from pg_class where oid = 'staging.t'::regclass"
    ) == [(True, True)]
    press.run(f"set role {roles[0]}")
    assert press.run("select id from staging.t") == [(2,)]
    press.run("reset role")


def test_trigger_made_by_hand_survives_in_its_state(press: Press) -> None:
    press.run(
        "create function staging.stamp() returns trigger language plpgsql as"
        " $$ begin new.note := 'stamped'; return new; end $$;"
        "create trigger stamps before insert on staging.t for each row execute function"
        " staging.stamp();"
        "create trigger off before delete on staging.t for each row execute function"
        " staging.stamp();"
        "alter table staging.t disable trigger off"
    )
    press.publish(OTHER)
    press.run("insert into staging.t values (3)")
    assert press.one("select note from staging.t where id = 3") == "stamped"
    assert press.run(
        "select tgname, tgenabled from pg_trigger where not tgisinternal order by 1"
    ) == [
        ("off", "D"),
        ("stamps", "O"),
    ]


def test_rule_and_statistics_made_by_hand_survive(press: Press) -> None:
    press.run(
        "create rule keeps as on delete to staging.t do instead nothing;"
        "create statistics staging.both (dependencies) on note, day from staging.t;"
        "comment on statistics staging.both is 'why'"
    )
    for _ in range(2):
        press.publish(OTHER)
    press.run("delete from staging.t")
    assert press.one("select count(*) from staging.t") == 2
    assert (
        press.one(
            "select obj_description(oid) from pg_statistic_ext where stxrelid ="
            " 'staging.t'::regclass"
        )
        == "why"
    )


def test_statistics_of_the_script_are_replaced(press: Press) -> None:
    create = OTHER + ";create statistics build.both on note, day from build.t"
    for _ in range(3):
        press.publish(create, own=("both",))
    assert press.one("select stxnamespace::regnamespace::text from pg_statistic_ext") == "staging"


def test_replica_identity_survives(press: Press) -> None:
    press.run("alter table staging.t replica identity using index t_pkey")
    press.publish(OTHER)
    assert press.one("select relreplident from pg_class where oid = 'staging.t'::regclass") == "i"


@pytest.mark.filterwarnings("ignore")
def test_publications_keep_the_table_with_columns_and_condition(press: Press) -> None:
    press.run(
        "create publication everything for table staging.t;"
        "create publication part for table staging.t (id, note) where (id > 1)"
    )
    tables = "select pubname, tablename, attnames, rowfilter from pg_publication_tables order by 1"
    before = press.run(tables)
    press.publish(OTHER)
    assert press.run(tables) == before
    assert len(before) == 2


def test_publication_follows_although_the_old_table_has_to_wait(
    press: Press, server_of_each_kind: Server
) -> None:
    press.run("create table staging.hub (id int primary key)")
    create = TABLE.replace("day date", "day date, hub int references staging.hub")
    press.publish(create)
    press.run("create publication everything for table staging.t")
    reader = server_of_each_kind.connect("reader")
    reader.cursor().execute("select * from staging.hub")
    press.publish(create)
    assert press.run("select schemaname, tablename from pg_publication_tables") == [
        ("staging", "t")
    ]
    reader.close()


def test_what_the_script_does_not_make_goes_and_is_named(press: Press) -> None:
    press.run(
        "create index by_hand on staging.t (day); alter table staging.t add extra int check"
        " (extra > 0)"
    )
    press.publish(OTHER)
    told = [text for _, text in press.said if "gone with the old table" in text]
    assert len(told) == 1
    for name in ("index by_hand", "column extra", "constraint t_extra_check"):
        assert name in told[0]


# Views and functions


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
    assert drop_retired(press.connection, "staging", press.log) == []
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
        "comment on index reports.stored_n is 'index'"
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
        assert press.run(about) == before
    assert drop_retired(press.connection, "staging", press.log) == []
    assert press.schemas() == ["staging", "staging__build"]


def test_materialized_view_that_no_longer_fits_is_named(press: Press) -> None:
    press.run("create materialized view staging.stored as select note from staging.t")
    with pytest.raises(BuildError, match=r"materialized view staging\.stored"):
        press.publish("create table build.t (id int primary key)")
    assert press.one("select count(*) from staging.stored") == 2
    assert press.schemas() == ["staging", "staging__build"]


def test_readers_of_a_table_do_not_wait_for_its_materialized_view(
    press: Press, server_of_each_kind: Server
) -> None:
    press.run(
        "create materialized view staging.slow as"
        " select id, pg_sleep(0.6) is null as slept from staging.t"
    )
    longest, done = [0.0], threading.Event()
    reader = server_of_each_kind.connect("reader", autocommit=True)

    def read() -> None:
        while not done.is_set():
            began = time.monotonic()
            with reader.cursor() as cursor:
                cursor.execute("select count(*) from staging.t")
                cursor.execute("select count(*) from staging.slow")
            longest[0] = max(longest[0], time.monotonic() - began)

    thread = threading.Thread(target=read)
    thread.start()
    press.publish(OTHER)
    done.set()
    thread.join()
    reader.close()
    print(f"longest wait: {longest[0] * 1000:.0f} ms")
    assert longest[0] < 0.6


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


def test_old_tables_of_one_name_do_not_get_into_each_others_way(
    press: Press, server_of_each_kind: Server
) -> None:
    press.run("create table staging.hub (id int primary key)")
    create = TABLE.replace("day date", "day date, hub int references staging.hub")
    press.publish(create)
    reader = server_of_each_kind.connect("reader")
    reader.cursor().execute("select * from staging.hub")
    for _ in range(3):
        press.publish(create)
    assert len(press.schemas()) == 5
    assert len(drop_retired(press.connection, "staging", press.log)) == 3
    reader.close()
    assert drop_retired(press.connection, "staging", press.log) == []
    assert press.schemas() == ["staging", "staging__build"]


def test_what_can_be_dropped_is_dropped_although_something_else_has_to_stay(
    press: Press, server_of_each_kind: Server
) -> None:
    press.run(
        "create table staging.hub (id int primary key); create table staging.hub2 (id int"
        " primary key)"
    )
    for hub in ("hub", "hub2"):
        press.publish(f"create table build.of_{hub} (h int references staging.{hub})", f"of_{hub}")
    readers = [server_of_each_kind.connect("reader") for _ in range(2)]
    for reader, hub in zip(readers, ("hub", "hub2"), strict=True):
        reader.cursor().execute(f"select * from staging.{hub}")
        press.publish(f"create table build.of_{hub} (h int references staging.{hub})", f"of_{hub}")
    readers[0].close()
    assert drop_retired(press.connection, "staging", press.log) == ["staging__old"]
    assert press.one("select to_regclass('staging__old.of_hub')") is None
    assert press.one("select to_regclass('staging__old.of_hub2')") is not None
    readers[1].close()
    assert drop_retired(press.connection, "staging", press.log) == []
