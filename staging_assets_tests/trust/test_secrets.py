"""Passwords and values of rows: searched for in everything that commands print, keep and send."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import parse_dsn

from staging_assets.postgres import Server
from staging_assets_tests.support.builds import ask, tables
from staging_assets_tests.support.commands import find_environment, run_typed
from staging_assets_tests.support.figures import IS_FULL, choose
from staging_assets_tests.support.folders import make_project
from staging_assets_tests.support.forked import run_forked
from staging_assets_tests.support.webhook import listening

MARK = "zyxmark"
"""Stands in every value of a row, and in no script."""
PASSWORD = f"pw{uuid.uuid4().hex}/@:%"

SOURCES = f"""
create schema etl;
create table etl.people (id int, name text, age text);
insert into etl.people values (1, '{MARK}1', '{MARK}a'), (1, '{MARK}1', '{MARK}b'), (2, null, '3');
"""
_PEOPLE = "(id int, name text, age int)"
_RAISE = "raise exception using message = p.name, detail = p.name, hint = p.name"


def _block(body: str) -> str:
    every = "for p in select * from etl.people order by id, name loop"
    return f"do $$ declare p record; begin {every} {body}; end loop; end $$"


# Table to its CREATE and POPULATE: each fails, or says something, with a value of a row.
LEAKS = {
    "key": (
        "create table staging.{0} (name text primary key)",
        "insert into staging.{0} select name from etl.people where name is not null",
    ),
    "null": (
        "create table staging.{0} (id int, name text not null)",
        "insert into staging.{0} select id, name from etl.people order by name desc nulls last",
    ),
    "row": (
        "create table staging.{0} (name text check (length(name) < 3))",
        "insert into staging.{0} select name from etl.people",
    ),
    "cast": (
        "create table staging.{0} (age int)",
        "insert into staging.{0} select age::int from etl.people",
    ),
    "date": (
        "create table staging.{0} (d date)",
        "insert into staging.{0} select name::date from etl.people",
    ),
    "wide": (
        "create table staging.{0} (name varchar(3))",
        "insert into staging.{0} select name from etl.people",
    ),
    "foreign": (
        "create table staging.{0} (name text references staging.names (name))",
        "insert into staging.{0} select name from etl.people",
    ),
    "exclude": (
        "create table staging.{0} (name text, exclude using btree (name with =))",
        "insert into staging.{0} select name from etl.people",
    ),
    "json": (
        "create table staging.{0} (j jsonb)",
        "insert into staging.{0} select name::jsonb from etl.people",
    ),
    "enum": (
        "create type staging.{0}_kind as enum ('a'); create table staging.{0} (k staging.{0}_kind)",
        "insert into staging.{0} select name::staging.{0}_kind from etl.people",
    ),
    "array": (
        "create table staging.{0} (a int[])",
        "insert into staging.{0} select ('{{' || name || '}}')::int[] from etl.people",
    ),
    "regclass": (
        "create table staging.{0} (a regclass)",
        "insert into staging.{0} select name::regclass from etl.people",
    ),
    "index": (
        "create table staging.{0} (name text); create unique index on staging.{0} (lower(name))",
        "insert into staging.{0} select name from etl.people",
    ),
    "dynamic": (
        "create table staging.{0} (name text)",
        _block("execute 'insert into staging.{0} values (' || p.name || ')'"),
    ),
    "dynamic_name": (
        "create table staging.{0} (name text)",
        _block("execute format('drop table %I', p.name)"),
    ),
    "dynamic_syntax": (
        "create table staging.{0} (name text)",
        _block("execute p.name"),
    ),
    "dynamic_values": (
        "create table staging.{0} (name text)",
        _block("execute format('insert into staging.{0} values (%L::int)', p.name)"),
    ),
    "raise_using": ("create table staging.{0} (name text)", _block(_RAISE)),
    "raise": ("create table staging.{0} (name text)", _block("raise '% is no good', p.name")),
    "raise_code": (
        "create table staging.{0} (name text)",
        _block("raise exception '% !', p.name using errcode = '42000', detail = p.name"),
    ),
    "raise_in_check": (
        "create table staging.{0} (name text check (staging.is_good(name)))",
        "insert into staging.{0} select name from etl.people",
    ),
    "dynamic_call": (
        "create table staging.{0} (name text)",
        _block("execute 'select ' || p.name || '()'"),
    ),
    "function": (
        "create table staging.{0} (age int)",
        "insert into staging.{0} select staging.to_age(age) from etl.people",
    ),
}
FILES = {
    **tables(
        **{
            f"leak_{name}": (create.format(f"leak_{name}"), fill.format(f"leak_{name}"))
            for name, (create, fill) in LEAKS.items()
        },
        names="create table staging.names (name text primary key)",
        noticed=(
            "create table staging.noticed (name text)",
            _block("raise notice 'here is %', p.name; raise warning '% of %', p.id, p.name")
            + "; insert into staging.noticed select name from etl.people",
        ),
        good=(
            "create table staging.good (id int, name text)",
            "insert into staging.good select id, name from etl.people",
        ),
        cleaned=(
            "create table staging.cleaned (name text, n int)",
            "insert into staging.cleaned (name) select name from etl.people",
        ),
    ),
    "create_stored_procedures/to_age.sql": (
        "create or replace function staging.to_age(a text) returns int language plpgsql as $$\n"
        "declare n int; begin n := a; return n; end $$"
    ),
    "create_stored_procedures/is_good.sql": (
        "create or replace function staging.is_good(a text) returns bool language plpgsql as $$\n"
        "begin raise exception '% is not good', a; end $$"
    ),
    "populate_tables/demo/staging-cleaned-cleanup.py": (
        "def main(pgw):\n"
        "    pgw.execute('update staging.cleaned set n = name::int where name is not null')\n"
    ),
    "staging.yaml": (
        "checks:\n  good:\n    - unique: name\n      severity: warn\n    - not_null: name\n"
        "      severity: warn\n    - accepted_values: {name: [a]}\n      severity: warn\n"
        "    - sql: select name from staging.good where staging.is_good(name)\n"
        "      name: own\n      severity: warn\n"
    ),
}


@contextmanager
def watching_processes(words: tuple[str, ...]) -> Iterator[list[str]]:
    """Look at the command lines of all processes all the time; gives those with a secret."""
    found: list[str] = []
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            for file in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    text = file.read_bytes().decode(errors="replace")
                except OSError:
                    continue
                found.extend(text for word in words if word in text)
            time.sleep(0.05)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield found
    finally:
        done.set()
        thread.join()


def spell_server(server: Server, how: str, folder: Path) -> dict[str, str]:
    """The variables that name a server with its password, in one of the ways there are."""
    told = parse_dsn(server.dsn)
    host, port, database = told["host"], told.get("port", "5432"), told["dbname"]
    user = told.get("user", "postgres")
    if how == "url":
        secret, place = quote(PASSWORD, safe=""), quote(host, safe="")
        url = f"postgresql://{user}:{secret}@/{database}?host={place}&port={port}"
        return {"STAGING_DATABASE_URL": url}
    variables = {"PGHOST": host, "PGPORT": port, "PGUSER": user, "PGDATABASE": database}
    if how == "variables":
        return {**variables, "PGPASSWORD": PASSWORD}
    file = folder / how
    escaped = PASSWORD.replace("\\", "\\\\").replace(":", "\\:")
    if how == "passfile":
        file.write_text(f"*:*:*:*:{escaped}\n")
        file.chmod(0o600)
        return {**variables, "PGPASSFILE": str(file)}
    file.write_text(
        f"[secret]\nhost={host}\nport={port}\nuser={user}\ndbname={database}\npassword={PASSWORD}\n"
    )
    return {"PGSERVICEFILE": str(file), "PGSERVICE": "secret"}


def run_commands(environment: Mapping[str, str], home: Path) -> dict[str, str]:
    """What people type in a night like this; command to all that it printed."""
    typed = ["dagster asset materialize --select 'staging/*'"]
    more = [
        f"staging-assets check --junit {home}/junit.xml",
        "dagster job execute -j staging_checks",
        "staging-assets plan",
        "staging-assets doctor",
        "staging-assets show good",
        "staging-assets db url",
        "staging-assets promote",
    ]
    said = {}
    for command in typed + more[: choose(1, len(more))]:
        run = run_forked if command.startswith("dagster") else run_typed
        done = run(command, environment)
        said[command] = done.stdout + done.stderr
    return said


def search(texts: Mapping[str, str], words: tuple[str, ...]) -> list[str]:
    """Where one of the words stands, and what around it."""
    found = []
    for place, text in texts.items():
        for word in words:
            at = text.find(word)
            if at >= 0:
                found.append(f"{place}: {text[max(0, at - 200) : at + 60]!r}")
    return found


def read_files(folder: Path) -> dict[str, str]:
    """All files of a folder, the history's databases too, as text."""
    return {
        str(file): file.read_bytes().decode(errors="replace")
        for file in folder.rglob("*")
        if file.is_file()
    }


