"""docs/errors.md: the message that it explains is the one that people get."""

from __future__ import annotations

import re
from pathlib import Path

from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.postgres import Server
from staging_assets_tests.support.builds import ask, build, load, tables

PAGE = Path(__file__).parents[2] / "docs" / "errors.md"


def test_the_message_on_the_page_is_the_real_one(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    text = PAGE.read_text()
    [script] = re.findall(r"```sql\n(.*?)```", text, re.DOTALL)
    [message] = re.findall(r"```text\n(.*?)```", text, re.DOTALL)
    ask(
        witness,
        "create schema etl; create table etl.licences (id text, owner text, chip text);"
        "insert into etl.licences values ('1', 'Ann', 'a1'), ('five', 'Joe', 'e')",
    )
    made = tables(
        owners=(
            "create table staging.owners (owner_id serial primary key, name text unique);",
            "insert into staging.owners (name) select distinct owner from etl.licences;",
        ),
        dogs=(
            "create table staging.dogs (dog_id int primary key, owner_id int, chip text);",
            script,
        ),
    )
    told = build(database, load(tmp_path, made))["dogs"].message or ""
    assert told.replace(f"{tmp_path}/", "") == message.rstrip("\n")
    [query] = re.findall(r"To find the rows:\n(.*?;)\n", message, re.DOTALL)
    assert ask(witness, query) == [(1, "five")]
