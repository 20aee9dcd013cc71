"""kill -9 at any message of a build: each table is wholly old or new, and the next run repairs."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.postgres import Server
from staging_assets_tests.support.builds import ask, build_all
from staging_assets_tests.support.figures import Turns
from staging_assets_tests.support.one_of_each import (
    HUNG,
    find_left,
    load_turns,
    read_outside,
    read_tables,
)
from staging_assets_tests.support.wire import Message, Moment, wired
from staging_assets_tests.trust.programs import build, running
from staging_assets_tests.trust.reaper import (
    Reaper,
    check_whole,
    count_messages,
    wait_until_gone,
)

# The first that fits says what a message is about.
PHASES = {
    "validation": ("validate constraint",),
    "publication": ("set schema staging;", "set schema staging\n", "drop table staging."),
    "exchange in place": ("savepoint staging_assets_try",),
    "cleanup": ("set done =",),
    "record": ('"__builds"',),
    "end": ("drop schema staging__old", "as_left", "__stand_2_1 cascade"),
    "commit": ("commit",),
}


def find_phase(message: Message) -> str:
    """What a message is about; most of them load, or ask."""
    for phase, words in PHASES.items():
        if any(word in message.text for word in words):
            return phase
    return "load"


@pytest.mark.timeout(900)
def test_kill_at_any_message(
    database: Server, witness: Connection, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    projects = load_turns(tmp_path)
    build_all(database, projects[1])
    ask(witness, HUNG)
    states, outsides = {}, {}
    messages: Counter[str] = Counter()
    for turn in (2, 1, 2, 1):
        messages.clear()
        with wired(database, count_messages(find_phase, messages)) as server:
            build_all(server, projects[turn])
        states[turn], outsides[turn] = read_tables(witness), read_outside(witness)
    assert set(PHASES) < set(messages)

    chance = random.Random(20260)
    killed: Counter[str] = Counter()
    longest, mixed, owed, turn = 0.0, 0, 0, 1
    rounds = Turns(5, 100, minutes=4)
    for number in rounds:
        turn = 3 - turn
        phase = list(messages)[number % len(messages)]
        place = chance.randint(1, messages[phase])
        moment = chance.choice(get_args(Moment))
        reaper = Reaper(find_phase, phase, place, moment, chance.uniform(0, 0.003))
        with (
            wired(database, reaper) as server,
            running(build, server.dsn, projects[turn].sql_dir) as process,
        ):
            reaper.begin(process)
            process.join(60)
            assert process.exitcode == (-9 if reaper.killed else 0), (phase, place, moment)
        if reaper.killed:
            killed[phase] += 1
        if number % 3:  # else the next run comes at once
            longest = max(longest, wait_until_gone(witness))
            new, owes = check_whole(witness, states[3 - turn], states[turn])
            mixed += 0 < new < len(states[turn])
            owed += owes
        build_all(database, projects[turn], wait_for_lock=5)
        assert read_tables(witness) == states[turn], (phase, place, moment)
        assert read_outside(witness) == outsides[turn], (phase, place, moment)
        assert find_left(witness) == [], (phase, place, moment)
    where = ", ".join(f"{n} {phase}" for phase, n in killed.most_common())
    figure(
        f"{sum(killed.values())} kills ({where}): no table half, {mixed} schemas part old part new,"
        f" {owed} keys owed and paid by the next run, sessions gone after {longest:.2f} s at most"
    )
    assert 2 * killed.total() > rounds.done - 1
