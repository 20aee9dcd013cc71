"""The schema's name in scripts; the cases are projects/rewrite/<case>.sql and what they become."""

from __future__ import annotations

import random
import time
from contextlib import closing
from pathlib import Path

import pytest

from staging_assets.model import SchemaNames
from staging_assets.parser import Rewritten, rewrite
from staging_assets.postgres.client.server import Server

CASES = Path(__file__).parents[1] / "data" / "projects" / "rewrite"
INPUTS = sorted(path for path in CASES.glob("*.sql") if not path.stem.endswith(".expected"))


def rewrite_case(path: Path) -> Rewritten:
    """Rewrite as the first line of the case says: `-- schema: s; shadow: t; own: a, b`."""
    text = path.read_text()
    said = dict(part.split(":", 1) for part in text.splitlines()[0][2:].split(";"))
    asked = {key.strip(): value.strip() for key, value in said.items()}
    own = [name.strip() for name in asked.get("own", "").split(",")]
    return rewrite(text, SchemaNames(), schema=asked["schema"], shadow=asked.get("shadow"), own=own)


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: path.stem)
def test_a_case_is_rewritten_as_expected(path: Path) -> None:
    assert rewrite_case(path).text == path.with_name(f"{path.stem}.expected.sql").read_text()


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: path.stem)
def test_every_place_in_the_new_text_is_traced_to_the_script(path: Path) -> None:
    text, rewritten = path.read_text(), rewrite_case(path)
    offsets = [rewritten.source_offset(offset) for offset in range(len(rewritten.text) + 1)]
    assert offsets == sorted(offsets)
    assert offsets[0] == 0
    assert offsets[-1] == len(text)
    for word in ("select", "from", ";", "id"):
        start = rewritten.text.rfind(word)
        if start >= 0:
            assert text.startswith(word, offsets[start])


def test_the_name_in_the_files_leaves_the_text_as_it_is() -> None:
    text = "select * from STAGING.x, 'staging.y'"
    assert rewrite(text, SchemaNames(), schema="staging").text is text


def test_rewriting_twice_changes_nothing_more() -> None:
    text = "create table staging.x (id int default nextval('staging.x_seq'))"
    once = rewrite(text, SchemaNames(), schema="dev").text
    assert rewrite(once, SchemaNames(), schema="other").text == once


def test_line_ends_and_other_alphabets_keep_their_places() -> None:
    text = "-- é\r\nselect 'ü😀' from staging.x\r\nwhere é.id = staging.f(1)"
    rewritten = rewrite(text, SchemaNames(), schema="a_much_longer_name")
    assert rewritten.text == text.replace("staging.", "a_much_longer_name.")
    assert rewritten.source_offset(rewritten.text.index("where")) == text.index("where")


HOSTILE = [
    'a"b',
    "it's",
    "$$; drop table public.witness; --",
    "back\\slash",
    "100%s %I",
    "*/ /* --",
    "order",
    "Upper Case",
    "$q1$",
    "ünïcödé 😀",
    '"; drop table public.witness; --',
    "'); drop table public.witness; --",
]

SCRIPT = """
drop schema if exists staging cascade;
create schema staging;
create table staging.numbers (id serial primary key, n int);
create function staging.twice(int) returns int language sql as $$ select $1 * 2 $$;
create function staging.fill() returns void language plpgsql as $body$
begin
    execute 'insert into staging.numbers (n) values (staging.twice(1))';
    execute format('insert into staging.%I (n) values (%s)', 'numbers', 3);
    execute $$ insert into staging.numbers (n) select n from staging.numbers $$;
    execute E'insert into staging.numbers (n) select n from staging.numbers where n = \\'2\\'';
end $body$;
do 'begin perform staging.fill(); end';
do $$ begin perform setval('staging.numbers_id_seq', 100); end $$;
insert into staging.numbers (n) values (5);
set local search_path to staging;
insert into numbers (n)
select count(*) from information_schema.tables where table_schema = 'staging';
select n from numbers where 'staging.numbers'::regclass = tableoid order by id;
"""


def test_a_hostile_name_of_the_schema_is_a_name_to_the_server(database: Server) -> None:
    with closing(database.connect("test")) as connection, connection.cursor() as cursor:
        for schema in HOSTILE:
            cursor.execute("create table public.witness ()")
            cursor.execute(rewrite(SCRIPT, SchemaNames(), schema=schema).text)
            assert [row[0] for row in cursor.fetchall()] == [2, 3, 2, 3, 2, 2, 5, 1], schema
            cursor.execute(
                "select nspname from pg_namespace where nspname !~ '^pg_' and oid > 16384"
            )
            assert cursor.fetchall() == [(schema,)]
            cursor.execute("select 'public.witness'::regclass")
            connection.rollback()


def test_mutilated_scripts_are_rewritten_or_left_and_never_lose_a_place() -> None:
    seeded = random.Random(1)
    texts = [path.read_text() for path in INPUTS]
    pieces = [
        "'",
        '"',
        "$$",
        "/*",
        "*/",
        "--",
        "(",
        ")",
        ";",
        ".",
        "staging.",
        "schema ",
        "E'",
        "\\",
    ]
    for _ in range(1000):
        text = seeded.choice(texts)
        for _ in range(seeded.randrange(1, 8)):
            start = seeded.randrange(len(text) + 1)
            text = text[:start] + seeded.choice(pieces) + text[start + seeded.randrange(20) :]
        rewritten = rewrite(text, SchemaNames(), schema="a\"$$'b", shadow="s'h", own=["x"])
        offsets = [rewritten.source_offset(at) for at in range(len(rewritten.text) + 1)]
        assert offsets == sorted(offsets)
        assert offsets[-1] == len(text)


def test_a_long_script_takes_time_in_proportion_to_its_length() -> None:
    row = "({0}, 'name {0}', 'staging', 'staging.x', null)"
    rows = ",\n".join(row.format(number) for number in range(20_000))
    start = time.process_time()
    rewritten = rewrite(f"insert into staging.x values\n{rows};", SchemaNames(), schema="dev")
    assert time.process_time() - start < 10
    assert rewritten.text.count("dev.x") == 1
    assert rewritten.text.count("'staging.x'") == 20_000


@pytest.mark.parametrize(
    ("start", "end", "sent"),
    [
        ("select * from pg_tables where schemaname || '.' || tablename in (", ")", True),
        ("select array[", "]::regclass[]", True),
        ("insert into staging.t values (", ")", False),
        ("do $$ declare t text[] := array[", "]; begin execute t[1]; end $$", True),
    ],
)
def test_a_list_of_names_takes_time_in_proportion_to_its_length(
    start: str, end: str, sent: bool
) -> None:
    names = ", ".join(f"'staging.t{number}'" for number in range(5000))
    begun = time.process_time()
    rewritten = rewrite(f"{start}{names}{end}", SchemaNames(), schema="dev")
    assert time.process_time() - begun < 4
    assert rewritten.text.count("'dev.t") == (5000 if sent else 0)


def test_a_value_that_is_a_tables_name_does_not_name_the_shadow() -> None:
    text = (
        "insert into staging.t select 'staging.t', nextval('staging.t_seq'), 'staging.t'::regclass;"
    )
    rewritten = rewrite(text, SchemaNames(), schema="staging", shadow="b", own={"t", "t_seq"})
    assert rewritten.text == (
        "insert into b.t select 'staging.t', nextval('b.t_seq'), 'b.t'::regclass;"
    )
