"""What scripts say themselves, or put together, is shown without values of rows."""

from __future__ import annotations

import pytest

from staging_assets.postgres.messages.raised import find_raiser, hide_dynamic, hide_raised

SCRIPT = (
    "do $$ begin raise notice 'moved % rows to %', n, t;"
    " raise exception '% isn''t 100%% of %', a, b; raise warning 'plain';"
    " execute 'select * from arrests where ' || x; end $$"
)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("moved 12 rows to arrests", "moved 12 rows to arrests"),
        ("moved 12 rows to Smith", "moved 12 rows to …"),
        ("moved Ann Mary Smith rows to 1.5", "moved … rows to 1.5"),
        ("moved <NULL> rows to ", "moved <NULL> rows to "),
        ("Ann isn't 100% of Bob", "… isn't 100% of …"),
        ("plain", "plain"),
        ('table "x" does not exist, skipping', 'table "x" does not exist, skipping'),
    ],
)
def test_what_comes_in_for_a_place_of_a_raise_is_hidden(said: str, shown: str) -> None:
    assert hide_raised(said, ["select 1", SCRIPT]) == shown


def test_a_text_that_is_put_together_keeps_the_words_of_the_script() -> None:
    assert hide_raised("plain Smith, moved 3", [SCRIPT], always=True) == "plain …, moved 3"


EXECUTED = 'SQL statement "drop table Smith"\nPL/pgSQL function f() line 3 at EXECUTE'
STATIC = 'SQL statement "drop table Smith"\nPL/pgSQL function f() line 3 at SQL statement'


@pytest.mark.parametrize(
    ("said", "state", "context", "query", "shown"),
    [
        ('table "smith" does not exist', "42P01", EXECUTED, None, 'table "…" does not exist'),
        ("function smith() does not exist", "42883", EXECUTED, None, "function …() does not exist"),
        ('syntax error at or near "smith"', "42601", EXECUTED, "smith", None),
        ('table "arrests" does not exist', "42P01", EXECUTED, None, None),
        ('table "smith" does not exist', "42P01", STATIC, "drop table Smith", None),
        ('relation "smith" does not exist', "42P01", "", None, 'relation "…" does not exist'),
        ('relation "smith" does not exist', "42P01", "", "12", None),
        ('constraint "smith_pkey" already exists', "42710", "", None, None),
    ],
)
def test_words_of_dynamic_sql_are_hidden_unless_they_stand_in_a_script(
    said: str, state: str, context: str, query: str | None, shown: str | None
) -> None:
    found = hide_dynamic(said, state, context, query, [SCRIPT])
    if "syntax" in said:
        assert found == 'syntax error at or near "…"'
    else:
        assert found == (shown or said)


def test_a_raise_is_told_from_what_postgres_says() -> None:
    assert find_raiser("PL/pgSQL function staging.f(text) line 2 at RAISE") == "staging.f(text)"
    assert find_raiser("PL/pgSQL function f() line 2 at assignment") is None
    assert find_raiser(f"{STATIC}\nPL/pgSQL function g() line 1 at RAISE") is None
    assert find_raiser(None) is None
