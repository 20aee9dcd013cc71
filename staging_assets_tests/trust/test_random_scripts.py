"""Scripts written at random, with Postgres as judge, and folders in which anything is broken."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.checks import KINDS
from staging_assets.errors import StagingError
from staging_assets.model import SchemaNames
from staging_assets.parser import rewrite
from staging_assets.postgres import Server
from staging_assets.project import load_project
from staging_assets_tests.support.builds import ask
from staging_assets_tests.support.figures import Turns
from staging_assets_tests.support.folders import make_project
from staging_assets_tests.support.one_of_each import files
from staging_assets_tests.support.script_writer import Writer

Figure = Callable[[str], None]
OTHER = "qq_new"

# One row for each object of a schema, with all that it is.
OBJECTS = """
select 'relation ' || c.relname, row(c.relkind, c.reloptions, c.relacl,
    obj_description(c.oid, 'pg_class'), pg_get_viewdef(c.oid))::text
from pg_class as c where c.relnamespace = '{0}'::regnamespace
union all
select 'column ' || c.relname || '.' || a.attname, row(a.attnum,
    format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
    a.attstattarget, pg_get_expr(d.adbin, d.adrelid), col_description(c.oid, a.attnum))::text
from pg_class as c join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0
left join pg_attrdef as d on d.adrelid = c.oid and d.adnum = a.attnum
where c.relnamespace = '{0}'::regnamespace and not a.attisdropped
union all
select 'constraint ' || conname || ' ' || conrelid::regclass::text, pg_get_constraintdef(oid)
from pg_constraint where connamespace = '{0}'::regnamespace
union all
select 'index ' || indexrelid::regclass::text, pg_get_indexdef(indexrelid)
from pg_index join pg_class as c on c.oid = indexrelid
where c.relnamespace = '{0}'::regnamespace
union all
select 'function ' || proname, pg_get_functiondef(oid) from pg_proc
where pronamespace = '{0}'::regnamespace
union all
select 'trigger ' || tgname || ' ' || tgrelid::regclass::text, pg_get_triggerdef(t.oid)
from pg_trigger as t join pg_class as c on c.oid = tgrelid
where c.relnamespace = '{0}'::regnamespace and not tgisinternal
union all
select 'type ' || typname, row(typtype, typcategory, (select
    string_agg(enumlabel, ',' order by enumsortorder) from pg_enum where enumtypid = t.oid))::text
