"""What others see of a table while it is cleaned, and after a cleanup was stopped."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.postgres.client.server import Server
from staging_assets_tests.scheduler.test_cancel import BUSY, spawn, wait_until
from staging_assets_tests.support.builds import (
    Log,
    Rebuild,
    ask,
    build,
    build_all,
    leftovers,
    load,
    statuses,
    tables,
)
from staging_assets_tests.support.readers import readers

ROWS = 300
PATH = "populate_tables/demo/staging-bites-cleanup.py"
CREATE = "create table staging.bites (bite_id serial primary key, note text, tidy text);"
FILL = "insert into staging.bites (note) select 'v{0} ' || g from generate_series(1, 300) as g;"
CHILD = (
    "create table staging.charges (bite_id int references staging.bites, said text);",
    "insert into staging.charges select bite_id, tidy from staging.bites;",
)


def folder(version: int, *body: str) -> dict[str, str]:
    lines = "".join(f"    {line}\n" for line in body)
    return {
        **tables(bites=(CREATE, FILL.format(version)), charges=CHILD),
        PATH: f"def main(pgw):\n{lines}",
    }


TIDY = 'pgw.execute("update staging.bites set tidy = upper(note)")'
SLEEP = 'pgw.execute("select pg_sleep(0.2)")'


def test_readers_never_see_a_row_that_is_not_cleaned(database: Server, tmp_path: Path) -> None:
    bodies = (SLEEP, TIDY, SLEEP)
    projects = [load(tmp_path / str(n), folder(n, *bodies)) for n in (1, 2)]
    build_all(database, projects[0])
    query = "select count(*), count(tidy), count(distinct left(tidy, 2)) from staging.bites"
    with readers(database, [query]) as seen:
        for turn in range(1, 7):
            build_all(database, projects[turn % 2])
    assert seen.errors == []
    assert seen.answers == {(ROWS, ROWS, 1)}
    assert max(seen.waits) < 1.5  # the cleanup locks nothing that they read


def test_the_first_time_a_table_comes_it_comes_cleaned(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    project = load(tmp_path, folder(1, TIDY, 'pgw.execute("select pg_sleep(2)")'))
    thread = threading.Thread(target=build_all, args=(database, project))
    thread.start()
    wait_until(witness, BUSY.replace("count(*)", "count(*) > 0") + " and query like '%%pg_sleep%%'")
    assert ask(witness, "select to_regclass('staging.bites')") is None
    thread.join()
    assert ask(witness, "select count(tidy) from staging.bites") == ROWS


@pytest.mark.parametrize("later", [False, True], ids=["on the shadow", "after publication"])
def test_after_kill_9_in_a_cleanup_the_next_run_of_changes_makes_it_whole(
    database: Server, witness: Connection, tmp_path: Path, later: bool
) -> None:
    """Killed in its cleanup: the old table stays, or the new one is known to be unfinished."""
    append = "pgw.execute(\"update staging.bites set tidy = coalesce(tidy, '') || note\")"
    shell = ["pgw.shell(['true'])"] if later else []
    sleep = 'pgw.execute("select pg_sleep(60)")'
    build_all(database, load(tmp_path / "old", folder(1, *shell, append)))
    project = load(tmp_path / "new", folder(2, *shell, append, sleep))
    with spawn(database, project.sql_dir) as child:
        wait_until(
            witness, BUSY.replace("count(*)", "count(*) > 0") + " and query like '%%pg_sleep%%'"
        )
        child.kill()
        child.wait()
    seen = ask(witness, "select note, tidy from staging.bites where bite_id = 7")
    assert seen == [("v2 7", None) if later else ("v1 7", "v1 7")]
    results = build_all(
        database,
        load(tmp_path / "new", folder(2, *shell, append)),
        rebuild=Rebuild.CHANGED,
        wait_for_lock=10.0,
    )
    assert statuses(results) == dict.fromkeys(("bites", "bites_cleanup", "charges"), "built")
    assert ask(witness, "select note, tidy from staging.bites where bite_id = 7") == [
        ("v2 7", "v2 7")
    ]
    assert leftovers(witness) == []


FAIL = "pgw.execute(\"do $$ begin raise exception using errcode = '40001', message = 'x'; end $$\")"


def count_turns(path: Path, *body: str) -> tuple[str, ...]:
    """A cleanup that notes its turns in a file, and fails in the first."""
    return (
        f"with open({str(path)!r}, 'a+') as turns:",
        "    turns.write('x')",
        "    turns.seek(0)",
        "    turn = len(turns.read())",
        *body,
        "if turn == 1:",
        f"    {FAIL}",
    )


def test_a_cleanup_is_tried_again_with_its_table_after_a_serialization_failure(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    turns = tmp_path / "turns"
    append = "pgw.execute(\"update staging.bites set tidy = coalesce(tidy, '') || note\")"
    more = "pgw.execute(\"insert into staging.bites (note, tidy) values ('new', 'new')\")"
    log = Log()
    build_all(database, load(tmp_path, folder(1, *count_turns(turns, append, more))), log=log)
    assert turns.read_text() == "xx"
    assert "bites: a serialization failure (try 1 of 5)" in log.text
    assert ask(witness, "select tidy from staging.bites where bite_id = 7") == "v1 7"
    assert ask(witness, "select bite_id from staging.bites where note = 'new'") == ROWS + 1


def test_a_cleanup_that_has_run_a_program_is_not_tried_again(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    turns = tmp_path / "turns"
    log = Log()
    body = count_turns(turns, "pgw.shell(['true'])")
    results = build(database, load(tmp_path, folder(1, *body)), log=log)
    assert statuses(results) == {
        "bites": "built",
        "charges": "built",
        "bites_cleanup": "failed",
    }
    assert turns.read_text() == "x"
    assert "try 1" not in log.text
