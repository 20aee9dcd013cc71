"""What the lookup YAML says is what stands in the table: as Postgres reads it, not as YAML does."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.postgres.client.server import Server
from staging_assets_tests.support.builds import ask, build, build_all, load

LOOKUPS = "populate_tables/lookup/lookup_tables.yaml"
DOMAINS = "create_stored_procedures/domains.sql"


def files(types: str, rows: str) -> dict[str, str]:
    """A table `lookup_a` with columns a, b, c ... of these types, and its rows as YAML."""
    spelled = types.split(", ")
    names = "abcdefgh"[: len(spelled)]
    columns = [f"{name} {each}" for name, each in zip(names, spelled, strict=True)]
    listed = ", ".join(names)
    return {
        "create_tables/CREATE-staging-lookup_a.sql": (
            f"create table staging.lookup_a ({', '.join(columns)});"
        ),
        LOOKUPS: f"lookup_a:\n  columns: [{listed}]\n  rows:\n{rows}",
    }


EXACT = [
    # type, as written, as Postgres shows it
    ("bigint", "010", "10"),
    ("int", "08", "8"),
    ("int", "0100", "100"),
    ("int", "0b11", "3"),
    ("int", "-0x1F", "-31"),
    ("int", "0o17", "15"),
    ("int", "1_000", "1000"),
    ("int", "+5", "5"),
    ("serial", "7", "7"),
    ("numeric", "1.50", "1.50"),
    ("numeric", "0.12345678901234567890", "0.12345678901234567890"),
    ("numeric", "12345678901234567.89", "12345678901234567.89"),
    ("numeric", "685_230.15", "685230.15"),
    ("numeric", "1e3", "1000"),
    ("numeric(10,2)", "2.5", "2.50"),
    ("numeric", ".inf", "Infinity"),
    ("double precision", "-.inf", "-Infinity"),
    ("double precision", ".nan", "NaN"),
    ("real", "~", None),
    ("text", "0x1F", "0x1F"),
    ("text", "1_000", "1_000"),
    ("varchar(9)", "010", "010"),
    ("char(3)", "007", "007"),
    ("text", "190:20:30", "190:20:30"),
    ("text", "~", None),
    ("text", "No", "No"),
    ("boolean", "No", "false"),
    ("boolean", "on", "true"),
    ("date", "2001-02-03", "2001-02-03"),
    ("timestamp", "2001-02-03 04:05:06.50", "2001-02-03 04:05:06.5"),
    ("time", "12:30", "12:30:00"),
    ("interval", "190:20:30", "190:20:30"),
    ("bit(4)", "0101", "0101"),
    ("int[]", "[010, 0x1F, ~]", "{10,31,NULL}"),
    ("text[]", "[010, 1_0, 'a,b', no]", '{010,1_0,"a,b",no}'),
    ("numeric[]", "[[1.50, 1_0], [.inf, 2]]", "{{1.50,10},{Infinity,2}}"),
    ("bytea", "!!binary aGk=", "\\x6869"),
    ("staging.small", "0x1F", "31"),
    ("staging.small[]", "[0b1, 010]", "{1,10}"),
    ("staging.label", "0x1F", "0x1F"),
    ("staging.label", "1_000", "1_000"),
    ("staging.answer", "No", "No"),
]
TYPES = """
create domain staging.small as int;
create domain staging.label as text;
create type staging.answer as enum ('Yes', 'No');
"""


def build_exact(server: Server, folder: Path) -> list[str | None]:
    """Build a lookup table for each line of EXACT, and ask what is in it."""
    made: dict[str, str] = {}
    yaml = []
    for number, (spelled, written, _) in enumerate(EXACT):
        name = f"lookup_{number}"
        made[f"create_tables/CREATE-staging-{name}.sql"] = (
            f"create table staging.{name} (value {spelled});"
        )
        yaml.append(f"{name}:\n  columns: [value]\n  rows:\n    - [{written}]\n")
    made[LOOKUPS] = "".join(yaml)
    with closing(server.connect("types", autocommit=True)) as connection:
        ask(connection, f"create schema staging; {TYPES} select 1")
        build_all(server, load(folder, made))
        return [
            ask(connection, f"select value::text from staging.lookup_{number}")
            for number in range(len(EXACT))
        ]


def test_what_is_written_is_what_is_read(database: Server, tmp_path: Path) -> None:
    assert build_exact(database, tmp_path) == [right for _, _, right in EXACT]


def test_an_older_server_reads_the_same(database15: Server, tmp_path: Path) -> None:
    assert build_exact(database15, tmp_path) == [right for _, _, right in EXACT]


@pytest.mark.parametrize(
    ("spelled", "written", "told"),
    [
        ("staging.small", "190:20:30", 'invalid input syntax for type integer: "190:20:30"'),
        ("int", "1.5", 'invalid input syntax for type integer: "1.5"'),
        ("int", "1e3", 'invalid input syntax for type integer: "1e3"'),
        ("smallint", "40_000", 'value "40000" is out of range for type smallint'),
        ("date", "'31.31.2001'", 'value out of range: "31.31.2001"'),
        ("int", "yes", 'invalid input syntax for type integer: "yes"'),
    ],
)
def test_what_postgres_does_not_take_is_told_with_line_and_value(
    database: Server, witness: Connection, tmp_path: Path, spelled: str, written: str, told: str
) -> None:
    ask(witness, f"create schema staging; {TYPES} select 1")
    rows = f"    - [1, ~]\n    - [2, {written}]\n"
    result = build(database, load(tmp_path, files(f"int, {spelled}", rows)))["lookup_a"]
    assert result.status == "failed"
    assert "lookup_tables.yaml:5: row 2, column b: " in (result.message or "")
    assert told in (result.message or "")


@pytest.mark.parametrize(
    ("types", "rows", "told"),
    [
        ("int primary key, text", "    - [1, x]\n    - [2, y]\n    - [01, z]\n", "a 01"),
        ("text primary key, text", "    - [x, 1]\n    - [X, 2]\n    - [x, 3]\n", "a x"),
        ("int, text unique", "    - [1, 'a b']\n    - [2, c]\n    - [3, a b]\n", "b a b"),
        ("int, text, unique (a, b)", "    - [1, x]\n    - [1, y]\n    - [1, x]\n", "a, b 1, x"),
    ],
)
def test_a_repeated_key_is_told_with_its_code_and_both_lines(
    database: Server, tmp_path: Path, types: str, rows: str, told: str
) -> None:
    made = files(types.split(", unique", maxsplit=1)[0], rows)
    if ", unique" in types:
        create = "create_tables/CREATE-staging-lookup_a.sql"
        made[create] = made[create].replace(");", ", unique (a, b));")
    message = build(database, load(tmp_path, made))["lookup_a"].message or ""
    label = "lookup_tables.yaml"
    assert f"{label}:6: {told} stands here again; it is in " in message
    assert f"{label}:4 already" in message


def test_a_department_and_the_shared_file_are_told_apart(database: Server, tmp_path: Path) -> None:
    made = {
        **files("int, text unique", "    - [1, x]\n"),
        "populate_tables/demo/lookup_tables.yaml": "lookup_a: {columns: [a, b], rows: [[2, x]]}",
    }
    message = build(database, load(tmp_path, made))["lookup_a"].message or ""
    assert "demo/lookup_tables.yaml:1: b x stands here again; it is in " in message
    assert "lookup/lookup_tables.yaml:4 already" in message
