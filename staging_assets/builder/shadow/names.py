"""Names that Postgres makes up: of serial columns' sequences, of unnamed keys and indexes.

Two tables can come to the same name (`officer.roles_id` and `officer_roles.id` both have the
sequence `officer_roles_id_seq`). Whoever comes second gets a number behind it. In a build, who
comes second must not depend on who is faster: names go in build order, as psql gives them out,
and a table that is built again keeps those that it has.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from staging_assets.model import StagingProject, Table
from staging_assets.parser import find_implied_name, quote_identifier

_SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
_MOST = 100


@dataclass(frozen=True)
class Rival:
    """A table that wants names that another one wants too.

    Args:
        table: its name.
        names: of all that its CREATE script makes.
        written: those of them that stand in the script.
    """

    table: str
    names: frozenset[str]
    written: frozenset[str]


Rivals = Sequence[Rival]
"""In build order; the table itself is among them."""


@dataclass(frozen=True)
class Made:
    """A sequence, index or statistics object that belongs to a table.

    Args:
        kind: `sequence`, `index` or `statistics`.
        name: its name.
        table: its table's name.
        addition, label: what Postgres puts behind the table's name: columns, and `seq`, `idx` ...
        what: the same for the same thing in another build of the table.
    """

    kind: str
    name: str
    table: str
    addition: str
    label: str
    what: str

    def series(self) -> Iterator[str]:
        """The names that Postgres tries, one after the other."""
        yield find_implied_name(self.table, self.addition, self.label)
        for number in count(1):
            yield find_implied_name(self.table, self.addition, f"{self.label}{number}")

    def has(self, name: str) -> bool:
        """Whether a name is one of those."""
        return any(name == each for each, _ in zip(self.series(), range(_MOST), strict=False))


@dataclass(frozen=True)
class Naming:
    """Where names are given, and by which rule.

    Args:
        build, live: schemas: where things are made, and where they go.
        table: whose script it is.
        script: text of the CREATE script; a name that stands in it stays.
        rivals: who wants the names.
        later: tables that this run has still to build.
    """

    build: str
    live: str
    table: str
    script: str
    rivals: Rivals
    later: Collection[str]


@dataclass(frozen=True)
class NamesRead:
    """What a script has made, what its table has had before, and what others hold.

    Args:
        new, old: in the order in which they were made.
        others: kind (`relation`, `statistics`) to names in the live schema, and whose they are.
    """

    new: Sequence[Made]
    old: Sequence[Made]
    others: Mapping[str, Mapping[str, str]]


def find_rivals(project: StagingProject) -> dict[str, Rivals]:
    """Find the tables that want each other's names: table to all of these."""
    tables = [project.tables[node] for node in project.nodes if node in project.tables]
    wanted: dict[str, list[Table]] = {}
    for table in tables:
        for name in table.own:
            wanted.setdefault(name, []).append(table)
    met: dict[str, set[str]] = {}
    for several in wanted.values():
        if len(several) > 1:
            for table in several:
                met.setdefault(table.name, set()).update(other.name for other in several)
    rivals = {table.name: _find_rival(table) for table in tables if table.name in met}
    return {
        name: [rival for other, rival in rivals.items() if other in others]
        for name, others in met.items()
    }


def _find_rival(table: Table) -> Rival:
    text = table.create.text
    written = frozenset(name for name in table.own if is_written(name, text))
    return Rival(table.name, table.own, written)


def read_names(
    run: Callable[..., list[tuple[Any, ...]]], naming: Naming, own: Collection[str]
) -> NamesRead:
    """Read what has to be known to give out names, in one query."""
    made: dict[str, list[Made]] = {"new": [], "old": []}
    others: dict[str, dict[str, str]] = {"relation": {}, "statistics": {}}
    for which, kind, name, table, addition, label, what, _ in run(
        _SQL, {"build": naming.build, "live": naming.live, "own": sorted(own)}
    ):
        if which == "other":
            others[kind][name] = table
        else:
            # The columns of statistics are named in the order of the script.
            said = re.fullmatch(rf"{re.escape(table)}_(.*)_stat\d*", name)
            columns = said[1] if said and kind == "statistics" else addition or ""
            made[which].append(Made(kind, name, table, columns, label, what))
    return NamesRead(made["new"], made["old"], others)


def find_names(read: NamesRead, naming: Naming) -> dict[Made, str]:
    """Give out names: what was made to the name that it shall have."""
    kept: dict[tuple[str, str, str], list[str]] = {}
    for had in read.old:
        kept.setdefault((had.kind, had.table, had.what), []).append(had.name)
    reserved = {
        name for rival in naming.rivals if rival.table != naming.table for name in rival.written
    }
    given: dict[Made, str] = {}
    left = []
    for made in read.new:
        before = kept.get((made.kind, made.table, made.what), [])
        if is_written(made.name, naming.script):
            given[made] = made.name
        elif before and made.has(before[0]) and before[0] not in reserved:
            given[made] = before.pop(0)
        else:
            left.append(made)
    for made in left:
        others = read.others["statistics" if made.kind == "statistics" else "relation"]
        taken = {*others, *reserved, *(n for each, n in given.items() if _share(each, made))}
        skip = _count_ahead(made, others, naming)
        free = (name for name in made.series() if name not in taken)
        given[made] = next(name for index, name in enumerate(free) if index >= skip)
    return given


def is_written(name: str, script: str) -> bool:
    """Whether a script says a name, in any place."""
    return re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", script, re.IGNORECASE) is not None


def _share(one: Made, other: Made) -> bool:
    return (one.kind == "statistics") == (other.kind == "statistics")


def _count_ahead(made: Made, others: Mapping[str, str], naming: Naming) -> int:
    """How many names of the series tables that come first in build order have still to take."""
    count = 0
    for rival in naming.rivals:
        if rival.table == naming.table:
            break
        served = any(owner == rival.table and made.has(name) for name, owner in others.items())
        if rival.table in naming.later and not served:
            count += sum(made.has(name) for name in rival.names - rival.written)
    return count


def rename_steps(given: Mapping[Made, str], schema: str) -> list[str]:
    """Statements that give the names; by way of others, since one may have another's now."""
    changed = [(made, name) for made, name in given.items() if made.name != name]
    place = quote_identifier(schema)
    between = [f"__name_{number}" for number in range(len(changed))]
    steps = [
        f"alter {made.kind} {place}.{quote_identifier(made.name)} rename to {name}"
        for (made, _), name in zip(changed, between, strict=True)
    ]
    return steps + [
        f"alter {made.kind} {place}.{old} rename to {quote_identifier(name)}"
        for (made, name), old in zip(changed, between, strict=True)
    ]


def run_give_names(
    run: Callable[..., list[tuple[Any, ...]]], naming: Naming, own: frozenset[str]
) -> tuple[frozenset[str], bool]:
    """Give what a script made the names that it shall have, inside a transaction or not.

    Args:
        run: sends statements, with or without arguments, and returns rows.
        own: names of what it made.

    Returns the names that are its own then, and whether any was changed.
    """
    read = read_names(run, naming, own)
    given = find_names(read, naming)
    steps = rename_steps(given, naming.build)
    if steps:
        run(";".join(steps))
    gone = {made.name for made, name in given.items() if made.name != name}
    sequences = {name for made, name in given.items() if made.kind == "sequence"}
    others = {n for n in read.others["relation"] if not is_written(n, naming.script)}
    return (own - gone - others) | sequences, bool(steps)
