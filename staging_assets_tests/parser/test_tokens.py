"""The lexer, against the server's own reading where that can be asked."""

from __future__ import annotations

import random
from contextlib import closing

import pytest

from staging_assets.parser.lexer.literals import read_literal
from staging_assets.parser.lexer.positions import find_position
from staging_assets.parser.lexer.tokens import TEXT_KINDS, Comment, LexicalError, tokenize
from staging_assets.postgres.client.server import Server


def find_values(text: str) -> list[str]:
    return [token.value for token in tokenize(text)]


LITERALS = [
    "'plain'",
    "'it''s'",
    "''",
    "''''",
    "'back\\slash'",
    "E'it\\'s'",
    "e'\\b\\f\\n\\r\\t\\\\ \\101 \\x41 \\u0041 \\U0001F600 \\q'",
    "E'a''b'",
    "E'one'\n  'two\\'s'",
    "N'national'",
    "$$dollar '' \\ $x$ $$",
    "$tag$ $$ $tag $ $tag$",
    "$ü_1$ü$ü_1$",
    "U&'d\\0061t\\+000061 \\\\ '''",
    "'multi\nline'",
    "'--no comment' ",
    "'/* nor this */'",
]


def test_literals_mean_what_the_server_takes_them_for(database: Server) -> None:
    with closing(database.connect("test")) as connection, connection.cursor() as cursor:
        for literal in LITERALS:
            cursor.execute(f"select {literal}")
            (row,) = cursor.fetchall()
            (token,) = (
                token for token in tokenize(f"select {literal}") if token.kind in TEXT_KINDS
            )
            assert read_literal(token).value == row[0], literal


NAMES = [
    "plain",
    "UPPER",
    "a$b$c",
    "_x1",
    "über",
    "ÜBER",
    '"Quoted"',
    '"a""b"',
    '"with space"',
    'U&"d\\0061t"',
    "n" * 70,
    '"' + "ü" * 40 + '"',
]


def test_names_are_folded_as_the_server_folds_them(database: Server) -> None:
    with closing(database.connect("test")) as connection, connection.cursor() as cursor:
        for name in NAMES:
            cursor.execute(f"select 1 as {name}")
            (_, _, _, token) = tokenize(f"select 1 as {name}")
            assert cursor.description is not None
            assert token.value == cursor.description[0].name, name


def test_every_place_of_a_literal_is_known() -> None:
    text = "select E'it\\'s\\n' || 'a''b' || U&'\\0041b'"
    texts = [read_literal(token) for token in tokenize(text) if token.kind in TEXT_KINDS]
    assert [literal.value for literal in texts] == ["it's\n", "a'b", "Ab"]
    assert text[texts[0].outside(3) :].startswith("s\\n")
    assert text[texts[1].outside(2) :].startswith("b'")
    assert text[texts[2].outside(1) :].startswith("b'")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a--b\nc", ["a", "c"]),
        ("a@>--b\nc", ["a", "@>", "c"]),
        ("a+/*b*/c", ["a", "+", "c"]),
        ("1..10", ["1", "..", "10"]),
        ("1.5e-3+.5", ["1.5e-3", "+", ".5"]),
        ("0x1F 1_000", ["0x1F", "1_000"]),
        ("$1+$2", ["$1", "+", "$2"]),
        ("a::b:=c", ["a", "::", "b", ":=", "c"]),
        ("x.*", ["x", ".", "*"]),
        ("a[1:2]", ["a", "[", "1", ":", "2", "]"]),
        ("/*/**/*/a", ["a"]),
        ("a/**/b", ["a", "b"]),
        ("-- x\r-- y\ra", ["a"]),
        ("\ta\x0bb\x0cc\r\nd", ["a", "b", "c", "d"]),
        ("a\u00a0b", ["a\u00a0b"]),
        ("'a''b''c'", ["'a''b''c'"]),
        ("b'01'x'1F'", ["b'01'", "x'1F'"]),
        ("select$$a$$", ["select$$a$$"]),
        ("1$$a$$", ["1", "$$a$$"]),
        ("\\copy x from y\n", ["\\copy", "x", "from", "y"]),
        ("", []),
    ],
)
def test_text_is_cut_where_the_server_cuts_it(text: str, values: list[str]) -> None:
    assert find_values(text) == values


@pytest.mark.parametrize(
    ("text", "offset", "what"),
    [
        ("select 'a", 7, "a string is not closed"),
        ("select 'a''", 7, "a string is not closed"),
        ("select E'a\\'", 8, "a string is not closed"),
        ("select U&'a", 9, "a string is not closed"),
        ("x /* /* */", 2, "a comment is not closed"),
        ("x $a$ $b$", 2, "a dollar quote is not closed: $a$"),
        ('x "a', 2, "a quoted name is not closed"),
        ('x ""', 2, "a quoted name is empty"),
    ],
)
def test_what_never_ends_is_found_where_it_begins(text: str, offset: int, what: str) -> None:
    with pytest.raises(LexicalError) as caught:
        tokenize(text)
    assert (caught.value.offset, caught.value.what) == (offset, what)


def test_backslashes_escape_where_the_script_says_so() -> None:
    setting = "set standard_conforming_strings = "
    text = f"{setting}off; select 'it\\'s'; {setting}on; select '\\';"
    assert "'it\\'s'" in find_values(text)
    assert find_values(text)[-2] == "'\\'"


def test_comments_are_given_to_who_asks() -> None:
    comments: list[Comment] = []
    tokenize("a -- b\n/* c /* d */ */", comments)
    assert [comment.text for comment in comments] == ["-- b", "/* c /* d */ */"]


def test_a_place_is_a_line_and_a_column() -> None:
    text = "a\r\nb\nc\rd\n"
    assert [find_position(text, offset) for offset in (0, 3, 5, 7, 9)] == [
        (1, 1),
        (2, 1),
        (3, 1),
        (4, 1),
        (5, 1),
    ]


def test_any_text_is_cut_or_refused_and_nothing_is_lost() -> None:
    seeded = random.Random(1)
    pieces = [*"'\"$\\;.:()-/*eEuU&xaé1 \n\r\t\0", "--", "/*", "*/", "$$", "$a$", "::", "''", '""']
    for _ in range(5000):
        text = "".join(seeded.choices(pieces, k=seeded.randrange(30)))
        comments: list[Comment] = []
        try:
            tokens = tokenize(text, comments)
        except LexicalError as error:
            assert 0 <= error.offset < len(text)
            continue
        spans = sorted([(token.start, token.end) for token in tokens] + [c[:2] for c in comments])
        position = 0
        for start, end in spans:
            assert text[position:start].strip(" \t\n\r\f\v") == ""
            assert start >= position
            assert end > start
            position = end
        assert text[position:].strip(" \t\n\r\f\v") == ""


def test_a_megabyte_of_quotes_takes_no_longer_than_one_of_words() -> None:
    for text in ("'" + "''" * 500_000, "/*" * 500_000, "$" * 1_000_000, "E'" + "\\'" * 500_000):
        try:
            tokenize(text)
        except LexicalError:
            continue
