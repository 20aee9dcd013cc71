"""Functions whose bodies cannot work are found before anybody calls them, and no others."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from staging_assets.checks import CheckResult, find_checks, run_checks
from staging_assets.model import SchemaNames, StagingProject
from staging_assets.parser import rewrite
from staging_assets.postgres.client.server import Server
from staging_assets_tests.support.builds import ask, build_all, load, tables

TABLES = {
    **tables(
        depots=(
            "create table staging.depots (depot_id int primary key, name text, place point);",
            "insert into staging.depots values (1, 'a'), (2, 'b');",
        ),
        trucks=(
            "create table staging.trucks (truck_id int primary key, depot_id int, loads int[]);",
            "insert into staging.trucks select g, 1 + g % 2 from generate_series(1, 5) g;",
        ),
    ),
    "create_stored_procedures/a_type.sql": "create type staging.size as (wide int, high int);",
}

WRONG = {
    "a table by a name that the path does not find": (
        "returns bigint language sql as 'select count(*) from depots'",
        'relation "depots" does not exist. Did you mean staging.depots?',
    ),
    "a table that no script makes": (
        "returns bigint language sql as $$ select count(*) from staging.depot $$",
        'relation "{}.depot" does not exist. Did you mean staging.depots?',
    ),
    "no SQL": ("returns int language sql as 'selec 1 +'", 'syntax error at or near "selec"'),
    "no PL/pgSQL": (
        "returns int language plpgsql as 'begin retrn 1; end'",
        'syntax error at or near "retrn"',
    ),
    "a column": (
        "returns int language sql as 'select max(d.depot) from staging.depots d'",
        "column d.depot does not exist. Did you mean depot_id?",
    ),
    "the type of the result": (
        "returns int language sql as $$ select name from staging.depots $$",
        "return type mismatch in function declared to return integer",
    ),
    "a column in PL/pgSQL": (
        "returns int language plpgsql as $$\ndeclare n int;\nbegin\n"
        "  select max(truck) into n from staging.trucks;\n  return n;\nend $$",
        'column "truck" does not exist',
    ),
    "a table in a condition": (
        "returns int language plpgsql as $$\nbegin\n  if exists (select from staging.truck) then\n"
        "    return 1;\n  end if;\n  return 2;\nend $$",
        'relation "{}.truck" does not exist. Did you mean staging.trucks?',
    ),
    "a function": (
        "returns int language plpgsql as $$ begin perform staging.gone(1); return 1; end $$",
        "function {}.gone(integer) does not exist",
    ),
    "a variable": (
        "returns int language plpgsql as $$\ndeclare total int := 1;\nbegin\n"
        "  return totl + 1;\nend $$",
        'column "totl" does not exist',
    ),
    "the type of a variable": (
        "returns int language plpgsql as $$\ndeclare n staging.nothing;\n"
        "begin\n  return 1;\nend $$",
        'type "{}.nothing" does not exist',
    ),
    "a loop": (
        "returns int language plpgsql as $$\ndeclare n int := 0; r record;\nbegin\n"
        "  for i in 1 .. 3 loop n := n + i; end loop;\n"
        "  for r in select * from staging.depotz loop n := n + 1; end loop;\n  return n;\nend $$",
        'relation "{}.depotz" does not exist. Did you mean staging.depots?',
    ),
    "a path of its own": (
        "returns bigint language sql set search_path = etl as 'select count(*) from depots'",
        'relation "depots" does not exist. Did you mean staging.depots?',
    ),
    "an operator": (
        "returns int language plpgsql as $$ begin return (select max(depot_id || 1) - 1"
        " from staging.depots); end $$",
        "operator does not exist: integer || integer",
    ),
}


def make(body: str, text: str = "") -> dict[str, str]:
    script = f"{text}\ncreate function staging.f() {body};"
    return {**TABLES, "create_stored_procedures/f.sql": script}


def check(server: Server, project: StagingProject, schema: str = "staging") -> CheckResult:
    (result,) = run_checks(server, project, schema, ["schema:functions_work"])
    return result


def call(server: Server, schema: str, text: str = "select staging.f()") -> str | None:
    """What the server says when somebody calls it, as scripts do; None when it works."""
    sent = rewrite(text, SchemaNames(), schema=schema).text
    with closing(server.connect("call", autocommit=True)) as connection:
        try:
            ask(connection, sent)
        except psycopg2.Error as error:
            return error.diag.message_primary
    return None


@pytest.mark.parametrize("schema", ["staging", "North"])
@pytest.mark.parametrize("kind", WRONG)
def test_what_fails_when_it_is_called_is_found_before(
    kind: str, schema: str, database: Server, tmp_path: Path
) -> None:
    body, told = WRONG[kind]
    project = load(tmp_path, make(body))
    build_all(database, project, schema=schema)
    said = call(database, schema)
    assert said is not None
    result = check(database, project, schema)
    assert not result.passed
    (finding,) = result.metadata["findings"]
    assert "f.sql:" in finding
    assert f"function staging.f cannot work: {said}" in finding
    assert told.format(schema) in finding


RIGHT = {
    "variables of all kinds": """
        returns int language plpgsql as $$
        <<outer_block>>
        declare
            n constant int := (select count(*) from staging.depots); kept staging.depots%rowtype;
            one staging.trucks.truck_id%type; also one%type = 2; s staging.size;
            many int[] default array[1, 2]; r record; "Odd" text;
            names cursor for select name from staging.depots; c refcursor;
        begin
            select * into strict kept from staging.depots where depot_id = 1;
            select depot_id, name into one, "Odd"
                from staging.depots where depot_id = kept.depot_id;
            for r in select d.depot_id as x from staging.depots d loop
                many := many || r.x; many[1] := r.x + outer_block.n;
            end loop;
            for i in reverse 3 .. 1 by 2 loop exit when i > n; continue when found; end loop;
            foreach one in array many loop also := also + one; end loop;
            open c for select 1; fetch c into one; close c;
            open names; fetch names into "Odd"; close names;
            for own in names loop "Odd" := own.name; perform own; end loop;
            s.wide := 4; s := row(1, 2);
            update staging.trucks set depot_id = depot_id where truck_id = one returning 1 into one;
            get diagnostics one = row_count;
            case when n = 1 then one := 1; when n = 2 then one := 2; else raise 'no'; end case;
            case one when 1, 2 then perform 1; else null; end case;
            while one < 5 loop one := case when one > 3 then 9 else one + 1 end; end loop;
            assert found is not null, 'x';
            return n + one;
        end $$""",
    "a temporary table": """
        returns bigint language plpgsql as $$
        begin
            create temp table mine as select 1 as a;
            insert into mine select depot_id from staging.depots;
            return (select sum(a) from mine);
        end $$""",
    "a table that it makes by SQL that is put together": """
        returns bigint language plpgsql as $$
        begin
            execute 'create temp table ' || 'made as select 1 as a';
            return (select sum(a) from made);
        end $$""",
    "what it looks for first": """
        returns int language plpgsql as $$
        begin
            if to_regclass('etl.maybe') is not null then
                return (select count(*) from etl.maybe);
            end if;
            return 0;
        end $$""",
    "what it catches": """
        returns int language plpgsql as $$
        begin
            begin
                return (select count(*) from staging.nowhere);
            exception when undefined_table or undefined_column then
                return 1;
            end;
        end $$""",
    "a path that it sets": """
        returns bigint language plpgsql as $$
        begin
            perform set_config('search_path', 'staging', true);
            return (select count(*) from depots);
        end $$""",
    "columns and variables of one name": """
        returns bigint language plpgsql as $$
        #variable_conflict use_column
        declare depot_id int := 1;
        begin
            insert into staging.trucks (truck_id, depot_id) values (99, depot_id)
                on conflict (truck_id) do nothing;
            return (select count(*) from staging.trucks where depot_id = 1);
        end $$""",
    "variables that win over columns": """
        returns int language plpgsql as $$
        #variable_conflict use_variable
        declare name int := 1;
        begin
            return (select max(depot_id) from staging.depots where depot_id = name);
        end $$""",
    "expressions with FROM": """
        returns int language plpgsql as $$
        declare n int;
        begin
            n := count(*) from staging.depots;
            if count(*) > 1 from staging.depots then return n; end if;
            return 0;
        end $$""",
    "a set": """
        returns setof staging.depots language plpgsql as $$
        begin
            return query select * from staging.depots;
            return query execute 'select * from staging.depots';
            return next row(1, 'x', null)::staging.depots;
            return;
        end $$""",
    "quotes in quotes": """
        returns text language plpgsql as
        'begin return ''it''''s ''|| name from staging.depots limit 1; end'""",
}


@pytest.mark.parametrize("schema", ["staging", "North"])
@pytest.mark.parametrize("kind", RIGHT)
def test_nothing_is_said_of_what_works(
    kind: str, schema: str, database: Server, tmp_path: Path
) -> None:
    project = load(tmp_path, make(RIGHT[kind]))
    build_all(database, project, schema=schema)
    assert call(database, schema) is None
    result = check(database, project, schema)
    assert result.passed, result.summary
    assert result.summary == "1 function could be called"


LATER = {
    "a table of another schema": (
        "returns bigint language sql as 'select count(*) from etl.soon'",
        'relation "etl.soon" does not exist',
    ),
    "a schema": (
        "returns int language plpgsql as 'begin return (select beyond.f(1)); end'",
        'schema "beyond" does not exist',
    ),
    "a column of a table of another schema": (
        "returns int language sql as 'select max(b) from etl.there, staging.depots'",
        'column "b" does not exist',
    ),
}


@pytest.mark.parametrize("kind", LATER)
def test_what_others_have_to_make_is_a_warning(kind: str, database: Server, tmp_path: Path) -> None:
    body, told = LATER[kind]
    project = load(tmp_path, make(body))
    with closing(database.connect("etl", autocommit=True)) as connection:
        ask(connection, "create schema etl; create table etl.there (a int)")
    build_all(database, project)
    assert call(database, "staging") is not None
    result = check(database, project)
    assert result.passed
    (warning,) = result.warnings
    assert f"function staging.f cannot work yet: {told}." in warning
    assert result.summary == "1 function could be called; 1 warning of what may work later"


@pytest.mark.parametrize(
    "body",
    [
        "returns bigint language sql as 'select count(*) from staging.depots'",
        "returns int language plpgsql as 'begin return (select max(depot_id) from"
        " staging.depots); end'",
        "returns int language plpgsql as 'declare d staging.depots; begin return 1; end'",
        "returns int language sql as 'select staging.g(1)'",
    ],
)
def test_nothing_is_said_of_what_is_not_built_yet(
    body: str, database: Server, tmp_path: Path
) -> None:
    other = "create function staging.g(int) returns int language sql as 'select 1';"
    project = load(tmp_path, {**make(body), "create_stored_procedures/g.sql": other})
    build_all(database, project, ["schema", "stored_procedures/f"])
    assert call(database, "staging") is not None
    assert check(database, project).passed
    build_all(database, project)
    assert call(database, "staging") is None


@pytest.mark.parametrize("yaml", ["", "search_path: [staging, etl]\n"])
def test_a_function_runs_with_the_path_of_its_callers(
    yaml: str, database: Server, tmp_path: Path
) -> None:
    """It works for a script that sets the path, or under the declared one."""
    files = make("returns bigint language sql as 'select count(*) from depots'")
    populate = "populate_tables/demo/POPULATE-staging-trucks.sql"
    set_path = "" if yaml else "set search_path to staging;\n"
    files[populate] = f"{set_path}insert into staging.trucks select f();"
    project = load(tmp_path, {**files, "staging.yaml": yaml})
    build_all(database, project)
    assert check(database, project).passed


def test_a_temporary_table_of_the_caller_is_there_when_it_calls(
    database: Server, tmp_path: Path
) -> None:
    files = make("returns bigint language sql as 'select count(*) from handed_over'")
    files["populate_tables/demo/POPULATE-staging-trucks.sql"] = (
        "create temporary table if not exists handed_over as select 1;\n"
        "insert into staging.trucks select staging.f();"
    )
    project = load(tmp_path, files)
    build_all(database, project)
    assert check(database, project).passed


def test_what_is_excepted_is_passed_over_and_nothing_is_left_behind(
    database: Server, tmp_path: Path
) -> None:
    files = make(WRONG["a table in a condition"][0])
    files["staging.yaml"] = "checks: {schema: {functions_work: {except: [f]}}}"
    project = load(tmp_path, files)
    build_all(database, project)
    with closing(database.connect("look", autocommit=True)) as connection:
        left = (
            "select array(select oid from pg_proc union all select oid from pg_namespace"
            " union all select xmin::text::oid from pg_proc order by 1)"
        )
        before = ask(connection, left)
        assert check(database, project).passed
        assert ask(connection, left) == before


def test_a_project_without_functions_has_no_such_check(database: Server, tmp_path: Path) -> None:
    project = load(tmp_path, tables(x="create table staging.x ();"))
    assert "functions_work" not in [each.name for each in find_checks(project)["schema"]]
    body = "begin return (select 1 from staging.y); end"
    files = tables(
        x="create table staging.x ();\n"
        f"create function staging.f() returns int language plpgsql as '{body}';"
    )
    project = load(tmp_path / "second", files)
    build_all(database, project)
    assert "CREATE-staging-x.sql:2:90: function staging.f" in check(database, project).summary


TRIGGERS = """
create function staging.a() returns trigger language plpgsql as '
declare
    found_one record;
    row_now alias for new;
    label staging.depots.name%TYPE;
begin
    select into found_one * from staging.depots where name = row_now.name;
    if count(*) = 0 from staging.trucks where depot_id = new.depot_id then
        raise exception ''Depot % does not exist'', new.name using errcode = ''23503'';
    end if;
    if tg_op = ''UPDATE'' and new.name <> old.name then
        update staging.depots set name = new.name || tg_argv[0] where name = old.name;
    end if;
    label := ''IF.'' || tg_table_name || new.name;
    new.name := label;
    return new;
end;
' ;
create function staging.b(staging.depots, text[], out total int, variadic more int[] default '{}')
language plpgsql as $$
begin
    total := $1.depot_id + array_length($2, 1) + coalesce(more[1], 0);
    select $1.depot_id, cardinality($2) into total, total;
    total := total + (select count(*) from staging.depots d where d.name = any ($2));
end $$;
create function staging.c(anyelement) returns anyelement language plpgsql as $$
declare v alias for $1; w v%type;
begin
    if v is null then return $1; end if;
    w := (select v from staging.depots limit 1);
    return w;
end $$;
create procedure staging.d(inout n int) language plpgsql as $$
begin
    for n in 1 .. 2 loop null; end loop;
    perform pg_notify('x', n::text);
    call staging.d(n);
exception when others then
    n := (select max(x) from staging.nowhere);
end $$;
"""
CANNOT = """
create function staging.e(depot staging.depots) returns int language plpgsql as $$
begin
    return (select max(t.depot) from staging.trucks t where t.depot_id = depot.depot_id);
end $$;
create function staging.g() returns trigger language plpgsql as $$
begin
    new.name := (select max(nam) from staging.depots);
    insert into staging.depotz values (1);
    return new;
end $$;
"""


def test_triggers_parameters_and_procedures(database: Server, tmp_path: Path) -> None:
    """What is said in a handler itself is not caught by it."""
    files = {**TABLES, "create_stored_procedures/f.sql": TRIGGERS + CANNOT}
    project = load(tmp_path, files)
    build_all(database, project)
    text = TRIGGERS + CANNOT

    def say(name: str, named: str, what: str) -> str:
        before = text[: text.index(named)]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        return f"{line}:{column}: function staging.{name} cannot work: {what}"

    found = check(database, project).metadata["findings"]
    hint = 'Perhaps you meant to reference the column "depots.name".'
    assert [each.partition("f.sql:")[2] for each in found] == [
        say("d", "staging.nowhere", 'relation "staging.nowhere" does not exist.'),
        say("e", "t.depot)", "column t.depot does not exist. Did you mean depot_id?"),
        say("g", "nam) from", f'column "nam" does not exist. {hint}'),
        say(
            "g",
            "staging.depotz",
            'relation "staging.depotz" does not exist. Did you mean staging.depots?',
        ),
    ]
