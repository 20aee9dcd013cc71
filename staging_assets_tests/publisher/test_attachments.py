"""What a replaced table had by hand: privileges, comments, policies, triggers, publications."""

from __future__ import annotations

from typing import Any

import pytest

from staging_assets.postgres import Server
from staging_assets.publisher.transaction.steps import run_analyze
from staging_assets_tests.support.publishing import OTHER, TABLE, Press


def grants(press: Press, relation: str) -> set[tuple[Any, ...]]:
    return set(
        press.run(
            "select grantee, privilege_type, is_grantable, '' from"
            " information_schema.table_privileges"
            f" where table_schema || '.' || table_name = '{relation}' and grantee <> current_user"
        )
    )


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


SAID = """
select c.relname, a.attname, nullif(a.attstattarget, -1), x.distinct_values
from pg_attribute a
join pg_class c on c.oid = a.attrelid
cross join lateral (
    select string_agg(o, ', ') from unnest(a.attoptions) o where o ~ 'n_distinct'
) x (distinct_values)
where c.relnamespace = 'staging'::regnamespace and a.attnum > 0
and (nullif(a.attstattarget, -1) is not null or x.distinct_values is not null)
order by 1, 2
"""
MANY = (
    "create table build.t (id int primary key, note text, day date);"
    "create index t_upper on build.t (day, upper(note));"
    "insert into build.t select n, n % 500, date '2024-01-01' + n % 50"
    " from generate_series(1, 5000) n; analyze build.t"
)


def test_what_the_planner_was_told_by_hand_survives_and_is_followed(press: Press) -> None:
    press.publish(MANY)
    press.run(
        "alter table staging.t alter column note set statistics 400;"
        "alter table staging.t alter column day set (n_distinct = 7);"
        "alter index staging.t_upper alter column 2 set statistics 3;"
        "create statistics staging.both (dependencies) on note, day from staging.t;"
        "alter statistics staging.both set statistics 30; analyze staging.t"
    )
    told = press.run(SAID)
    assert told == [
        ("t", "day", None, "n_distinct=7"),
        ("t", "note", 400, None),
        ("t_upper", "upper", 3, None),
    ]
    known = (
        "select attname::text, n_distinct, array_length(most_common_vals::text::text[], 1)"
        " from pg_stats where schemaname = 'staging' and attname in ('note', 'day') order by 1"
    )
    before = press.run(known)
    assert [found for _, _, found in before] == [50, 400]
    for _ in range(2):
        press.publish(MANY)
        assert press.run(SAID) == told
        assert press.run(known) == before
        assert press.one("select stxstattarget from pg_statistic_ext") == 30
        assert press.one("select stxddependencies is not null from pg_statistic_ext_data")


def test_expressions_find_what_they_name_when_the_table_is_analyzed_again(press: Press) -> None:
    press.run(
        "create function public.one() returns int immutable language sql as 'select 1';"
        "create function public.next(int) returns int immutable language plpgsql"
        " as 'begin return $1 + one(); end'"
    )
    create = TABLE + "create index on build.t (public.next(id));"
    rows = "insert into build.t values (1), (2)"
    press.publish(create + rows)
    press.run(
        "alter table staging.t alter column note set statistics 9;"
        "set search_path to pg_catalog, pg_temp"
    )
    # The new rows come when no one looks at them any more.
    press.publish(create)
    press.run("set search_path to public;" + rows.replace("build.", "staging."))
    press.run("set search_path to pg_catalog, pg_temp")
    told = run_analyze(press.connection, ["staging.t"])
    if press.connection.server_version < 170000:
        assert told == []
        assert press.one("select count(*) from pg_stats where tablename = 't_next_idx'") == 1
    else:
        # Postgres itself analyzes with a path of its own.
        assert ["was not analyzed" in text for text in told] == [True]
    assert press.one("show search_path") == "pg_catalog, pg_temp"


def test_what_the_script_tells_the_planner_wins(press: Press) -> None:
    press.run(
        "alter table staging.t alter column note set statistics 400;"
        "alter table staging.t alter column day set statistics 500"
    )
    press.publish(OTHER + ";alter table build.t alter column note set statistics 20")
    assert [(name, target) for _, name, target, _ in press.run(SAID)] == [
        ("day", 500),
        ("note", 20),
    ]
    press.publish("create table build.t (id int primary key, note text)")
    assert [(name, target) for _, name, target, _ in press.run(SAID)] == [("note", 20)]


CLUSTERED = (
    "select i.indexrelid::regclass::text from pg_index i join pg_class c on c.oid = i.indrelid"
    " where i.indisclustered and c.relnamespace = 'staging'::regnamespace"
)


def test_index_to_cluster_by_survives_unless_the_script_says_another(press: Press) -> None:
    press.publish(OTHER + ";create index t_day on build.t (day)")
    press.run("alter table staging.t cluster on t_day")
    for _ in range(2):
        press.publish(OTHER + ";create index t_day on build.t (day)")
        assert press.run(CLUSTERED) == [("staging.t_day",)]
    press.publish(
        OTHER + ";create index t_day on build.t (day); alter table build.t cluster on t_pkey"
    )
    assert press.run(CLUSTERED) == [("staging.t_pkey",)]
    press.publish(OTHER + ";create index t_pkey2 on build.t (day) where day is null")
    assert press.run(CLUSTERED) == [("staging.t_pkey",)]


def test_index_that_cannot_be_clustered_by_any_more_is_passed_over(press: Press) -> None:
    press.publish(OTHER + ";create index t_day on build.t (day)")
    press.run("alter table staging.t cluster on t_day")
    press.publish(OTHER + ";create index t_day on build.t (day) where day is not null")
    assert press.run(CLUSTERED) == []
    press.publish(OTHER + ";create index t_day on build.t using hash (day)")
    assert press.run(CLUSTERED) == []


def test_statistics_of_partitions_survive(press: Press) -> None:
    create = (
        "create table build.t (id int, note text) partition by list (id);"
        "create table build.t1 partition of build.t for values in (1)"
    )
    press.publish(create, own=("t1",))
    press.run(
        "alter table only staging.t alter column note set statistics 11;"
        "alter table staging.t1 alter column note set statistics 12"
    )
    press.publish(create, own=("t1",))
    assert [(table, target) for table, _, target, _ in press.run(SAID)] == [("t", 11), ("t1", 12)]


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
