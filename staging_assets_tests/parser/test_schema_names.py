"""What scripts call the schemas is a setting: they mean the same under another name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from staging_assets.model import Relation, SchemaNames
from staging_assets.parser import LexicalError, find_references, read_statements, rewrite

ROOT = Path(__file__).parents[2]
SCRIPTS = [
    path
    for folder in (ROOT / "sql", ROOT / "staging_assets_tests" / "data")
    for path in sorted(folder.rglob("*.sql"))
]
USUAL = SchemaNames()
MART = SchemaNames("mart")
ODD = 'My "Mart"-$1'
SPELLED = '"My ""Mart""-$1"'


def call(text: str, **names: str) -> str:
    """The text with schemas called otherwise, in any case."""

    def find(found: re.Match[str]) -> str:
        name = names[found[0].lower()]
        shouted = found[0] == found[0].upper()
        return name.upper() if shouted else name.title() if found[0][0].isupper() else name

    return re.compile("|".join(names), re.IGNORECASE).sub(find, text)


def read_texts() -> list[str]:
    texts = [path.read_text(errors="replace") for path in SCRIPTS]
    return [text for text in texts if "mart" not in text.lower()]


def test_all_scripts_are_sent_the_same_way_under_another_name() -> None:
    texts = read_texts()
    assert len(texts) > 300
    for text in texts:
        called = call(text, staging="mart")
        expected = rewrite(text, USUAL, schema="x1", shadow="x2", own={"a", "arrests"}).text
        found = rewrite(called, MART, schema="x1", shadow="x2", own={"a", "arrests"}).text
        assert found == call(expected, staging="mart")
        # What is called `staging` there is somebody else's.
        assert rewrite(text, MART, schema="x1").text == text


def test_all_scripts_name_the_same_under_another_name() -> None:
    def find(text: str, schemas: SchemaNames) -> list[tuple[object, ...]]:
        try:
            statements = read_statements(text, schemas)
        except LexicalError:
            return []
        uses = [use for statement in statements for use in statement.uses]
        return [(u.role, u.relation, u.kind, u.within, u.bare, u.path) for u in uses]

    for text in read_texts():
        expected = [
            (role, Relation(*(call(part, staging="mart") for part in (r.schema, r.name))), *rest)
            for role, r, *rest in find(text, USUAL)
        ]
        found = find(call(text, staging="mart"), MART)
        paths = [
            (*each[:-1], tuple(call(p, staging="mart") for p in each[-1])) for each in expected
        ]
        assert found == paths


def test_the_sources_are_sent_elsewhere_as_staging_is() -> None:
    """With the two names exchanged, `etl` is found wherever `staging` would be."""
    for text in read_texts():
        exchanged = call(text, staging="etl", etl="staging")
        expected = call(rewrite(exchanged, USUAL, schema="x1").text, staging="etl", etl="staging")
        found = rewrite(text, SchemaNames(etl="x1"), schema="staging").text
        # Where the name stays it may lose its quotes, or its upper case.
        plain = re.compile('"?staging"?', re.IGNORECASE)
        assert plain.sub("staging", found) == plain.sub("staging", expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"select * from {SPELLED}.x", "select * from dev.x"),
        ("select * from My-Mart.x", "select * from My-Mart.x"),
        (f"select nextval('{SPELLED}.s')", "select nextval('dev.s')"),
        (f"select E'{SPELLED}.s'::regclass", "select E'dev.s'::regclass"),
        (f"select 1 from pg_namespace where nspname = '{ODD}'",
         "select 1 from pg_namespace where nspname = 'dev'"),
        (f"set search_path = {SPELLED}, etl", "set search_path = dev, etl"),
        (f"set search_path to '{ODD}'", "set search_path to 'dev'"),
        (f"select set_config('search_path', 'x, {SPELLED}', true)",
         "select set_config('search_path', 'x, dev', true)"),
        (f"do $$ begin execute format('select %I.f()', '{ODD}'); end $$",
         "do $$ begin execute format('select %I.f()', 'dev'); end $$"),
        (f"do $$ begin execute 'truncate {SPELLED}.' || 'x'; end $$",
         "do $$ begin execute 'truncate dev.' || 'x'; end $$"),
        (f"select '{SPELLED}.x is fine' as note, '{ODD}' as word",
         f"select '{SPELLED}.x is fine' as note, '{ODD}' as word"),
        ('select "My ""Mart"".x" from staging.y', 'select "My ""Mart"".x" from staging.y'),
        (f"create function {SPELLED}.f() returns int language plpython3u as "
         f"$$ plpy.execute('select 1 from {SPELLED}.x') $$",
         "create function dev.f() returns int language plpython3u as "
         "$$ plpy.execute('select 1 from dev.x') $$"),
    ],
)  # fmt: skip
def test_a_name_that_needs_quotes(text: str, expected: str) -> None:
    assert rewrite(text, SchemaNames(ODD), schema="dev").text == expected


@pytest.mark.parametrize(
    ("name", "text", "own"),
    [
        ("mart", 'select * from MART.x, Mart.y, "mart".z, "Mart".q, staging.s', "x y z"),
        ("Mart", 'select * from MART.x, Mart.y, "mart".z, "Mart".q', "q"),
        ("märt", 'select * from märt.x, "märt".y', "x y"),
        ("public", "select * from public.x join staging.y using (id)", "x"),
        # A short name is often an alias as well.
        (
            "t",
            "select t.id, t.name from t.orders t join t.people p on p.id = t.id",
            "orders people",
        ),
        ("select", 'select "select".a from "select".b', "b"),
    ],
)
def test_names_are_those_of_postgres(name: str, text: str, own: str) -> None:
    schemas = SchemaNames(name)
    found = find_references(text, schemas).reads
    assert {each.name for each in found if each.schema == name} == set(own.split())
    sent = rewrite(text, schemas, schema="dev").text
    reads = find_references(sent, SchemaNames("dev")).reads
    assert {each.name for each in reads if each.schema == "dev"} == set(own.split())


def test_a_name_that_is_put_into_dynamic_sql_is_replaced() -> None:
    text = (
        "do $$ declare t text := 'x'; begin execute format('analyze %I.%I', 'mart', t);"
        " execute 'analyze ' || quote_ident('mart') || '.x'; perform 'mart'; end $$"
    )
    expected = text.replace("'mart', t", "'dev', t").replace("('mart')", "('dev')")
    assert rewrite(text, MART, schema="dev").text == expected


def test_both_schemas_are_sent_at_once() -> None:
    text = """
    create function mart.f(etl int) returns setof etl.people language sql
        set search_path = mart, etl as 'select * from etl.people where id > etl';
    create table mart.t (id int default nextval('mart.s'), p etl.mood,
        check (to_regclass('etl.people') is not null));
    insert into mart.t select etl.people.id from etl.people;
    """
    expected = text.replace("mart", "dev")
    for before, after in (
        ("setof etl.people", "setof src.people"),
        ("dev, etl as", "dev, src as"),
        ("from etl.people where", "from src.people where"),
        ("p etl.mood", "p src.mood"),
        ("'etl.people'", "'src.people'"),
        ("select etl.people.id from etl.people", "select src.people.id from src.people"),
    ):
        expected = expected.replace(before, after)
    assert rewrite(text, SchemaNames("mart", "src"), schema="dev").text == expected
