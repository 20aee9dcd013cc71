"""The differences between a live table and what its script makes, one line each."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from staging_assets.checks.schema.structure import ColumnStructure, Rule, Structure


@dataclass(frozen=True)
class Deviation:
    """One difference.

    Args:
        table: where.
        column: the column that it is about, or None.
        what: the live state against the script's, for people.
        missing: whether the column itself is gone.
        text: the definition, where it is about a key, an index or a trigger.
        name: of that key, index or trigger.
        carried: whether a rebuild carries it over, made by hand as it is (docs/publishing.md).
    """

    table: str
    column: str | None
    what: str
    missing: bool = False
    text: str = ""
    name: str | None = None
    carried: bool = False

    def __str__(self) -> str:
        where = self.table if self.column is None else f"{self.table}.{self.column}"
        return f"{where}: {self.what}"


def find_deviations(table: str, live: Structure, said: Structure) -> list[Deviation]:
    """Compare one table.

    Args:
        table: its name.
        live: as it is.
        said: as its CREATE script makes it.
    """
    if live.kind != said.kind:
        return [Deviation(table, None, f"it is a {live.kind}, the script says {said.kind}")]
    found = []
    if live.unlogged != said.unlogged:
        words = {True: "unlogged", False: "logged"}
        found.append(
            Deviation(
                table, None, f"it is {words[live.unlogged]}, the script says {words[said.unlogged]}"
            )
        )
    for name, column in said.columns.items():
        if name not in live.columns:
            found.append(Deviation(table, name, "the column is missing", missing=True))
        else:
            found += _compare_columns(table, name, live.columns[name], column)
    found += [
        Deviation(table, name, "the column is not in the script")
        for name in live.columns
        if name not in said.columns
    ]
    lacking, extra = _find_unmatched(said.rules, live.rules)
    triggers = {rule.name for rule in said.rules if rule.what == "trigger"}
    for rule in lacking:
        what = f"{rule.what} is missing: {rule.definition}"
        found.append(Deviation(table, None, what, text=rule.definition, name=rule.name))
    for rule in extra:
        what = f"{rule.what} is not in the script: {rule.definition}"
        carried = rule.definition.startswith("FOREIGN KEY") or (
            rule.what == "trigger" and rule.name not in triggers
        )
        found.append(
            Deviation(table, None, what, text=rule.definition, name=rule.name, carried=carried)
        )
    return found


def _find_unmatched(said: Sequence[Rule], live: Sequence[Rule]) -> tuple[list[Rule], list[Rule]]:
    """The rules that only one side has; names do not count, since Postgres makes them up."""
    extra = list(live)
    lacking = []
    for rule in said:
        alike = [e for e in extra if (e.what, e.definition) == (rule.what, rule.definition)]
        if alike:
            extra.remove(next((e for e in alike if e.name == rule.name), alike[0]))
        else:
            lacking.append(rule)
    return lacking, extra


def _compare_columns(
    table: str, name: str, live: ColumnStructure, said: ColumnStructure
) -> Iterator[Deviation]:
    if live.type != said.type:
        yield Deviation(table, name, f"type is {live.type}, the script says {said.type}")
    if live.not_null != said.not_null:
        words = {True: "NOT NULL", False: "that NULL is allowed"}
        state = "is NOT NULL" if live.not_null else "NULL is allowed"
        yield Deviation(table, name, f"{state}, the script says {words[said.not_null]}")
    if live.default != said.default or live.generated != said.generated:
        yield Deviation(
            table, name, f"default is {_say(live.default)}, the script says {_say(said.default)}"
        )
    if live.identity != said.identity:
        words_of = {"": "no identity", "a": "identity always", "d": "identity by default"}
        yield Deviation(
            table, name, f"{words_of[live.identity]}, the script says {words_of[said.identity]}"
        )
    if live.collation != said.collation:
        yield Deviation(
            table,
            name,
            f"collation is {_say(live.collation)}, the script says {_say(said.collation)}",
        )


def find_misplaced(
    table: str, live: Mapping[str, Structure], said: Structure
) -> Iterator[Deviation]:
    """Compare how one table is spread over several machines.

    Args:
        table: its name.
        live: the tables as they are.
        said: as its CREATE script makes it.
    """
    is_now, wanted = live[table].distribution, said.distribution
    if str(is_now or "") != str(wanted or ""):
        words = f"it is {is_now or 'not distributed'}"
        yield Deviation(table, None, f"{words}, the script says {wanted or 'nothing of that'}")
        return
    beside = live.get(wanted.group or "") if wanted else None
    if is_now and wanted and beside and (beside.distribution or wanted).group != is_now.group:
        what = f"it does not stand beside {wanted.group}, as the script says (colocate_with)"
        yield Deviation(table, None, what)


def _say(value: str | None) -> str:
    return "none" if value is None else value


def is_excepted(deviation: Deviation, excepted: Collection[str]) -> bool:
    """Whether a declared exception covers a deviation.

    It may be a table, or `table.name` of a column, key, index or trigger, with patterns.
    """
    parts = (deviation.column, deviation.name)
    names = [deviation.table, *(f"{deviation.table}.{part}" for part in parts if part is not None)]
    return any(fnmatchcase(name, pattern) for name in names for pattern in excepted)