WAYS = ("url", "variables", "passfile", "service")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("how", WAYS if IS_FULL else WAYS[:1])
def test_no_password_and_no_value_of_a_row(
    database: Server,
    witness: Connection,
    tmp_path: Path,
    staging_home: Path,
    figure: Callable[[str], None],
    how: str,
) -> None:
    ask(witness, SOURCES)
    folder = make_project(tmp_path / "sql", FILES)
    secrets = (PASSWORD, quote(PASSWORD, safe=""), PASSWORD[:20])
    with listening() as hook, watching_processes(secrets) as seen:
        environment = find_environment(
            **spell_server(database, how, tmp_path),
            STAGING_SQL_DIR=str(folder),
            STAGING_HOME=str(staging_home),
            STAGING_WEBHOOK_URL=hook.url,
        )
        said = run_commands(environment, staging_home)
    build = said["dagster asset materialize --select 'staging/*'"]
    failed = [name for name in LEAKS if f"staging/leak_{name} " in build]
    assert sorted(failed) == sorted(LEAKS), build
    assert f"{len(LEAKS) + 1} failed" in build, build
    kept = read_files(staging_home)
    sent = {f"webhook {number}": str(body) for number, body in enumerate(hook.bodies)}
    everything = {**said, **kept, **sent}
    told = f"{sum(map(len, everything.values())) / 1e6:.0f} MB of {len(said)} commands"
    found = search(everything, (*secrets, MARK, MARK.upper()))
    allowed = [each for each in found if each.startswith("staging-assets db url: ")]
    figure(
        f"{told} by {how}, {len(LEAKS)} scripts that fail on a value:"
        f" {len(found) - len(allowed)} secrets or values found, {len(seen)} in command lines"
    )
    assert seen == []
    assert [each for each in found if each not in allowed] == []
