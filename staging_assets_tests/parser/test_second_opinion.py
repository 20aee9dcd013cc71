"""Names and rewriting against Postgres' own grammar, for every script of ours and many others.

The grammar comes with libpg_query, which can end its process: it runs in one of its own.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from staging_assets.model import SchemaNames
from staging_assets.parser import (
    LexicalError,
    find_statements,
    read_statements,
    rewrite,
)
from staging_assets_tests.support.grammar import NEW

ROOT = Path(__file__).parents[2]
FOLDERS = (ROOT / "sql", ROOT / "staging_assets_tests" / "data")
TRICKY = Path(__file__).parents[1] / "data" / "statements.sql"
GENERATED = 400
READS = ("read", "mention", "parent")
TABLES = (*READS, "write", "change", "truncate", "create", "alter", "drop", "reference", "about")


def ask(texts: Sequence[str]) -> list[dict[str, Any]]:
    """What the grammar says of each text; one that ends the process is refused."""
    pairs = [(text, rewrite(text, SchemaNames(), schema=NEW).text) for text in texts]
    answers: list[dict[str, Any]] = []
    while len(answers) < len(pairs):
        done = subprocess.run(
            [sys.executable, "-m", "staging_assets_tests.support.grammar"],
            input=json.dumps(pairs[len(answers) :]),
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
        )
        answers += [json.loads(line) for line in done.stdout.splitlines()]
        if len(answers) < len(pairs):
            assert done.returncode < 0, done.stderr
            answers.append({"refused": f"ended by signal {-done.returncode}"})
    return answers


def find_differences(text: str, said: dict[str, Any]) -> list[str]:
    """Where we and the grammar differ on a statement."""
    if "refused" in said:
        return []
    uses = [use for statement in read_statements(text, SchemaNames()) for use in statement.uses]
    uses = [use for use in uses if use.within == "statement" and use.role != "spelled"]

    if text.startswith("create schema"):  # what has no schema there is in the new one
        said["names"] = [name for name in said["names"] if name[1]]
        uses = [use for use in uses if not use.bare]

    def ours(*roles: str) -> set[tuple[str, str]]:
        return {(u.relation.schema, u.relation.name) for u in uses if u.role in roles}

    def theirs(*roles: str) -> set[tuple[str, str]]:
        return {(schema, name) for role, schema, name in said["names"] if role in roles}

    typed = {
        (u.relation.schema, u.relation.name)
        for u in uses
        if (u.role, u.kind) == ("mention", "type")
    }
    differences = {
        "reads missed": theirs("read") - ours(*READS),
        "reads added": ours("read") - theirs("read", "other"),
        "writes missed": theirs("write") - ours("write"),
        "writes added": ours("write") - theirs("write"),
        "changes missed": theirs("change") - ours("change"),
        "changes added": ours("change") - theirs("change"),
        "tables missed": theirs("other") - ours(*TABLES, "temporary"),
        "calls missed": theirs("call") - ours("call"),
        "types missed": theirs("type") - ours("mention", "call", "about", "create", "drop"),
        "types added": {name for name in typed if name[0] == "etl"} - theirs("type"),
    }
    found = [f"{what}: {sorted(names)}" for what, names in differences.items() if names]
    if said["count"] != 1:
        found.append(f"it is {said['count']} statements")
    return [f"{each[:300]}: {text[:1000]}" for each in [*found, *said["faults"]]]


def check(texts: Sequence[str], *, read: float) -> None:
    """Fail where we and the grammar differ; at least a share `read` of the texts must be SQL."""
    answers = ask(texts)
    accepted = sum("refused" not in each for each in answers)
    assert accepted >= read * len(texts), [a for a in answers if "refused" in a][:10]
    differences = [
        each
        for text, said in zip(texts, answers, strict=True)
        for each in find_differences(text, said)
    ]
    assert not differences, "\n".join(differences)


def find_texts() -> list[str]:
    """The statements of all scripts, and those of the bodies of SQL functions, each once."""
    texts: dict[str, None] = {}
    for folder in FOLDERS:
        for path in sorted(folder.rglob("*.sql")):
            script = path.read_text(errors="replace")
            try:
                texts |= dict.fromkeys(each.text for each in find_statements(script))
                read = read_statements(script, SchemaNames())
            except LexicalError:
                continue  # a case of what cannot be read
            for statement in read:
                for piece, *_ in statement.piece.walk():
                    if piece.kind == "query" and piece.literal is not None:
                        inner = find_statements(piece.literal.value)
                        texts |= dict.fromkeys(each.text for each in inner)
    return list(texts)


def test_every_statement_of_our_scripts_and_test_trees_is_read_as_postgres_reads_it() -> None:
    texts = find_texts()
    assert len(texts) > 900
    check(texts, read=0.95)


def test_statements_in_which_names_are_hard_to_see_are_read_as_postgres_reads_them() -> None:
    check([each.text for each in find_statements(TRICKY.read_text())], read=1)


class Writer:
    """Writes statements at random from the rules of the grammar that decide what a name is."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.depth = 0

    def pick(self, *choices: str) -> str:
        return self.random.choice(choices)

    def maybe(self, text: str, chance: float = 0.4) -> str:
        return text if self.random.random() < chance else ""

    def table(self) -> str:
        return self.pick(
            "staging.a", "staging.b", "etl.x", "etl.y", "bare", '"staging".c', "Staging.D"
        )

    def alias(self) -> str:
        return self.pick(
            "", "", " t", " as u", " staging", " as staging", " as staging (id, n)", " etl"
        )

    def column(self) -> str:
        return self.pick(
            "id", "t.id", "staging.id", "staging.n", "u.n", "etl.id", "staging.a.id", '"staging".x'
        )

    def expression(self) -> str:
        self.depth += 1
        if self.depth > 4:
            text = self.column()
        else:
            e, f = self.expression, self.column
            text = self.random.choice(
                (
                    f,
                    lambda: f"{f()}::{self.type()}",
                    lambda: f"cast({e()} as {self.type()})",
                    lambda: f"staging.f({e()}, {e()})",
                    lambda: f"coalesce({e()}, 'staging.data')",
                    lambda: f"({self.query()} limit 1)",
                    lambda: f"exists ({self.query()})",
                    lambda: f"case when {f()} is null then {e()} else {f()} end",
                    lambda: f"{f()} in ({self.query()})",
                    lambda: f"extract(year from {f()})",
                    lambda: (
                        f"count(*) filter (where {f()}) over (partition by {f()} order by {f()})"
                    ),
                    lambda: f"{f()} between {f()} and {f()}",
                    lambda: f"{f()} is distinct from {f()}",
                    lambda: "staging.kind 'staging.data'",
                    lambda: "'staging.a'::regclass",
                    lambda: f"{f()} operator(staging.+) {f()}",
                    lambda: f"array[{f()}, {e()}]",
                    lambda: f"{f()} collate staging.de",
                )
            )()
        self.depth -= 1
        return text

    def type(self) -> str:
        return self.pick("text", "staging.kind", "etl.mood", "staging.kind[]", "numeric(3, 1)")

    def item(self) -> str:
        return self.random.choice(
            (
                lambda: f"{self.table()}{self.alias()}",
                lambda: f"only {self.table()}{self.alias()}",
                lambda: f"({self.table()}{self.alias()} join {self.item()} on {self.column()} = 1)",
                lambda: f"lateral ({self.query()}) as {self.pick('q', 'staging')}",
                lambda: f"staging.g({self.column()}) as {self.pick('g', 'staging (id)')}",
                lambda: (
                    f"(values (1, 'staging.data')) as {self.pick('v (a, b)', 'staging (id, n)')}"
                ),
                lambda: f"{self.table()}{self.alias()} left join {self.item()} using (id)",
            )
        )()

    def query(self) -> str:
        self.depth += 1
        text = f"select {self.expression()}, {self.expression()} as {self.pick('c', 'staging')}"
        if self.depth < 4:
            text += f" from {self.item()}{self.maybe(f', {self.item()}')}"
            text += self.maybe(f" where {self.expression()}")
            text += self.maybe(f" group by {self.column()}")
            text += self.maybe(f" {self.pick('union', 'except all')} {self.query()}", 0.2)
            text += self.maybe(f" order by {self.column()} desc", 0.2)
        self.depth -= 1
        return text

    def ctes(self) -> str:
        name = self.pick("bare", "staging", "c (id, n)", "a")
        body = self.pick(self.query(), "delete from staging.a returning id", "table etl.x")
        text = f"with {self.maybe('recursive ')}{name} as {self.maybe('materialized ')}({body})"
        return text + self.maybe(" cycle id, n set looped using path") + " "

    def statement(self) -> str:
        table, column, expression = self.table(), self.column, self.expression
        own = self.pick("", " as t", " as staging")
        text = self.random.choice(
            (
                self.query,
                lambda: f"insert into {table}{own} (id, n) {self.query()}",
                lambda: (
                    f"insert into {table}{own} values (1, 'staging.data', {expression()})"
                    f" on conflict (id) do update set n = {column()} where {expression()}"
                ),
                lambda: f"insert into {table} table {self.table()}",
                lambda: (
                    f"update {table}{own} set n = {expression()} from {self.item()}"
                    f" where {expression()} returning {column()}"
                ),
                lambda: f"delete from {table}{own} using {self.item()} where {expression()}",
                lambda: (
                    f"merge into {table}{own} using {self.item()} on {expression()}"
                    f" when matched then update set n = {column()} when not matched then do nothing"
                ),
            )
        )()
        if self.random.random() < 0.3:
            text = self.ctes() + text
        head = self.pick(
            "", "", "", "create view staging.v as ", "explain ", "create table staging.n as "
        )
        may = text.startswith(("select", "with")) and not any(
            word in text for word in ("insert", "update", "delete", "merge")
        )
        return (head if may or head == "explain " else "") + text


def test_statements_written_at_random_are_read_as_postgres_reads_them() -> None:
    writer = Writer(7)
    check([writer.statement() for _ in range(GENERATED)], read=0.9)


def test_the_second_opinion_notices_what_is_wrong() -> None:
    [said] = ask(["insert into staging.a select * from etl.x"])
    assert find_differences("insert into staging.a select * from etl.y", said)
    assert find_differences("insert into staging.b select * from etl.x", said)
    assert not find_differences("insert into staging.a select * from etl.x", said)


@pytest.mark.parametrize("text", ["select 1; select 2", "select 1;; select 2 ;"])
def test_statements_are_counted_as_postgres_counts_them(text: str) -> None:
    [said] = ask([text])
    assert said["count"] == len(find_statements(text))