from pg_type as t where typnamespace = '{0}'::regnamespace
"""
SPELLED = re.compile(rf'"?\b(?:staging|{OTHER})\b"?\s*\.\s*', re.IGNORECASE)
"""The schema before a dot, however it is written: functions keep the spelling of their script."""
TABLES = (
    "select relname::text from pg_class where relkind in ('r', 'm')"
    " and relnamespace = '{0}'::regnamespace order by 1"
)


def run_script(connection: Connection, schema: str, text: str) -> tuple[Any, Any] | str:
    """What a script makes in an empty schema: its objects and their rows; or why it is refused."""
    ask(connection, "begin; create schema staging; create schema qq_new")
    try:
        ask(connection, text)
        objects = sorted(
            (name.replace(OTHER, "staging"), SPELLED.sub("staging.", what))
            for name, what in ask(connection, OBJECTS.format(schema))
        )
        names = [name.replace('"', '""') for (name,) in rows(connection, TABLES.format(schema))]
        content = [
            (name, rows(connection, f'select t::text from {schema}."{name}" as t order by 1'))
            for name in names
        ]
    except psycopg2.Error as error:
        return (error.diag.message_primary or "").replace(OTHER, "staging")
    else:
        return objects, content
    finally:
        ask(connection, "rollback")


def find_difference(found: tuple[Any, Any] | str, wanted: tuple[Any, Any] | str) -> str:
    if isinstance(found, str) or isinstance(wanted, str):
        return f"{str(found)[:300]} instead of {str(wanted)[:300]}"
    mine, theirs = ({*map(str, each[0]), *map(str, each[1])} for each in (found, wanted))
    return f"{sorted(mine - theirs)} instead of {sorted(theirs - mine)}"


def rows(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


@pytest.mark.timeout(900)
def test_scripts_make_the_same_in_another_schema(
    database: Server, witness: Connection, figure: Figure
) -> None:
    taken = 0
    reasons: Counter[str] = Counter()
    rounds = Turns(150, 10_000, minutes=3.5)
    for number in rounds:
        text = Writer(number).write()
        wanted = run_script(witness, "staging", text)
        if isinstance(wanted, str):
            reasons[re.sub(r'"[^"]*"', "...", wanted)] += 1
        else:
            taken += 1
        other = rewrite(text, SchemaNames(), schema=OTHER).text
        found = run_script(witness, OTHER, other)
        assert found == wanted, (
            f"seed {number}: {find_difference(found, wanted)}\n{text}\n\n{other}"
        )
    figure(
        f"{rounds.done:,} scripts written at random, {taken:,} of which Postgres takes:"
        " the same objects and rows in another schema, every time"
    )
    assert taken > rounds.done * 0.8, reasons.most_common(5)


PIECES = (
    "'", '"', "$$", "/*", "--", "\x00", "\ufeff", "\r", ";", "(", "{", "- ", ": ", "\t", "%", "&a",
    "*a", "!!python/object:os.system", "\\i x", "\\", "é", "\ud83d", "drop schema staging;", "=>",
    "begin;", "null", "[", "9" * 400, "staging.", ".", "create table staging.x ()", "def main(",
)  # fmt: skip
NAMES = (
    "create_tables/CREATE-staging-.sql", "create_tables/CREATE-staging-a b.sql",
    "create_tables/create-STAGING-hub.sql", "populate_tables/demo/POPULATE-staging-none.sql",
    "populate_tables/demo/staging-none-cleanup.py", "populate_tables/demo/x/y.sql",
    "create_tables/CREATE-staging-é.sql", 'create_tables/CREATE-staging-q"q.sql', "staging.yml",
    "create_tables/CREATE-staging-hub.sql~", "create_stored_procedures/ .sql",
    f"create_tables/CREATE-staging-{'x' * 200}.sql", "populate_tables/demo/lookup_tables.yaml",
)  # fmt: skip
YAML = (
    "priorities: {hub: 1}\nchecks:\n  hub:\n    - unique: key\n    - min_rows: 3\n"
    "cleanups: {cleaned: done}\nsearch_path: [staging]\n"
)


def damage(texts: dict[str, str], chance: random.Random) -> dict[str, bytes]:
    """The folder with something broken in it, or with files of odd names."""
    found = {name: text.encode() for name, text in texts.items()}
    for _ in range(chance.randint(1, 3)):
        name = chance.choice(sorted(found))
        content = found[name]
        place = chance.randint(0, len(content))
        piece = chance.choice(PIECES).encode(errors="surrogatepass")
        how = chance.randint(0, 5)
        if how == 0:
            found[name] = content[:place]
        elif how == 1:
            found[name] = content[:place] + content[place + chance.randint(1, 20) :]
        elif how == 2:
            found[name] = content[:place] + bytes([chance.randint(0, 255)]) + content[place:]
        elif how == 3:
            found[chance.choice(NAMES)] = content
        else:
            found[name] = content[:place] + piece + content[place:]
    return found


@pytest.mark.timeout(900)
def test_folders_in_which_anything_is_broken(tmp_path: Path, figure: Figure) -> None:
    whole = {**files(2), "staging.yaml": YAML}
    load_project(make_project(tmp_path / "whole", whole), "demo", KINDS)
    outcomes: Counter[str] = Counter()
    rounds = Turns(60, 3000, minutes=2)
    for number in rounds:
        folder = tmp_path / str(number % 50)
        if folder.exists():
            for path in folder.rglob("*"):
                if path.is_file():
                    path.unlink()
        make_project(folder, {"create_tables/.keep": "", "populate_tables/demo/.keep": ""})
        for name, content in damage(whole, random.Random(number)).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        try:
            load_project(folder, "demo", KINDS)
            outcomes["loaded"] += 1
        except StagingError as error:
            outcomes["refused"] += 1
            assert str(error).strip()
            assert "Traceback" not in str(error)
        except Exception as error:
            error.add_note(f"seed {number}") if hasattr(error, "add_note") else None
            raise
    told = ", ".join(f"{n:,} {what}" for what, n in sorted(outcomes.items()))
    figure(f"{rounds.done:,} folders with something broken: {told} with a reason; no other error")
