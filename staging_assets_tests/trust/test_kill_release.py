"""kill -9 before, in and after the exchange of schemas, or of a branch's tables: old, or new."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.postgres import Server, read_owed_keys
from staging_assets.publisher import read_releases, run_promote, run_rollback
from staging_assets_tests.support.builds import Rebuild, ask, build_all
from staging_assets_tests.support.figures import Turns
from staging_assets_tests.support.one_of_each import (
    HUNG,
    find_left,
    load_mixed,
    load_turns,
    read_outside,
    read_tables,
)
from staging_assets_tests.support.wire import Message, Moment, wired
from staging_assets_tests.trust.programs import promote, roll_back, running
from staging_assets_tests.trust.reaper import Reaper, count_messages, wait_until_gone

PHASES = ("before", "in", "commit", "after")
PROGRAMS = {"promote": (promote, run_promote), "rollback": (roll_back, run_rollback)}


class Phases:
    """Says where a message stands: before the exchange, in it, its COMMIT, or after it.

    Args:
        sign: what a message of the exchange says.
    """

    def __init__(self, sign: str = "rename to") -> None:
        self.phase, self.line, self.sign = "before", 0, sign

    def __call__(self, message: Message) -> str:
        text = message.text
        if message.moment == "before":
            if self.phase == "commit":
                self.phase = "after"
            elif self.phase == "in" and message.line == self.line and text == "commit":
                self.phase = "commit"
            elif message.inside and self.sign in text and "alter " in text:
                self.phase, self.line = "in", message.line
        return self.phase


def read_all(connection: Connection) -> Any:
    """The live schema, and what of others hangs on it; a key that is owed counts as good."""
    outside = read_outside(connection)
    owed = [str(key).split(" ", 1)[0] for key in read_owed_keys(connection, "staging")]
    outside["keys"] = [[name, to, good or name in owed] for name, to, good in outside["keys"]]
    tables = read_tables(connection)
    for parts in tables.values():  # a branch's keys to live tables are owed, too
        parts["keys"] = [
            [name, kind, good or name in owed, text.removesuffix(" NOT VALID")]
            for name, kind, good, text in parts["keys"] or ()
        ]
    return tables, outside


@pytest.mark.timeout(900)
@pytest.mark.parametrize("whole", [True, False], ids=["schema", "branch"])
def test_kill_a_promotion_and_a_rollback(
    whole: bool,
    database: Server,
    witness: Connection,
    tmp_path: Path,
    figure: Callable[[str], None],
) -> None:
    projects = load_turns(tmp_path)
    if not whole:
        projects[2] = load_mixed(tmp_path)
    sign = "rename to" if whole else " set schema "
    options: dict[str, Any] = {"schema": "staging_next"}
    options |= {} if whole else {"changed_from": "staging"}
    build_all(database, projects[1])
    ask(witness, HUNG)
    counts: dict[str, Counter[str]] = {}
    states = {}
    for what in ("promote", "rollback", "promote", "rollback"):
        if what == "promote":
            build_all(database, projects[2], **options)
        counts[what] = Counter()
        with wired(database, count_messages(Phases(sign), counts[what])) as server:
            PROGRAMS[what][1](server, projects[2], "staging")
        states[what] = read_all(witness)
        assert set(counts[what]) == set(PHASES), counts[what]

    chance = random.Random(7)
    killed: Counter[str] = Counter()
    longest, owed, missed = 0.0, 0, 0
    rounds = Turns(4, 100, minutes=4) if whole else Turns(2, 100, minutes=4)
    for number in rounds:
        what, other = ("promote", "rollback") if number % 2 == 0 else ("rollback", "promote")
        if what == "promote":
            build_all(database, projects[2], **options)
        phase = PHASES[(number // 2 + number) % 4]
        place, moment = chance.randint(1, counts[what][phase]), chance.choice(get_args(Moment))
        reaper = Reaper(Phases(sign), phase, place, moment, chance.uniform(0, 0.003))
        releases = len(read_releases(witness, "staging"))
        with (
            wired(database, reaper) as server,
            running(PROGRAMS[what][0], server.dsn, projects[2].sql_dir) as process,
        ):
            reaper.begin(process)
            process.join(60)
            assert process.exitcode == (-9 if reaper.killed else 0), (what, phase, place, moment)
        killed[phase] += reaper.killed
        missed += not reaper.killed
        longest = max(longest, wait_until_gone(witness))
        found = read_all(witness)
        assert found in (states[what], states[other]), (what, phase, place, moment, found)
        done = found == states[what]
        # What is noted is what happened.
        assert len(read_releases(witness, "staging")) == releases + done
        owed += bool(read_owed_keys(witness, "staging"))
        if not done:
            PROGRAMS[what][1](database, projects[2], "staging")
        elif number % 4 > 1:  # a build pays what is owed
            turn = 2 if what == "promote" else 1
            # What stays live must not be built again, or the old tables could not come back.
            build_all(database, projects[turn], rebuild=Rebuild.ALL if whole else Rebuild.CHANGED)
        else:  # so does the next exchange
            run_rollback(database, projects[2], "staging")
            run_rollback(database, projects[2], "staging")
        assert read_all(witness) == states[what], (what, phase, place, moment)
        assert find_left(witness) == []
    where = ", ".join(f"{n} {phase}" for phase, n in killed.most_common())
    figure(
        f"{sum(killed.values())} kills of promote and rollback ({where} the exchange):"
        f" {'no schema' if whole else 'no branch'} half, {owed} times keys owed and paid,"
        f" sessions gone after {longest:.2f} s at most"
    )
    assert missed <= rounds.done // 4
