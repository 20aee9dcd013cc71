"""Foreign keys that have to wait for the table that they reference."""

from __future__ import annotations

import pytest

from staging_assets.model import Relation
from staging_assets.parser import Rewritten, postpone_keys, replace_spans

CASES: list[tuple[str, str, list[str]]] = [
    (
        "create table s.a (id int primary key, b int references s.b (id) not null, x int)",
        "create table s.a (id int primary key, b int not null, x int)",
        ["alter table s.a add foreign key (b) references s.b (id)"],
    ),
    (
        "create table s.a (b int constraint k references s.b match full on delete set null (b)"
        " on update no action not deferrable check (b > 0))",
        "create table s.a (b int check (b > 0))",
        [
            "alter table s.a add constraint k foreign key (b) references s.b match full"
            " on delete set null (b) on update no action not deferrable"
        ],
    ),
    (
        "create table s.a (foreign key (x, y) references s.b, x int,"
        " constraint k foreign key (y) references s.b (y) deferrable initially deferred)",
        "create table s.a (x int)",
        [
            "alter table s.a add foreign key (x, y) references s.b",
            "alter table s.a add constraint k foreign key (y) references s.b (y)"
            " deferrable initially deferred",
        ],
    ),
    (
        "create table if not exists s.a (x int references s.other, y int references s.b,"
        " z int references s.a)",
        "create table if not exists s.a (x int references s.other, y int, z int references s.a)",
        ["alter table s.a add foreign key (y) references s.b"],
    ),
    (
        "create unlogged table s.a (id int); alter table only s.a add constraint k foreign key (id)"
        " references s.b not valid; comment on constraint k on s.a is 'x';"
        "alter table s.a validate constraint k; alter table s.a drop constraint if exists other",
        "create unlogged table s.a (id int); ; ; ; alter table s.a drop constraint if exists other",
        [
            "alter table s.a add constraint k foreign key (id) references s.b not valid",
            "comment on constraint k on s.a is 'x'",
            "alter table s.a validate constraint k",
        ],
    ),
    (
        "alter table s.a add x int, add column if not exists y int references s.b default 1,"
        " add foreign key (x) references s.b, drop z",
        "alter table s.a add x int, add column if not exists y int default 1, drop z",
        [
            "alter table s.a add foreign key (y) references s.b",
            "alter table s.a add foreign key (x) references s.b",
        ],
    ),
    (
        'create table s."A b" ("C d" int constraint "K k" references s.b);'
        'comment on constraint "K k" on s."A b" is null',
        'create table s."A b" ("C d" int );',
        [
            'alter table s."A b" add constraint "K k" foreign key ("C d") references s.b',
            'comment on constraint "K k" on s."A b" is null',
        ],
    ),
    (
        "create table s.a partition of s.p (b references s.b) for values in (1)",
        "create table s.a partition of s.p (b ) for values in (1)",
        ["alter table s.a add foreign key (b) references s.b"],
    ),
    (
        "create table s.a (b int references s.b); comment on constraint a_b_fkey on s.a is 'x'",
        "create table s.a (b int );",
        [
            "alter table s.a add foreign key (b) references s.b",
            "comment on constraint a_b_fkey on s.a is 'x'",
        ],
    ),
    (
        "create table s.a (b text default ') references s.b (', c int);"
        "create function f() returns void language sql as 'alter table s.a add x int references b'",
        "create table s.a (b text default ') references s.b (', c int);"
        "create function f() returns void language sql as 'alter table s.a add x int references b'",
        [],
    ),
]


@pytest.mark.parametrize(("text", "left", "later"), CASES, ids=lambda each: str(each)[:50])
def test_a_key_is_taken_out_and_said_later(text: str, left: str, later: list[str]) -> None:
    found = postpone_keys(text, {Relation("s", "b")})
    sent = replace_spans(Rewritten(text), found.spans)
    assert squeeze(sent.text) == squeeze(left)
    assert [squeeze(each.text) for each in found.statements] == later


def squeeze(text: str) -> str:
    return " ".join(text.split()).replace(" ,", ",").replace(" )", ")").replace("( ", "(")


def test_places_after_a_key_that_was_taken_out_are_those_of_the_script() -> None:
    text = "create table s.a (b int references s.b, c wrong)"
    found = postpone_keys(text, {Relation("s", "b")})
    sent = replace_spans(Rewritten(text), found.spans)
    assert sent.source_offset(sent.text.index("wrong")) == text.index("wrong")


def test_without_tables_to_wait_for_nothing_is_read() -> None:
    assert postpone_keys("create table s.a (b int references s.b", set()).spans == []
